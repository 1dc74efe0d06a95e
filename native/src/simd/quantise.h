// Nearest code of a point; written so that compilers turn the loops over kCodes into vectors.
#ifndef POTSTILL_SIMD_QUANTISE_H
#define POTSTILL_SIMD_QUANTISE_H

#include "../loops.h"
#include "vec.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

int64_t nearest_code(const float* point, const float* codes, int64_t padded, int64_t width) {
  alignas(64) float best[kCodes];
  alignas(64) int32_t block_of[kCodes];
  for (int j = 0; j < kCodes; ++j) {
    best[j] = kInfinity;
    block_of[j] = 0;
  }
  for (int64_t first = 0; first < padded; first += kCodes) {
    alignas(64) float distance[kCodes] = {};
    for (int64_t d = 0; d < width; ++d) {
      const float* row = codes + d * padded + first;
      const float x = point[d];
      for (int j = 0; j < kCodes; ++j) {
        const float difference = x - row[j];
        distance[j] += difference * difference;
      }
    }
    const int32_t block = static_cast<int32_t>(first / kCodes);
    for (int j = 0; j < kCodes; ++j) {
      const bool closer = distance[j] < best[j];
      best[j] = closer ? distance[j] : best[j];
      block_of[j] = closer ? block : block_of[j];
    }
  }
  int64_t index = 0;
  float least = kInfinity;
  for (int j = 0; j < kCodes; ++j) {
    const int64_t code = int64_t{block_of[j]} * kCodes + j;
    if (best[j] < least || (best[j] == least && best[j] < kInfinity && code < index)) {
      least = best[j];
      index = code;
    }
  }
  return index;
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
