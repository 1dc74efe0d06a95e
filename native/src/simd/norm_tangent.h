// The tangents of norm_block.h's operations, forward and backward, of one channel block of one map.
// With c = x - mean, d the tangent of x, and of every channel r = rstd, h = mean of d, q = mean of
// c r d: the normed value c r has the tangent r (d - h - c r q), and r has -r^2 q.
#ifndef POTSTILL_SIMD_NORM_TANGENT_H
#define POTSTILL_SIMD_NORM_TANGENT_H

#include "norm_block.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

// Sums over the map of d and of d c.
template <typename V, int K>
void sum_tangents(const NormMap& map, const float* x, const float* mean, const float* tangent,
                  float* sums, float* products) {
  const int64_t lanes = sizeof(V) / sizeof(float);
  V m[K];
  V total[K] = {};
  V product[K] = {};
  for (int k = 0; k < K; ++k) m[k] = load<V>(mean + k * lanes);
  for (int64_t row = 0; row < map.height; ++row) {
    const int64_t start = row * map.width * map.channels;
    V row_total[K] = {};
    V row_product[K] = {};
    for (int64_t column = 0; column < map.width; ++column) {
      for (int k = 0; k < K; ++k) {
        const int64_t at = start + column * map.channels + k * lanes;
        const V d = load<V>(tangent + at);
        row_total[k] += d;
        row_product[k] += d * (load<V>(x + at) - m[k]);
      }
    }
    for (int k = 0; k < K; ++k) {
      total[k] += row_total[k];
      product[k] += row_product[k];
    }
  }
  for (int k = 0; k < K; ++k) {
    store(sums + k * lanes, total[k]);
    store(products + k * lanes, product[k]);
  }
}

// out = mean over a window of (c slope + d factor + level), where the ReLU is open.
template <typename V, int K, int Window>
void apply_tangent(const NormMap& map, const float* x, const NormChannels& given,
                   const float* factor, const float* tangent, const float* slope,
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
  for (int64_t row = 0; row < map.height / Window; ++row) {
    const int64_t start = row * Window * map.width * map.channels;
    float* into = out + row * wide * map.channels;
    for (int64_t column = 0; column < wide; ++column) {
      for (int k = 0; k < K; ++k) {
        V sum = {};
        for (int i = 0; i < Window; ++i) {
          for (int j = 0; j < Window; ++j) {
            const int64_t p = i * map.width + column * Window + j;
            const int64_t at = start + p * map.channels + k * lanes;
            const V c = load<V>(x + at) - m[k];
            const V moved = c * s[k] + load<V>(tangent + at) * a[k] + l[k];
            sum += where_open(c * a[k] + b[k], moved);
          }
        }
        if (Window > 1) sum *= 1.0f / (Window * Window);
        store(into + column * map.channels + k * lanes, sum);
      }
    }
  }
}

// Sums over the map, with g and t what a position receives of the gradient and of its tangent where
// the ReLU is open. One vector of channels: the sums of a whole block would not fit the registers.
enum { kG, kGC, kGD, kT, kTC, kGradientSums };

template <typename V>
struct GradientSums {
  V of[kGradientSums];
};

template <typename V, int Window>
GradientSums<V> sum_gradient_tangents(const NormMap& map, const float* x, const NormChannels& given,
                                      const float* factor, const float* tangent,
                                      const float* gradient, const float* gradient_tangent) {
  const V m = load<V>(given.mean), a = load<V>(factor), b = load<V>(given.shift);
  GradientSums<V> total = {};
  const int64_t wide = map.width / Window;
  for (int64_t row = 0; row < map.height / Window; ++row) {
    const int64_t start = row * Window * map.width * map.channels;
    const int64_t received = row * wide * map.channels;
    V sum[kGradientSums] = {};
    for (int64_t column = 0; column < wide; ++column) {
      const V given_g = load<V>(gradient + received + column * map.channels);
      const V given_t = load<V>(gradient_tangent + received + column * map.channels);
      for (int i = 0; i < Window; ++i) {
        for (int j = 0; j < Window; ++j) {
          const int64_t at = start + (i * map.width + column * Window + j) * map.channels;
          const V c = load<V>(x + at) - m;
          const V y = c * a + b;
          const V g = where_open(y, given_g);
          const V t = where_open(y, given_t);
          sum[kG] += g;
          sum[kGC] += g * c;
          sum[kGD] += g * load<V>(tangent + at);
          sum[kT] += t;
          sum[kTC] += t * c;
        }
      }
    }
    for (int of = 0; of < kGradientSums; ++of) total.of[of] += sum[of];
  }
  for (V& sum : total.of) sum *= 1.0f / (Window * Window);
  return total;
}

// What the parts of the tangent of the gradient with respect to x are multiplied with, by channel.
template <typename V>
struct Spread {
  V gradient, gradient_tangent, centred, tangent, level;
};

// out = g gradient + t gradient_tangent - c centred - d tangent - level; positions that no window
// covers receive neither g nor t.
template <typename V, int Window>
void spread_tangents(const NormMap& map, const float* x, const NormChannels& given,
                     const float* factor, const Spread<V>& by, const float* tangent,
                     const float* gradient, const float* gradient_tangent, float* out) {
  const V m = load<V>(given.mean), a = load<V>(factor), b = load<V>(given.shift);
  const auto rest = [&](int64_t at, V c) {
    return c * by.centred + load<V>(tangent + at) * by.tangent + by.level;
  };
  const int64_t wide = map.width / Window;
  const int64_t high = map.height / Window;
  for (int64_t row = 0; row < high; ++row) {
    const int64_t start = row * Window * map.width * map.channels;
    const int64_t received = row * wide * map.channels;
    for (int64_t column = 0; column < wide; ++column) {
      const int64_t from = received + column * map.channels;
      const V share = (load<V>(gradient + from) * by.gradient +
                       load<V>(gradient_tangent + from) * by.gradient_tangent) *
                      (1.0f / (Window * Window));
      for (int i = 0; i < Window; ++i) {
        for (int j = 0; j < Window; ++j) {
          const int64_t at = start + (i * map.width + column * Window + j) * map.channels;
          const V c = load<V>(x + at) - m;
          store(out + at, where_open(c * a + b, share) - rest(at, c));
        }
      }
    }
  }
  for (int64_t row = 0; row < map.height; ++row) {
    for (int64_t column = row < high * Window ? wide * Window : 0; column < map.width; ++column) {
      const int64_t at = (row * map.width + column) * map.channels;
      store(out + at, -rest(at, load<V>(x + at) - m));
    }
  }
}

template <typename V, int K, int Window>
void tangent_channels(const NormMap& map, const float* x, const NormChannels& given,
                      const NormTangent& tangent, float* out) {
  constexpr int64_t count = K * int64_t{sizeof(V) / sizeof(float)};
  alignas(64) float factor[count], sum[count], product[count], slope[count], level[count];
  sum_tangents<V, K>(map, x, given.mean, tangent.x, sum, product);
  const float n = static_cast<float>(map.height * map.width);
  for (int64_t c = 0; c < count; ++c) {
    factor[c] = given.rstd[c] * given.scale[c];
    tangent.mean[c] = sum[c] / n;
    tangent.product[c] = product[c] * (given.rstd[c] / n);
    slope[c] = given.rstd[c] * (tangent.scale[c] - factor[c] * tangent.product[c]);
    level[c] = tangent.shift[c] - factor[c] * tangent.mean[c];
  }
  apply_tangent<V, K, Window>(map, x, given, factor, tangent.x, slope, level, out);
}

// The gradient with respect to x is f (g - G - c r P), with f = r scale and the means G of g and P
// of g c r. What is in it has, with ' for tangents, d = x' and T the mean of t:
//   g' = t, G' = T, r' = -r^2 q, f' = r (scale' - f q), (c r)' = r (d - h - c r q)
//   P' = mean of t c r + mean of g (c r)' = r (mean of t c + mean of g d - h G - q P)
// and so the gradient's tangent is
//   f' (g - G - c r P) + f (t - T - (c r)' P - c r P'),
// which Spread has by what changes from position to position: g, t, c, d and nothing.
template <typename V, int Window>
void gradient_tangent_channels(const NormMap& map, const float* x, const NormChannels& given,
                               const NormTangentLeft& tangent, const float* gradient,
                               const float* gradient_tangent, float* out, float* scale_share,
                               float* shift_share) {
  const V r = load<V>(given.rstd), h = load<V>(tangent.mean), q = load<V>(tangent.product);
  const V f = r * load<V>(given.scale);
  alignas(64) float factor[sizeof(V) / sizeof(float)];
  store(factor, f);
  GradientSums<V> mean = sum_gradient_tangents<V, Window>(map, x, given, factor, tangent.x,
                                                          gradient, gradient_tangent);
  store(shift_share, mean.of[kT]);
  const float positions = static_cast<float>(map.height * map.width);
  for (V& sum : mean.of) sum *= 1 / positions;
  const V p = r * mean.of[kGC];
  const V p_tangent = r * (mean.of[kTC] + mean.of[kGD] - h * mean.of[kG] - q * p);
  store(scale_share, p_tangent * positions);
  const V f_tangent = r * (load<V>(tangent.scale) - f * q);
  const Spread<V> by = {f_tangent, f, r * (f_tangent * p + f * (p_tangent - p * r * q)), f * p * r,
                        f_tangent * mean.of[kG] + f * (mean.of[kT] - p * r * h)};
  spread_tangents<V, Window>(map, x, given, factor, by, tangent.x, gradient, gradient_tangent, out);
}

inline NormTangent from(const NormTangent& tangent, int64_t c) {
  return {tangent.scale + c, tangent.shift + c, tangent.x + c, tangent.mean + c,
          tangent.product + c};
}

inline NormTangentLeft from(const NormTangentLeft& tangent, int64_t c) {
  return {tangent.scale + c, tangent.x + c, tangent.mean + c, tangent.product + c};
}

template <int Window>
void norm_tangent(const NormMap& map, int64_t count, const float* x, const NormChannels& given,
                  const NormTangent& tangent, float* out) {
  for_channels<kBlock>(count, [&](int64_t c, auto as) {
    typedef decltype(as) As;
    tangent_channels<typename As::V, As::K, Window>(map, x + c, from(given, c), from(tangent, c),
                                                    out + c);
  });
}

template <int Window>
void norm_gradient_tangent(const NormMap& map, int64_t count, const float* x,
                           const NormChannels& given, const NormTangentLeft& tangent,
                           const float* gradient, const float* gradient_tangent, float* out,
                           float* scale_share, float* shift_share) {
  for_channels<1>(count, [&](int64_t c, auto as) {
    gradient_tangent_channels<typename decltype(as)::V, Window>(
        map, x + c, from(given, c), from(tangent, c), gradient + c, gradient_tangent + c, out + c,
        scale_share + c, shift_share + c);
  });
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
