// One row of `score`, for the level being compiled.
//
// The row is walked in tiles that stay in the first cache: a tile is converted, copied with the
// label's logit taken out, and its maximum found while it arrives from memory; then its
// exponentials are summed relative to that maximum. Tiles merge as in online softmax. With the
// label's own term apart, an easy row's loss near zero keeps its digits, and the margin needs no
// second look.
#ifndef POTSTILL_SIMD_SCORE_H
#define POTSTILL_SIMD_SCORE_H

#include <cmath>

#include "../loops.h"
#include "vec.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

constexpr int64_t kTile = 1024;
constexpr float kNan = __builtin_nanf("");

struct Float32 {
  typedef float Stored;
  static Floats load_vector(const float* from) { return load<Floats>(from); }
};

struct Bfloat16 {
  typedef uint16_t Stored;
  static Floats load_vector(const uint16_t* from) {
    return (Floats)(__builtin_convertvector(load<Halves>(from), Words) << 16);
  }
};

struct Float16 {
  typedef uint16_t Stored;
  static Floats load_vector(const uint16_t* from) {
#if defined(__AVX512F__) && POTSTILL_LANES == 16
    return _mm512_cvtph_ps(load<__m256i>(from));
#elif defined(__F16C__) && POTSTILL_LANES == 8
    return _mm256_cvtph_ps(load<__m128i>(from));
#else
    // Moved into a float's fields and rescaled by 2^(127 - 15), which also mends subnormals;
    // infinity and NaN come out at 2^16 and up and get their exponent filled.
    const Words half = __builtin_convertvector(load<Halves>(from), Words);
    const Floats scaled = (Floats)((half & 0x7FFF) << 13) * 0x1p112f;
    const Words magnitude = (Words)scaled | (Words(scaled >= splat(65536.0f)) & 0x7F800000);
    return (Floats)(magnitude | ((half & 0x8000) << 16));
#endif
  }
};

// Sums over every logit but the label's, relative to their maximum.
struct Others {
  float max = -kInfinity;
  double exp_sum = 0;     // sum e^(z - max)
  double square_sum = 0;  // sum e^(2 (z - max))
  double slope_sum = 0;   // sum e^(z - max) (z - max)

  // Infinite maxima are no reference point: with 0 instead, minus infinity counts 0 and plus
  // infinity makes NaN.
  static float reference(float max) { return __builtin_isfinite(max) ? max : 0; }

  void merge(const Others& tile) {
    const float joint = tile.max > max ? tile.max : max;
    Others moved = tile;
    moved.move_to(joint);
    move_to(joint);
    exp_sum += moved.exp_sum;
    square_sum += moved.square_sum;
    slope_sum += moved.slope_sum;
  }

  void move_to(float joint) {
    const double shift = double(reference(max)) - double(reference(joint));
    max = joint;
    if (shift == 0 || exp_sum == 0) return;
    const double factor = std::exp(shift);
    slope_sum = factor * (slope_sum + shift * exp_sum);
    exp_sum *= factor;
    square_sum *= factor * factor;
  }
};

// Copies `count` logits into `tile` as floats, minus infinity in the label's place and up to the
// next whole group of vectors; returns the maximum, NaN left out.
template <typename Type>
inline float fill_tile(const typename Type::Stored* from, int64_t count, int64_t label,
                       float* tile) {
  constexpr int64_t kGroup = 4 * kLanes;
  const int64_t whole = count - count % kLanes;
  const int64_t padded = (count + kGroup - 1) / kGroup * kGroup;
  Floats max0 = splat(-kInfinity);
  Floats max1 = max0;
  const auto copy_vectors = [&](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + 2 * kLanes <= end; i += 2 * kLanes) {
      const Floats v0 = Type::load_vector(from + i);
      const Floats v1 = Type::load_vector(from + i + kLanes);
      store(tile + i, v0);
      store(tile + i + kLanes, v1);
      max0 = max(v0, max0);
      max1 = max(v1, max1);
    }
    for (; i < end; i += kLanes) {
      const Floats v = Type::load_vector(from + i);
      store(tile + i, v);
      max0 = max(v, max0);
    }
  };
  const auto copy_label_vector = [&](int64_t at) {
    store(tile + at, Type::load_vector(from + at));
    tile[label] = -kInfinity;
    max0 = max(load<Floats>(tile + at), max0);
  };
  const auto copy_rest = [&] {
    typename Type::Stored last[kLanes] = {};
    std::memcpy(last, from + whole, size_t(count - whole) * sizeof last[0]);
    store(tile + whole, Type::load_vector(last));
    for (int64_t i = count; i < padded; ++i) tile[i] = -kInfinity;
    if (label >= whole && label < count) tile[label] = -kInfinity;
    max0 = max(load<Floats>(tile + whole), max0);
  };
  // The label must not count for the maximum. Its vector is taken apart, so that the others need
  // not be asked whether they hold it, and are counted on their way from memory.
  const int64_t label_vector = label - label % kLanes;
  if (label >= 0 && label_vector < whole) {
    copy_vectors(0, label_vector);
    copy_label_vector(label_vector);
    copy_vectors(label_vector + kLanes, whole);
  } else {
    copy_vectors(0, whole);
  }
  if (whole < padded) copy_rest();
  return largest(max(max0, max1));
}

template <bool kAll>
inline Others sum_tile(const float* tile, int64_t count, float max_of_tile) {
  const Floats reference = splat(Others::reference(max_of_tile));
  Floats exps[4] = {};
  Floats squares[2] = {};
  Floats slopes[2] = {};
  for (int64_t i = 0; i < count; i += 4 * kLanes) {
    for (int k = 0; k < 4; ++k) {
      const Floats shifted = load<Floats>(tile + i + k * kLanes) - reference;
      const Floats e = exp_nonpositive(shifted);
      exps[k] += e;
      if (kAll) {
        squares[k & 1] += e * e;
        slopes[k & 1] += e * max(splat(-88.0f), shifted);  // never 0 times infinity
      }
    }
  }
  Others sums;
  sums.max = max_of_tile;
  sums.exp_sum = sum((exps[0] + exps[1]) + (exps[2] + exps[3]));
  if (kAll) {
    sums.square_sum = sum(squares[0] + squares[1]);
    sums.slope_sum = sum(slopes[0] + slopes[1]);
  }
  return sums;
}

template <typename Type>
inline float element(const typename Type::Stored* row, int64_t index) {
  typename Type::Stored one[kLanes] = {row[index]};
  return Type::load_vector(one)[0];
}

template <typename Type>
bool any(const typename Type::Stored* row, int64_t count, bool (*test)(float, float), float own) {
  for (int64_t i = 0; i < count; ++i) {
    if (test(element<Type>(row, i), own)) return true;
  }
  return false;
}

inline bool is_nan(float value, float) { return __builtin_isnan(value); }
inline bool is_equal(float value, float own) { return value == own; }

// Entropy and EL2N from the sums, relative to `top`, the largest logit of all.
inline void write_softmax(const Others& others, float own, float top, const ScoreRow& out) {
  const double label_shift = double(own) - top;
  const double label_exp = std::exp(label_shift);
  const double shift = others.max == -kInfinity ? 0 : double(others.max) - top;
  const double factor = std::exp(shift);
  const double other_exp = factor * others.exp_sum;
  const double total = other_exp + label_exp;
  if (out.entropy != nullptr) {
    const double other_slope = factor * (others.slope_sum + shift * others.exp_sum);
    const double slope = other_slope + (label_exp == 0 ? 0 : label_exp * label_shift);
    const double log_total = label_shift == 0 ? std::log1p(other_exp) : std::log(total);
    *out.entropy = float(log_total - slope / total);
  }
  if (out.el2n != nullptr) {
    const double squares = factor * factor * others.square_sum + other_exp * other_exp;
    *out.el2n = float(std::sqrt(squares) / total);
  }
}

template <typename Type>
void write_row(const typename Type::Stored* row, int64_t classes, int64_t label, float own,
               const Others& others, const ScoreRow& out) {
  const float top = own > others.max ? own : others.max;
  const bool defined =
      __builtin_isfinite(top) && !__builtin_isnan(others.exp_sum) && !__builtin_isnan(own);
  const bool holds_nan = !defined && any<Type>(row, classes, is_nan, 0);
  if (out.margin != nullptr) *out.margin = holds_nan ? kNan : own - others.max;
  if (out.correct != nullptr) {
    const bool wins =
        own > others.max || (own == others.max && !any<Type>(row, label, is_equal, own));
    *out.correct = !holds_nan && wins ? 1 : 0;
  }
  if (!defined) {
    *out.loss = kNan;
    if (out.entropy != nullptr) *out.entropy = kNan;
    if (out.el2n != nullptr) *out.el2n = kNan;
    return;
  }
  const double gap = double(others.max) - own;  // minus infinity without others
  *out.loss = float(gap <= 0 ? std::log1p(others.exp_sum * std::exp(gap))
                             : std::log(others.exp_sum + std::exp(-gap)) + gap);
  if (out.entropy != nullptr || out.el2n != nullptr) write_softmax(others, own, top, out);
}

template <typename Type>
void score_row(const void* logits, int64_t classes, int64_t label, const ScoreRow& out) {
  const auto* row = static_cast<const typename Type::Stored*>(logits);
  const bool all = out.entropy != nullptr || out.el2n != nullptr;
  alignas(64) float tile[kTile];
  Others others;
  for (int64_t first = 0; first < classes; first += kTile) {
    const int64_t count = classes - first < kTile ? classes - first : kTile;
    const float max_of_tile = fill_tile<Type>(row + first, count, label - first, tile);
    const Others sums =
        all ? sum_tile<true>(tile, count, max_of_tile) : sum_tile<false>(tile, count, max_of_tile);
    if (first == 0) {
      others = sums;
    } else {
      others.merge(sums);
    }
  }
  write_row<Type>(row, classes, label, element<Type>(row, label), others, out);
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
