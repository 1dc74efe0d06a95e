// Sums and combinations of float buffers in double precision, for the level being compiled.
#ifndef POTSTILL_SIMD_SUMS_H
#define POTSTILL_SIMD_SUMS_H

#include "../loops.h"
#include "vec.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

constexpr int64_t kLine = 16;  // floats in a cache line

void sum_columns(const float* data, int64_t rows, int64_t stride, int64_t width, double* sum) {
  for (int64_t f = 0; f < width; ++f) sum[f] = 0;
  int64_t r = 0;
  // Four rows at once: a quarter of the traffic to and from the sums.
  for (; r + 4 <= rows; r += 4) {
    const float* row = data + r * stride;
    int64_t f = 0;
    // A block of columns is one short stretch of every row, too short for the hardware to look
    // ahead.
    for (; f + kLine <= width; f += kLine) {
      for (int64_t ahead = 4; ahead < 8; ++ahead) __builtin_prefetch(row + ahead * stride + f);
      for (int64_t at = f; at < f + kLine; at += kDoubleLanes) {
        const Doubles low = widen(row + at) + widen(row + stride + at);
        const Doubles high = widen(row + 2 * stride + at) + widen(row + 3 * stride + at);
        store(sum + at, load<Doubles>(sum + at) + (low + high));
      }
    }
    for (; f + kDoubleLanes <= width; f += kDoubleLanes) {
      const Doubles low = widen(row + f) + widen(row + stride + f);
      const Doubles high = widen(row + 2 * stride + f) + widen(row + 3 * stride + f);
      store(sum + f, load<Doubles>(sum + f) + (low + high));
    }
    for (; f < width; ++f) {
      sum[f] +=
          (double(row[f]) + row[stride + f]) + (double(row[2 * stride + f]) + row[3 * stride + f]);
    }
  }
  for (; r < rows; ++r) {
    const float* row = data + r * stride;
    for (int64_t f = 0; f < width; ++f) sum[f] += row[f];
  }
}

Moments moments(const float* a, const float* b, int64_t n) {
  Doubles ab[2] = {};
  Doubles aa[2] = {};
  Doubles bb[2] = {};
  int64_t i = 0;
  for (; i + 2 * kDoubleLanes <= n; i += 2 * kDoubleLanes) {
    for (int k = 0; k < 2; ++k) {
      const Doubles x = widen(a + i + k * kDoubleLanes);
      const Doubles y = widen(b + i + k * kDoubleLanes);
      ab[k] += x * y;
      aa[k] += x * x;
      bb[k] += y * y;
    }
  }
  Moments m = {sum(ab[0] + ab[1]), sum(aa[0] + aa[1]), sum(bb[0] + bb[1])};
  for (; i < n; ++i) {
    m.ab += double(a[i]) * b[i];
    m.aa += double(a[i]) * a[i];
    m.bb += double(b[i]) * b[i];
  }
  return m;
}

void combine(const float* a, double of_a, const float* b, double of_b, int64_t n, float* out) {
  int64_t i = 0;
  for (; i + kDoubleLanes <= n; i += kDoubleLanes) {
    store(out + i, narrow(widen(a + i) * of_a + widen(b + i) * of_b));
  }
  for (; i < n; ++i) out[i] = float(double(a[i]) * of_a + double(b[i]) * of_b);
}

double squared_distance(const float* a, const float* b, int64_t n) {
  Doubles sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kDoubleLanes <= n; i += 4 * kDoubleLanes) {
    for (int k = 0; k < 4; ++k) {
      const Doubles d = widen(a + i + k * kDoubleLanes) - widen(b + i + k * kDoubleLanes);
      sums[k] += d * d;
    }
  }
  double total = sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) {
    const double d = double(a[i]) - b[i];
    total += d * d;
  }
  return total;
}

inline Doubles widen_low(Floats value) {
  HalfFloats low;
  std::memcpy(&low, &value, sizeof low);
  return widen(low);
}

inline Doubles widen_high(Floats value) {
  HalfFloats high;
  std::memcpy(&high, reinterpret_cast<const char*>(&value) + sizeof high, sizeof high);
  return widen(high);
}

// Differences and their squares in single precision, in runs of 32 per lane, four sums of eight
// added in pairs, which are then added in double: widening every element would cost more than all
// the rest, and such a run loses less than the rounding of the inputs.
void squared_distances(const float* a, const float* b, const float* c, int64_t n, double* sums) {
  constexpr int64_t kRun = 32 * kLanes;
  Doubles of_a[2] = {};
  Doubles of_c[2] = {};
  int64_t i = 0;
  for (; i + kRun <= n; i += kRun) {
    Floats run_a[4] = {};
    Floats run_c[4] = {};
    for (int64_t at = i; at < i + kRun; at += 4 * kLanes) {
      for (int k = 0; k < 4; ++k) {
        const Floats base = load<Floats>(b + at + k * kLanes);
        const Floats da = load<Floats>(a + at + k * kLanes) - base;
        const Floats dc = load<Floats>(c + at + k * kLanes) - base;
        run_a[k] += da * da;
        run_c[k] += dc * dc;
      }
    }
    const Floats sum_a = (run_a[0] + run_a[1]) + (run_a[2] + run_a[3]);
    const Floats sum_c = (run_c[0] + run_c[1]) + (run_c[2] + run_c[3]);
    of_a[0] += widen_low(sum_a);
    of_a[1] += widen_high(sum_a);
    of_c[0] += widen_low(sum_c);
    of_c[1] += widen_high(sum_c);
  }
  sums[0] = sum(of_a[0] + of_a[1]);
  sums[1] = sum(of_c[0] + of_c[1]);
  for (; i < n; ++i) {
    const double da = double(a[i]) - b[i];
    const double dc = double(c[i]) - b[i];
    sums[0] += da * da;
    sums[1] += dc * dc;
  }
}

void scaled_difference(const float* a, const float* b, float scale, int64_t n, bool stream,
                       float* out) {
  int64_t i = 0;
#if defined(__AVX__)
  if (stream) {
    constexpr uintptr_t kAligned = 4 * kLanes;
    for (; i < n && reinterpret_cast<uintptr_t>(out + i) % kAligned != 0; ++i) {
      out[i] = (a[i] - b[i]) * scale;
    }
    for (; i + kLanes <= n; i += kLanes) {
      stream_aligned(out + i, (load<Floats>(a + i) - load<Floats>(b + i)) * scale);
    }
    _mm_sfence();
  }
#else
  (void)stream;
#endif
  for (; i + kLanes <= n; i += kLanes) {
    store(out + i, (load<Floats>(a + i) - load<Floats>(b + i)) * scale);
  }
  for (; i < n; ++i) out[i] = (a[i] - b[i]) * scale;
}

void descend(const Descent& descent, int64_t n, const float* gradient, float* parameter,
             float* velocity) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Floats p = load<Floats>(parameter + i);
    const Floats v = load<Floats>(velocity + i) * descent.momentum +
                     (load<Floats>(gradient + i) + p * descent.decay);
    store(velocity + i, v);
    store(parameter + i, p - v * descent.rate);
  }
  for (; i < n; ++i) {
    velocity[i] = velocity[i] * descent.momentum + (gradient[i] + parameter[i] * descent.decay);
    parameter[i] -= velocity[i] * descent.rate;
  }
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
