// Vectors of the level being compiled, on the compiler's vector extension, so that one source
// serves every instruction set. Everything has internal linkage: an inline function that the linker
// merged across levels could run AVX-512 code on a CPU without it. That goes for the standard
// library's too, std::min for one; a test looks for such symbols (tests/levels_apart_test.sh).
#ifndef POTSTILL_SIMD_VEC_H
#define POTSTILL_SIMD_VEC_H

#include <cstdint>
#include <cstring>

#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

constexpr int kLanes = POTSTILL_LANES;  // floats in a vector
constexpr float kInfinity = __builtin_inff();

typedef float Floats __attribute__((vector_size(4 * POTSTILL_LANES)));
typedef uint32_t Words __attribute__((vector_size(4 * POTSTILL_LANES)));
typedef uint16_t Halves __attribute__((vector_size(2 * POTSTILL_LANES)));
typedef float HalfFloats __attribute__((vector_size(2 * POTSTILL_LANES)));  // kLanes / 2 floats
typedef double Doubles __attribute__((vector_size(4 * POTSTILL_LANES)));    // kLanes / 2 doubles

constexpr int kDoubleLanes = kLanes / 2;

template <typename V>
inline V load(const void* from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename V>
inline void store(void* into, V value) {
  std::memcpy(into, &value, sizeof value);
}

#if defined(__AVX__)
// Writes past the caches; the address is aligned to the vector.
inline void stream_aligned(float* into, Floats value) {
#if defined(__AVX512F__) && POTSTILL_LANES == 16
  _mm512_stream_ps(into, value);
#else
  for (int k = 0; k < kLanes; k += 8) {
    _mm256_stream_ps(into + k, load<__m256>(reinterpret_cast<const float*>(&value) + k));
  }
#endif
}
#endif

// A difference, since x + 0 is an addition to the compiler: it would make 0 of -0.
inline Floats splat(float value) { return value - Floats{}; }

// Intrinsics, since GCC 12 makes two halves of the generic conversions.
inline Doubles widen(HalfFloats value) {
#if defined(__AVX512F__) && POTSTILL_LANES == 16
  return _mm512_cvtps_pd(value);
#elif defined(__AVX__) && POTSTILL_LANES == 8
  return _mm256_cvtps_pd(value);
#else
  return __builtin_convertvector(value, Doubles);
#endif
}

inline Doubles widen(const float* from) { return widen(load<HalfFloats>(from)); }

inline HalfFloats narrow(Doubles value) {
#if defined(__AVX512F__) && POTSTILL_LANES == 16
  return _mm512_cvtpd_ps(value);
#elif defined(__AVX__) && POTSTILL_LANES == 8
  return _mm256_cvtpd_ps(value);
#else
  return __builtin_convertvector(value, HalfFloats);
#endif
}

// a > b ? a : b, so b where either is NaN.
inline Floats max(Floats a, Floats b) {
#if defined(__AVX512F__) && POTSTILL_LANES == 16
  return _mm512_max_ps(a, b);
#elif defined(__AVX__) && POTSTILL_LANES == 8
  return _mm256_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}

inline float sum(Floats value) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += value[i];
  return total;
}

inline double sum(Doubles value) {
  double total = 0;
  for (int i = 0; i < kDoubleLanes; ++i) total += value[i];
  return total;
}

inline float largest(Floats value) {
  float best = value[0];
  for (int i = 1; i < kLanes; ++i) best = value[i] > best ? value[i] : best;
  return best;
}

// exp(x) for x <= 0, relative error below 2e-7; 0 below -87.7; NaN for NaN. 2^(x log2 e) is split
// into a whole power, placed straight into the exponent bits, and a polynomial on [-1/2, 1/2].
inline Floats exp_nonpositive(Floats x) {
  const Floats rounder = splat(12582912.0f + 127.0f);  // 1.5 * 2^23 + the exponent bias
  // At the floor the biased exponent is 0, and so is the result.
  const Floats t = max(splat(-88.0f), x) * 1.44269504f;
  const Floats rounded = t + rounder;
  const Floats f = t - (rounded - rounder);
  Floats p = splat(0.001327647173733161f);
  p = p * f + 0.009675541540094132f;
  p = p * f + 0.05550713276093712f;
  p = p * f + 0.24022119720074492f;
  p = p * f + 0.6931469670620423f;
  p = p * f + 1.0000000716554343f;
  return p * (Floats)((Words)rounded << 23);
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
