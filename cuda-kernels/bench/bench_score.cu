#include "harness.h"

namespace {

constexpr double kWantedShare = 0.8;

void fill_logits(const DeviceMemory& logits, int32_t type, int64_t n) {
  if (type == POTSTILL_CUDA_FLOAT32) fill_floats(logits.as<float>(), n, 8, 1);
  if (type == POTSTILL_CUDA_BFLOAT16) fill_bfloats(logits.as<uint16_t>(), n, 8, 1);
  if (type == POTSTILL_CUDA_FLOAT16) fill_halves(logits.as<uint16_t>(), n, 8, 1);
}

// Rows enough for a gigabyte of logits.
void run(int32_t type, const char* name, int64_t classes, bool all) {
  const int64_t element = type == POTSTILL_CUDA_FLOAT32 ? 4 : 2;
  const int64_t rows = (int64_t{1} << 30) / (classes * element);
  const DeviceMemory logits(rows * classes * element);
  const DeviceMemory labels(rows * 8);
  const DeviceMemory floats(4 * rows * 4);
  const DeviceMemory correct(rows);
  fill_logits(logits, type, rows * classes);
  fill_labels(labels.as<int64_t>(), rows, classes, 2);
  float* loss = floats.as<float>();
  const double ms = medians({[&](cudaStream_t stream) {
    check_status(potstill_cuda_score(logits.get(), type, labels.as<int64_t>(), rows, classes, loss,
                                     all ? loss + rows : nullptr, all ? loss + 2 * rows : nullptr,
                                     all ? loss + 3 * rows : nullptr,
                                     all ? correct.as<int8_t>() : nullptr, 0, stream),
                 "score");
  }})[0];
  const int64_t bytes = rows * (classes * element + 8 + (all ? 17 : 4));
  report({"score",
          std::string(name) + ", " + std::to_string(rows) + " x " + std::to_string(classes) +
              (all ? ", all outputs" : ""),
          ms, static_cast<double>(bytes), kWantedShare, "", 0, 0});
}

}  // namespace

void bench_score() {
  for (int64_t classes : {10, 100, 1000, 100000}) {
    run(POTSTILL_CUDA_FLOAT32, "f32", classes, false);
    run(POTSTILL_CUDA_BFLOAT16, "bf16", classes, false);
  }
  run(POTSTILL_CUDA_FLOAT16, "f16", 1000, false);
  run(POTSTILL_CUDA_FLOAT32, "f32", 1000, true);
  run(POTSTILL_CUDA_BFLOAT16, "bf16", 1000, true);
}
