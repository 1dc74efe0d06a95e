// Rows of upfirdn and filtered_lrelu, for the level being compiled.
#ifndef POTSTILL_SIMD_RESAMPLE_H
#define POTSTILL_SIMD_RESAMPLE_H

#include <cstring>

#include "../loops.h"
#include "vec.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

// Vectors of the output whose sums are kept in registers while the taps go by.
constexpr int kSums = 4;

template <int kVectors>
inline void fir_block(const float* from, const int64_t* offsets, const float* taps, int64_t terms,
                      float* out) {
  Floats sums[kVectors] = {};
  for (int64_t t = 0; t < terms; ++t) {
    const float* source = from + offsets[t];
    const Floats tap = splat(taps[t]);
    for (int k = 0; k < kVectors; ++k) sums[k] += tap * load<Floats>(source + k * kLanes);
  }
  for (int k = 0; k < kVectors; ++k) store(out + k * kLanes, sums[k]);
}

void fir(const float* from, const int64_t* offsets, const float* taps, int64_t terms, int64_t n,
         float* out) {
  int64_t m = 0;
  for (; m + kSums * kLanes <= n; m += kSums * kLanes) {
    fir_block<kSums>(from + m, offsets, taps, terms, out + m);
  }
  switch ((n - m) / kLanes) {
    case 3:
      fir_block<3>(from + m, offsets, taps, terms, out + m);
      break;
    case 2:
      fir_block<2>(from + m, offsets, taps, terms, out + m);
      break;
    case 1:
      fir_block<1>(from + m, offsets, taps, terms, out + m);
      break;
    default:
      break;
  }
}

void activate(const Activation& activation, int64_t n, float* x) {
  const Floats gain = splat(activation.gain);
  const Floats negative = splat(activation.negative_gain);
  const Floats top = splat(activation.bound);
  const Floats bottom = -top;
  for (int64_t i = 0; i < n; i += kLanes) {
    const Floats u = load<Floats>(x + i);
    const Floats v = u * (u > 0 ? gain : negative);
    // Comparisons with NaN are false, so NaN stays.
    store(x + i, v > top ? top : v < bottom ? bottom : v);
  }
}

// Shut: where the slope is 0, which passes nothing, infinity and NaN neither.
template <bool Shut>
inline void pass_gradient(const Activation& activation, const float* x, int64_t n,
                          float* gradient) {
  const Floats gain = splat(activation.gain);
  const Floats negative = splat(activation.negative_gain);
  const Floats top = splat(activation.bound);
  for (int64_t i = 0; i < n; i += kLanes) {
    const Floats u = load<Floats>(x + i);
    const Floats slope = u > 0 ? gain : negative;
    const Floats v = u * slope;
    Floats passed = load<Floats>(gradient + i) * slope;
    if (Shut) passed = (slope != 0) | (passed == passed) ? passed : Floats{};
    store(gradient + i, (v <= top) & (v >= -top) ? passed : Floats{});
  }
}

void activation_gradient(const Activation& activation, const float* x, int64_t n, float* gradient) {
  if (activation.gain == 0 || activation.negative_gain == 0) {
    pass_gradient<true>(activation, x, n, gradient);
  } else {
    pass_gradient<false>(activation, x, n, gradient);
  }
}

template <int kSubs>
inline void split_by(const float* row, int64_t n, float bias, int64_t stride, float* out) {
  const int64_t whole = n / kSubs;
  for (int64_t m = 0; m < whole; ++m) {
    for (int s = 0; s < kSubs; ++s) out[s * stride + m] = row[m * kSubs + s] + bias;
  }
  for (int64_t j = whole * kSubs; j < n; ++j) out[(j % kSubs) * stride + whole] = row[j] + bias;
}

void split(const float* row, int64_t n, float bias, int64_t subs, int64_t stride, float* out) {
  switch (subs) {
    case 1:
      return split_by<1>(row, n, bias, stride, out);
    case 2:
      return split_by<2>(row, n, bias, stride, out);
    default:
      for (int64_t j = 0; j < n; ++j) out[(j % subs) * stride + j / subs] = row[j] + bias;
  }
}

template <int kSubs>
inline void join_by(const float* rows, int64_t n, int64_t stride, float* out) {
  const int64_t whole = n / kSubs;
  for (int64_t m = 0; m < whole; ++m) {
    for (int s = 0; s < kSubs; ++s) out[m * kSubs + s] = rows[s * stride + m];
  }
  for (int64_t j = whole * kSubs; j < n; ++j) out[j] = rows[(j % kSubs) * stride + whole];
}

void join(const float* rows, int64_t n, int64_t subs, int64_t stride, float* out) {
  switch (subs) {
    case 1:
      std::memcpy(out, rows, static_cast<size_t>(n) * sizeof *out);
      return;
    case 2:
      return join_by<2>(rows, n, stride, out);
    default:
      for (int64_t j = 0; j < n; ++j) out[j] = rows[(j % subs) * stride + j / subs];
  }
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
