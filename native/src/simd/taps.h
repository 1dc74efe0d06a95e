// The weights of a 3 x 3 convolution by their taps, for the level being compiled; ../taps.h has the
// rest.
#ifndef POTSTILL_SIMD_TAPS_H
#define POTSTILL_SIMD_TAPS_H

#include "../loops.h"
#include "vec.h"
#include "winograd.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

// The panels of a row of weights as tile_of_weights makes them, a plane per tap; those of taps that
// are not seen stay unwritten.
void taps_of_weights(const TileWeights& weights, const SeenTaps& seen, int64_t row, int64_t plane,
                     float* out) {
  for (int64_t n = 0; n < weights.columns; n += kLanes) {
    const float* from = weights.at + row * weights.row_step + n * weights.column_step;
    const int64_t first = n / kPanel * kPanel, width = panel_width(weights.columns, first);
    float* panel = out + first * weights.rows + row * width + n - first;
    for (int t = 0; t < kTaps; ++t) {
      if (!is_seen(seen, t)) continue;
      float gathered[kLanes];
      for (int l = 0; l < kLanes; ++l) {
        gathered[l] = from[l * weights.column_step + (weights.flip ? kTaps - 1 - t : t)];
      }
      store(panel + t * plane, load<Floats>(gathered));
    }
  }
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
