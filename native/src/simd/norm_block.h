// Instance norm, ReLU and average pooling of one channel block of one map, channels last, for the
// level being compiled. A block is kBlock vectors of neighbouring channels, so that its statistics
// stay in registers while the positions run past; channels beyond the last whole vector are taken
// one by one.
#ifndef POTSTILL_SIMD_NORM_BLOCK_H
#define POTSTILL_SIMD_NORM_BLOCK_H

#include "../loops.h"
#include "vec.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

constexpr int kBlock = kNormChannels / kLanes;  // vectors in a block
static_assert(kBlock * kLanes == kNormChannels, "a block is a whole number of vectors");

inline float max(float a, float b) { return a > b ? a : b; }

// value where y > 0 or NaN, else 0.
inline Floats where_open(Floats y, Floats value) {
  return (Floats)((Words)value & ~(Words)(y <= Floats{}));
}
inline float where_open(float y, float value) { return y <= 0 ? 0 : value; }

// What follows the norm: ReLU or nothing.
template <bool Relu, typename V>
inline V activated(V y) {
  return Relu ? max(V{}, y) : y;
}
template <bool Relu, typename V>
inline V let_through(V y, V value) {
  return Relu ? where_open(y, value) : value;
}

// Positions whose mean is taken at once, before it moves the mean of the map: with all channels of
// a block they stay in the first cache for the second look.
constexpr int64_t kRunPositions = 64;

// Mean and sum of squared deviations of every channel, run after run (Chan, Golub and LeVeque
// 1979): one way through memory, without the cancellation of a difference of squares.
template <typename V, int K>
void moments_of_map(const NormMap& map, const float* x, float* mean, float* deviation) {
  const int64_t lanes = sizeof(V) / sizeof(float);
  V total_mean[K] = {};
  V total[K] = {};
  const int64_t positions = map.height * map.width;
  for (int64_t first = 0; first < positions; first += kRunPositions) {
    const int64_t left = positions - first;
    const int64_t count = left < kRunPositions ? left : kRunPositions;
    const float* run = x + first * map.channels;
    V sum[K] = {};
    for (int64_t p = 0; p < count; ++p) {
      for (int k = 0; k < K; ++k) sum[k] += load<V>(run + p * map.channels + k * lanes);
    }
    V squares[K] = {};
    for (int k = 0; k < K; ++k) sum[k] *= 1 / static_cast<float>(count);
    for (int64_t p = 0; p < count; ++p) {
      for (int k = 0; k < K; ++k) {
        const V d = load<V>(run + p * map.channels + k * lanes) - sum[k];
        squares[k] += d * d;
      }
    }
    const float share = static_cast<float>(count) / static_cast<float>(first + count);
    const float between = static_cast<float>(first) * share;
    for (int k = 0; k < K; ++k) {
      const V step = sum[k] - total_mean[k];
      total_mean[k] += step * share;
      total[k] += squares[k] + step * step * between;
    }
  }
  for (int k = 0; k < K; ++k) {
    store(mean + k * lanes, total_mean[k]);
    store(deviation + k * lanes, total[k]);
  }
}

// out = mean over a window of (x - mean) factor + shift, activated.
template <typename V, int K, int Window, bool Relu>
void apply_to_map(const NormMap& map, const float* x, const float* mean, const float* factor,
                  const float* shift, float* out) {
  const int64_t lanes = sizeof(V) / sizeof(float);
  V m[K], a[K], b[K];
  for (int k = 0; k < K; ++k) {
    m[k] = load<V>(mean + k * lanes);
    a[k] = load<V>(factor + k * lanes);
    b[k] = load<V>(shift + k * lanes);
  }
  const int64_t wide = map.width / Window;
  for (int64_t row = 0; row < map.height / Window; ++row) {
    const float* from = x + row * Window * map.width * map.channels;
    float* into = out + row * wide * map.channels;
    for (int64_t column = 0; column < wide; ++column) {
      for (int k = 0; k < K; ++k) {
        V sum = {};
        for (int i = 0; i < Window; ++i) {
          for (int j = 0; j < Window; ++j) {
            const int64_t p = i * map.width + column * Window + j;
            const V centred = load<V>(from + p * map.channels + k * lanes) - m[k];
            sum += activated<Relu>(centred * a[k] + b[k]);
          }
        }
        if (Window > 1) sum *= 1.0f / (Window * Window);
        store(into + column * map.channels + k * lanes, sum);
      }
    }
  }
}

// Sums over the map of dy and of dy (x - mean), where dy is the gradient before the activation.
template <typename V, int K, int Window, bool Relu>
void sum_gradients(const NormMap& map, const float* x, const NormChannels& given,
                   const float* factor, const float* gradient, float* sums, float* products) {
  const int64_t lanes = sizeof(V) / sizeof(float);
  V m[K], a[K], b[K];
  V total[K] = {};
  V product[K] = {};
  for (int k = 0; k < K; ++k) {
    m[k] = load<V>(given.mean + k * lanes);
    a[k] = load<V>(factor + k * lanes);
    b[k] = load<V>(given.shift + k * lanes);
  }
  const int64_t wide = map.width / Window;
  for (int64_t row = 0; row < map.height / Window; ++row) {
    const float* from = x + row * Window * map.width * map.channels;
    const float* received = gradient + row * wide * map.channels;
    V row_total[K] = {};
    V row_product[K] = {};
    for (int64_t column = 0; column < wide; ++column) {
      for (int k = 0; k < K; ++k) {
        const V g = load<V>(received + column * map.channels + k * lanes);
        for (int i = 0; i < Window; ++i) {
          for (int j = 0; j < Window; ++j) {
            const int64_t p = i * map.width + column * Window + j;
            const V centred = load<V>(from + p * map.channels + k * lanes) - m[k];
            const V dy = let_through<Relu>(centred * a[k] + b[k], g);
            row_total[k] += dy;
            row_product[k] += dy * centred;
          }
        }
      }
    }
    for (int k = 0; k < K; ++k) {
      total[k] += row_total[k];
      product[k] += row_product[k];
    }
  }
  for (int k = 0; k < K; ++k) {
    store(sums + k * lanes, total[k] * (1.0f / (Window * Window)));
    store(products + k * lanes, product[k] * (1.0f / (Window * Window)));
  }
}

// dx = factor dy - slope (x - mean) - level, where every position of a window has its share of the
// gradient; positions that no window covers have dy = 0.
template <typename V, int K, int Window, bool Relu>
void spread_gradients(const NormMap& map, const float* x, const NormChannels& given,
                      const float* factor, const float* gradient, const float* slope,
                      const float* level, float* out) {
  const int64_t lanes = sizeof(V) / sizeof(float);
  V m[K], a[K], b[K], s[K], l[K];
  for (int k = 0; k < K; ++k) {
    m[k] = load<V>(given.mean + k * lanes);
    a[k] = load<V>(factor + k * lanes);
    b[k] = load<V>(given.shift + k * lanes);
    s[k] = load<V>(slope + k * lanes);
    l[k] = load<V>(level + k * lanes);
  }
  const int64_t wide = map.width / Window;
  const int64_t high = map.height / Window;
  for (int64_t row = 0; row < high; ++row) {
    const int64_t start = row * Window * map.width * map.channels;
    const float* received = gradient + row * wide * map.channels;
    for (int64_t column = 0; column < wide; ++column) {
      for (int k = 0; k < K; ++k) {
        const V share = load<V>(received + column * map.channels + k * lanes) *
                        (1.0f / (Window * Window)) * a[k];
        for (int i = 0; i < Window; ++i) {
          for (int j = 0; j < Window; ++j) {
            const int64_t p = i * map.width + column * Window + j;
            const int64_t at = start + p * map.channels + k * lanes;
            const V centred = load<V>(x + at) - m[k];
            const V dy = let_through<Relu>(centred * a[k] + b[k], share);
            store(out + at, dy - centred * s[k] - l[k]);
          }
        }
      }
    }
  }
  for (int64_t row = 0; row < map.height; ++row) {
    for (int64_t column = row < high * Window ? wide * Window : 0; column < map.width; ++column) {
      for (int k = 0; k < K; ++k) {
        const int64_t at = (row * map.width + column) * map.channels + k * lanes;
        store(out + at, -((load<V>(x + at) - m[k]) * s[k]) - l[k]);
      }
    }
  }
}

template <typename V, int K, int Window, bool Relu>
void forward_channels(const NormMap& map, const float* x, const NormChannels& given, float epsilon,
                      float* out, float* mean, float* rstd) {
  constexpr int64_t count = K * int64_t{sizeof(V) / sizeof(float)};
  alignas(64) float factor[count], deviation[count];
  moments_of_map<V, K>(map, x, mean, deviation);
  const float n = static_cast<float>(map.height * map.width);
  for (int64_t c = 0; c < count; ++c) {
    rstd[c] = 1 / __builtin_sqrtf(deviation[c] / n + epsilon);
    factor[c] = rstd[c] * given.scale[c];
  }
  apply_to_map<V, K, Window, Relu>(map, x, mean, factor, given.shift, out);
}

template <typename V, int K, int Window, bool Relu>
void backward_channels(const NormMap& map, const float* x, const NormChannels& given,
                       const float* gradient, float* out, float* scale_share, float* shift_share) {
  constexpr int64_t count = K * int64_t{sizeof(V) / sizeof(float)};
  alignas(64) float factor[count], sum[count], product[count], slope[count], level[count];
  for (int64_t c = 0; c < count; ++c) factor[c] = given.rstd[c] * given.scale[c];
  sum_gradients<V, K, Window, Relu>(map, x, given, factor, gradient, sum, product);
  const float n = static_cast<float>(map.height * map.width);
  for (int64_t c = 0; c < count; ++c) {
    shift_share[c] = sum[c];
    scale_share[c] = product[c] * given.rstd[c];  // of dy times the normed value
    level[c] = factor[c] * shift_share[c] / n;
    slope[c] = factor[c] * given.rstd[c] * scale_share[c] / n;
  }
  spread_gradients<V, K, Window, Relu>(map, x, given, factor, gradient, slope, level, out);
}

inline NormChannels from(const NormChannels& given, int64_t c) {
  return {given.scale + c, given.shift + c, given.mean == nullptr ? nullptr : given.mean + c,
          given.rstd == nullptr ? nullptr : given.rstd + c};
}

// K vectors of channels side by side.
template <typename Vector, int Vectors>
struct Together {
  typedef Vector V;
  static constexpr int K = Vectors;
};

// Calls body(first channel, Together) for `count` channels: a whole block of K vectors together,
// others vector by vector, then one by one. Inlined, so that what the body holds stays in
// registers.
template <int K, typename Body>
__attribute__((always_inline)) inline void for_channels(int64_t count, Body body) {
  if (K > 1 && count == K * kLanes) return body(0, Together<Floats, K>{});
  int64_t c = 0;
  for (; c + kLanes <= count; c += kLanes) body(c, Together<Floats, 1>{});
  for (; c < count; ++c) body(c, Together<float, 1>{});
}

template <int Window, bool Relu>
void norm_forward(const NormMap& map, int64_t count, const float* x, const NormChannels& given,
                  float epsilon, float* out, float* mean, float* rstd) {
  for_channels<kBlock>(count, [&](int64_t c, auto as) {
    typedef decltype(as) As;
    forward_channels<typename As::V, As::K, Window, Relu>(map, x + c, from(given, c), epsilon,
                                                          out + c, mean + c, rstd + c);
  });
}

template <int Window, bool Relu>
void norm_backward(const NormMap& map, int64_t count, const float* x, const NormChannels& given,
                   const float* gradient, float* out, float* scale_share, float* shift_share) {
  for_channels<kBlock>(count, [&](int64_t c, auto as) {
    typedef decltype(as) As;
    backward_channels<typename As::V, As::K, Window, Relu>(
        map, x + c, from(given, c), gradient + c, out + c, scale_share + c, shift_share + c);
  });
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
