// quantise: index of the nearest vector of a codebook, argmin_k sum_d (x_d - e_kd)^2, ties to the
// lower index (van den Oord et al. 2017, eq. 1); float32, row-major.
//
// The codebook is transposed once, so that a vector register holds one coordinate of several codes,
// and no table of distances is written: reads 4 (N D + K D) bytes, the codes from the caches for every
// point, and writes 8 N. Points are independent, so the result does not depend on the thread count.
#include <limits>

#include "loops.h"
#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

int64_t padded_of(int64_t codes) { return (codes + kCodes - 1) / kCodes * kCodes; }

void transpose(const float* codebook, int64_t codes, int64_t width, float* out) {
  const int64_t padded = padded_of(codes);
  for (int64_t d = 0; d < width; ++d) {
    for (int64_t k = 0; k < codes; ++k) out[d * padded + k] = codebook[k * width + d];
    // Never nearer than anything.
    for (int64_t k = codes; k < padded; ++k) {
      out[d * padded + k] = std::numeric_limits<float>::infinity();
    }
  }
}

}  // namespace
}  // namespace potstill

// The transposed codebook.
int64_t potstill_quantise_workspace(int64_t codes, int64_t width) noexcept {
  int64_t bytes = 0;
  if (codes < 0 || width < 0 || codes > (int64_t{1} << 30) ||
      __builtin_mul_overflow(4 * potstill::padded_of(codes), width, &bytes)) {
    return -1;
  }
  return bytes;
}

int32_t potstill_quantise(const float* points, int64_t count, const float* codebook, int64_t codes,
                          int64_t width, int64_t* indices, void* workspace,
                          int64_t workspace_bytes, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("quantise", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    require(count >= 0, "count is negative");
    require(codes >= 1, "the codebook is empty");
    require(width >= 1, "width must be at least 1");
    require_workspace(workspace, workspace_bytes, potstill_quantise_workspace(codes, width));
    require(codebook != nullptr, "codebook is NULL");
    require(count == 0 || (points != nullptr && indices != nullptr), "points or indices is NULL");
    auto* transposed = static_cast<float*>(workspace);
    transpose(codebook, codes, width, transposed);
    const int64_t padded = padded_of(codes);
    const bool serial = count <= kSerialElements / (padded * width);
#pragma omp parallel for num_threads(threads) schedule(static) if (!serial)
    for (int64_t i = 0; i < count; ++i) {
      indices[i] = loops.nearest_code(points + i * width, transposed, padded, width);
    }
  });
}
