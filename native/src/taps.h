// A 3 x 3 convolution of maps of few pixels: directly, tap by tap. Every pair of an output pixel
// and an input pixel that it sees is one product of matrices over all images, (images, in) by the
// weights of that tap, (in, out). On 2 x 2 pixels there are 16 pairs where a tile has 36 planes; on
// a single pixel there is one, and eight taps are not even read.
#ifndef POTSTILL_TAPS_H
#define POTSTILL_TAPS_H

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "loops.h"
#include "partition.h"

namespace potstill {

struct TapConvolution {
  const Loops& loops;
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out;

  // Whether maps take fewer multiplications this way than by tiles.
  static bool takes(int64_t height, int64_t width) {
    const int64_t tiles =
        ((height + kTileSide - 1) / kTileSide) * ((width + kTileSide - 1) / kTileSide);
    return height * width <= kMostPixels && pairs(height) * pairs(width) < kPlanes * tiles;
  }

  // Floats of the workspace that every thread has for itself.
  static int64_t of_thread(int64_t height, int64_t width) {
    return kTaps * kPlane + 2 * height * width * kBlock * kChunk;
  }

  // y = x * weight + bias, bias may be NULL.
  void forward(const float* x, const TileWeights& weights, const float* bias, float* y,
               float* workspace, int32_t threads) const {
    const int64_t blocks = (images + kBlock - 1) / kBlock;
#pragma omp parallel for collapse(2) schedule(static) num_threads(threads) if (!serial())
    for (int64_t block = 0; block < blocks; ++block) {
      for (int64_t column = 0; column < out; column += kChunk) {
        const int64_t first = block * kBlock * pixels();
        forward_chunk(x + first * in, std::min(kBlock, images - block * kBlock), weights, bias,
                      column, y + first * out, own(workspace));
      }
    }
  }

  void weight_gradient(const float* x, const float* y_gradient, float* gradient, float* workspace,
                       int32_t threads) const {
#pragma omp parallel for collapse(2) schedule(static) num_threads(threads) if (!serial())
    for (int64_t column = 0; column < out; column += kChunk) {
      for (int64_t row = 0; row < in; row += kChunk) {
        gradient_chunk(x, y_gradient, row, column, gradient, own(workspace));
      }
    }
  }

 private:
  // The workspace holds all pixels of a block of images.
  static constexpr int64_t kMostPixels = 8;

  // Channels in and out whose weights are used while they are in the caches.
  static constexpr int64_t kChunk = 64;
  static constexpr int64_t kPlane = kChunk * kChunk;

  // Images at a time; a multiple of the groups that sums are cut into.
  static constexpr int64_t kBlock = 192;

  static int64_t pairs(int64_t side) { return 3 * side - 2; }

  int64_t pixels() const { return height * width; }

  bool serial() const {
    return images * pixels() * std::max(in, out) + kTaps * in * out <= kSerialElements;
  }

  SeenTaps seen() const { return {height > 1, width > 1}; }

  float* own(float* workspace) const {
    return workspace + of_thread(height, width) * omp_get_thread_num();
  }

  // Calls visit(output pixel, input pixel, tap) for every pair.
  template <typename Visit>
  void every_pair(Visit visit) const {
    for (int64_t to = 0; to < pixels(); ++to) {
      for (int64_t from = 0; from < pixels(); ++from) {
        const int64_t down = from / width - to / width, right = from % width - to % width;
        if (down < -1 || down > 1 || right < -1 || right > 1) continue;
        visit(to, from, (down + 1) * 3 + right + 1);
      }
    }
  }

  // Some outputs of some images.
  void forward_chunk(const float* x, int64_t count, const TileWeights& weights, const float* bias,
                     int64_t column, float* y, float* planes) const {
    const int64_t columns = std::min(kChunk, out - column);
    const size_t bytes = static_cast<size_t>(columns) * sizeof(float);
    for (int64_t position = 0; position < count * pixels(); ++position) {
      float* at = y + position * out + column;
      if (bias == nullptr) {
        std::memset(at, 0, bytes);
      } else {
        std::memcpy(at, bias + column, bytes);
      }
    }
    for (int64_t row = 0; row < in; row += kChunk) {
      const int64_t rows = std::min(kChunk, in - row);
      const TileWeights part = weights.part(row, rows, column, columns);
      for (int64_t r = 0; r < rows; ++r) loops.taps_of_weights(part, seen(), r, kPlane, planes);
      every_pair([&](int64_t to, int64_t from, int64_t tap) {
        loops.multiply({LeftFactor::by_rows(x + from * in + row, pixels() * in),
                        RightFactor::in_panels(planes + tap * kPlane, rows),
                        {y + to * out + column, pixels() * out, true},
                        {count, rows, columns}});
      });
    }
  }

  // Copies `columns` channels of every pixel of some images, pixel by pixel: (pixels, count,
  // columns).
  void pack(const float* maps, int64_t channels, int64_t columns, int64_t count,
            float* into) const {
    for (int64_t image = 0; image < count; ++image) {
      for (int64_t pixel = 0; pixel < pixels(); ++pixel) {
        std::memcpy(into + (pixel * count + image) * columns,
                    maps + (image * pixels() + pixel) * channels,
                    static_cast<size_t>(columns) * sizeof(float));
      }
    }
  }

  // Some weights' gradient. The maps are packed, since rows that are a power of 2 apart would fall
  // into few sets of a cache.
  void gradient_chunk(const float* x, const float* y_gradient, int64_t row, int64_t column,
                      float* gradient, float* planes) const {
    const int64_t rows = std::min(kChunk, in - row), columns = std::min(kChunk, out - column);
    float* inputs = planes + kTaps * kPlane;
    float* outputs = inputs + pixels() * kBlock * kChunk;
    std::memset(planes, 0, kTaps * kPlane * sizeof(float));
    for (int64_t first = 0; first < images; first += kBlock) {
      const int64_t count = std::min(kBlock, images - first);
      pack(x + first * pixels() * in + row, in, rows, count, inputs);
      pack(y_gradient + first * pixels() * out + column, out, columns, count, outputs);
      every_pair([&](int64_t to, int64_t from, int64_t tap) {
        loops.multiply({LeftFactor::by_terms(inputs + from * count * rows, rows),
                        RightFactor::by_terms(outputs + to * count * columns, columns),
                        {planes + tap * kPlane, columns, true},
                        {rows, count, columns}});
      });
    }
    for (int64_t c = 0; c < columns; ++c) {
      float* weights = gradient + kTaps * ((column + c) * in + row);
      std::memset(weights, 0, static_cast<size_t>(kTaps * rows) * sizeof(float));
      for (int t = 0; t < kTaps; ++t) {
        if (!is_seen(seen(), t)) continue;
        for (int64_t r = 0; r < rows; ++r) {
          weights[kTaps * r + t] = planes[t * kPlane + r * columns + c];
        }
      }
    }
  }
};

}  // namespace potstill

#endif
