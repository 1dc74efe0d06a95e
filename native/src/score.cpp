// score: per-row cross-entropy and figures of the softmax; see potstill_kernels.h for the equations.
//
// Rows are independent, each is computed by one thread in a fixed order: deterministic. Reads every
// logit once from memory, rows * (classes * element size + 8) bytes, writes 4 bytes a row and output.
#include "loops.h"
#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int64_t kElementBytes[] = {4, 2, 2};

void require_labels(const int64_t* labels, int64_t rows, int64_t classes) {
  for (int64_t i = 0; i < rows; ++i) {
    if (labels[i] < 0 || labels[i] >= classes) {
      throw Failure(POTSTILL_INVALID_ARGUMENT,
                    "label %lld of row %lld is out of range for %lld classes",
                    static_cast<long long>(labels[i]), static_cast<long long>(i),
                    static_cast<long long>(classes));
    }
  }
}

}  // namespace
}  // namespace potstill

int32_t potstill_score(const void* logits, int32_t type, const int64_t* labels, int64_t rows,
                       int64_t classes, float* loss, float* margin, float* entropy, float* el2n,
                       int8_t* correct, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("score", [&] {
    const Loops& loops = loops_of(level);
    require(type >= POTSTILL_FLOAT32 && type <= POTSTILL_FLOAT16, "unknown type of logits");
    require(rows >= 0 && classes >= 0, "negative size");
    require_threads(threads);
    if (rows == 0) return;
    require(logits != nullptr && labels != nullptr && loss != nullptr,
            "logits, labels or loss is NULL");
    require_labels(labels, rows, classes);
    const auto score_row = loops.score_row[type];
    const int64_t stride = classes * kElementBytes[type];
    const auto* first = static_cast<const char*>(logits);
    const bool serial = rows < 2 || rows <= kSerialElements / classes;
#pragma omp parallel for num_threads(threads) schedule(static) if (!serial)
    for (int64_t i = 0; i < rows; ++i) {
      score_row(first + i * stride, classes, labels[i],
                {loss + i, margin == nullptr ? nullptr : margin + i,
                 entropy == nullptr ? nullptr : entropy + i, el2n == nullptr ? nullptr : el2n + i,
                 correct == nullptr ? nullptr : correct + i});
    }
  });
}
