// A 3 x 3 convolution to few channels, up to 4, as the gradient of images is: pixels (pixels, in)
// by weights (in, 9 out) give what every pixel adds to each of the nine outputs that see it, which
// is then summed. Tiles would leave most of their vectors empty.
//
// How sums are cut depends on the size of an image alone.
#ifndef POTSTILL_FEW_CHANNELS_H
#define POTSTILL_FEW_CHANNELS_H

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "loops.h"
#include "partition.h"

namespace potstill {

struct FewChannels {
  const Loops& loops;
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out;

  static bool takes(int64_t in, int64_t out) {
    return out >= 1 && out <= kMost && in > 0 && in % kRow == 0;
  }

  // Floats of the workspace that all share, and that every thread has for itself.
  static int64_t shared(int64_t in) { return kMostColumns * in; }
  static int64_t of_thread(int64_t width) { return kMostColumns * std::max(kPixels, width); }

  // y = x * weight + bias, bias may be NULL.
  void forward(const float* x, const TileWeights& weights, const float* bias, float* y,
               float* workspace, int32_t threads) const {
    pack(weights, workspace);
    const int64_t at_once = std::max<int64_t>(1, kPixels / width);
#pragma omp parallel for schedule(static) num_threads(threads) if (!serial())
    for (int64_t image = 0; image < images; ++image) {
      float* added = workspace + shared(in) + of_thread(width) * omp_get_thread_num();
      float* into = y + image * height * width * out;
      for (int64_t i = 0; i < height * width * out; ++i) {
        into[i] = bias == nullptr ? 0 : bias[i % out];
      }
      for (int64_t row = 0; row < height; row += at_once) {
        const int64_t rows = std::min(at_once, height - row);
        loops.multiply({LeftFactor::by_rows(x + (image * height + row) * width * in, in),
                        RightFactor::by_terms(workspace, columns()),
                        {added, columns(), false},
                        {rows * width, in, columns()}});
        for (int64_t r = 0; r < rows; ++r) add(added + r * width * columns(), row + r, into);
      }
    }
  }

 private:
  static constexpr int64_t kMost = 4;

  // Nine for every output, rounded up to what a product takes.
  static constexpr int64_t kMostColumns = (9 * kMost + kRow - 1) / kRow * kRow;

  // Of the rows that are multiplied at a time, unless one is longer: what comes out stays in the
  // caches.
  static constexpr int64_t kPixels = 96;

  int64_t columns() const { return (9 * out + kRow - 1) / kRow * kRow; }

  bool serial() const { return images * height * width * in <= kSerialElements; }

  void pack(const TileWeights& weights, float* packed) const {
    std::memset(packed, 0, static_cast<size_t>(in * columns()) * sizeof(float));
    for (int64_t i = 0; i < in; ++i) {
      for (int64_t o = 0; o < out; ++o) {
        const float* from = weights.at + i * weights.row_step + o * weights.column_step;
        for (int t = 0; t < kTaps; ++t) {
          packed[i * columns() + t * out + o] = from[weights.flip ? kTaps - 1 - t : t];
        }
      }
    }
  }

  // What the pixels of a row add to the rows of the output around it.
  void add(const float* added, int64_t row, float* y) const {
    for (int64_t down = -1; down <= 1; ++down) {
      const int64_t to = row - down;
      if (to < 0 || to >= height) continue;
      float* line = y + to * width * out;
      for (int64_t column = 0; column < width; ++column) {
        const float* taps = added + column * columns() + 3 * (down + 1) * out;
        for (int64_t o = 0; o < out; ++o) {
          float sum = taps[out + o];
          if (column > 0) sum += taps[o - columns()];
          if (column + 1 < width) sum += taps[columns() + 2 * out + o];
          line[column * out + o] += sum;
        }
      }
    }
  }
};

}  // namespace potstill

#endif
