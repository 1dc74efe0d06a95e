// Nearest code of a point.
#ifndef POTSTILL_SIMD_QUANTISE_H
#define POTSTILL_SIMD_QUANTISE_H

#include "../loops.h"
#include "vec.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

// Vectors of codes at once: with the nearest so far and where it was, as many as the registers hold.
constexpr int kCodeVectors = kLanes == 16 ? 4 : 2;
constexpr int kCodesAtOnce = kCodeVectors * kLanes;
static_assert(kCodes % kCodesAtOnce == 0, "padded codes are whole steps");

int64_t nearest_code(const float* point, const float* codes, int64_t padded, int64_t width) {
  Floats best[kCodeVectors];
  Words step_of[kCodeVectors];
  for (int v = 0; v < kCodeVectors; ++v) {
    best[v] = splat(kInfinity);
    step_of[v] = Words{};
  }
  uint32_t step = 0;
  for (int64_t first = 0; first < padded; first += kCodesAtOnce, ++step) {
    Floats distance[kCodeVectors];
    for (int v = 0; v < kCodeVectors; ++v) distance[v] = Floats{};
    for (int64_t d = 0; d < width; ++d) {
      const float* row = codes + d * padded + first;
      const Floats x = splat(point[d]);
      for (int v = 0; v < kCodeVectors; ++v) {
        const Floats difference = x - load<Floats>(row + v * kLanes);
        distance[v] += difference * difference;
      }
    }
    const Words here = Words{} + step;
    for (int v = 0; v < kCodeVectors; ++v) {
      const auto closer = distance[v] < best[v];
      best[v] = closer ? distance[v] : best[v];
      step_of[v] = closer ? here : step_of[v];
    }
  }
  int64_t index = 0;
  float least = kInfinity;
  for (int j = 0; j < kCodesAtOnce; ++j) {
    const float distance = best[j / kLanes][j % kLanes];
    const int64_t code = int64_t{step_of[j / kLanes][j % kLanes]} * kCodesAtOnce + j;
    if (distance < least || (distance == least && distance < kInfinity && code < index)) {
      least = distance;
      index = code;
    }
  }
  return index;
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
