#include "harness.h"

namespace {

void run(int64_t count, int64_t codes, int64_t width) {
  const DeviceMemory points(count * width * 4);
  const DeviceMemory codebook(codes * width * 4);
  const DeviceMemory indices(count * 8);
  fill_floats(points.as<float>(), count * width, 1, 1);
  fill_floats(codebook.as<float>(), codes * width, 1, 2);
  const double ms = medians({[&](cudaStream_t stream) {
    check_status(potstill_cuda_quantise(points.as<float>(), count, codebook.as<float>(), codes,
                                        width, indices.as<int64_t>(), 0, stream),
                 "quantise");
  }})[0];
  report({"quantise",
          std::to_string(count) + " points, " + std::to_string(codes) + " codes, width " +
              std::to_string(width),
          ms, 0, 0, "", 0, 0});
}

}  // namespace

void bench_quantise() {
  run(1024, 8192, 3);   // one image at 128 pixels
  run(40960, 8192, 3);  // ten at 256
  run(65536, 1024, 64);
}
