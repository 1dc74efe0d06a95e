// One row of `score`: sums over the logits but the label's, and what follows from them.
//
// With the label's own term apart, an easy row's loss near zero keeps its digits, and the margin
// needs no second look.
#ifndef POTSTILL_CUDA_SCORE_ROW_H
#define POTSTILL_CUDA_SCORE_ROW_H

#include "reduce.h"

namespace potstill {

// Device buffers: logits (rows, classes) of any type and labels (rows).
struct LabelledRows {
  const void* logits;
  const int64_t* labels;
  int64_t rows;
  int64_t classes;
};

// Device buffers (rows); all but loss may be NULL.
struct ScoreOutputs {
  float* loss;
  float* margin;
  float* entropy;
  float* el2n;
  int8_t* correct;
};

constexpr int kMostRowsInTurn = 32;  // of a warp, whose lanes keep the sums of a row each
constexpr float kLowest = -3.4028235e38f;
constexpr float kGone = -200.0f;  // exp of it is 0 in f32; keeps products of 0 and infinity away

__device__ __forceinline__ float minus_infinity() { return __int_as_float(0xFF800000); }
__device__ __forceinline__ float not_a_number() { return __int_as_float(0x7FC00000); }

// Sums over logits, relative to an origin.
struct Sums {
  float exp_sum = 0;     // of e^z
  float square_sum = 0;  // of e^(2 z); with kAll only, as the next
  float slope_sum = 0;   // of e^z z

  // The sums of others that are relative to the same.
  template <bool kAll>
  __device__ __forceinline__ void add_sums(const Sums& other) {
    exp_sum += other.exp_sum;
    if (kAll) {
      square_sum += other.square_sum;
      slope_sum += other.slope_sum;
    }
  }
};

// The logits but the label's, relative to their maximum. With a NaN among them the maximum is NaN;
// then, and with plus infinity, the sums mean nothing.
struct Others : Sums {
  float max = kLowest;

  template <bool kAll>
  __device__ void move_to(float new_max) {
    const float shift = fmaxf(max - new_max, kGone);
    const float factor = exp_fast(shift);
    if (kAll) {
      slope_sum = factor * (slope_sum + shift * exp_sum);
      square_sum *= factor * factor;
    }
    exp_sum *= factor;
    max = new_max;
  }

  template <bool kAll>
  __device__ void merge(Others other) {
    const float joint = max_nan(max, other.max);
    move_to<kAll>(joint);
    other.move_to<kAll>(joint);
    add_sums<kAll>(other);
  }

  // One logit, none above `max`.
  template <bool kAll>
  __device__ void add(float z) {
    const float shifted = z - max;
    const float e = exp_fast(shifted);
    exp_sum += e;
    if (kAll) {
      square_sum += e * e;
      slope_sum += e * fmaxf(shifted, kGone);
    }
  }

  // Minus infinity where there is no other logit or no other kind of it.
  __device__ float largest() const { return exp_sum == 0 ? minus_infinity() : max; }
};

// Over the warp; every lane gets it.
__device__ __forceinline__ float warp_max(float value) {
  for (int step = 16; step > 0; step /= 2) {
    value = max_nan(value, __shfl_xor_sync(kAllLanes, value, step));
  }
  return value;
}

// The sums of a warp's lanes, which are relative to the same; every lane gets them.
template <bool kAll, typename OfLane>
__device__ __forceinline__ OfLane add_over_warp(OfLane sums) {
  for (int step = 16; step > 0; step /= 2) {
    Sums other;
    other.exp_sum = __shfl_xor_sync(kAllLanes, sums.exp_sum, step);
    if (kAll) {
      other.square_sum = __shfl_xor_sync(kAllLanes, sums.square_sum, step);
      other.slope_sum = __shfl_xor_sync(kAllLanes, sums.slope_sum, step);
    }
    sums.template add_sums<kAll>(other);
  }
  return sums;
}

// Others of one maximum in four parts side by side: quicker, and fewer roundings beside the
// maximum's own 1.
struct QuarterSums {
  Others part[4];

  __device__ explicit QuarterSums(float max) {
    for (Others& p : part) p.max = max;
  }

  template <bool kAll>
  __device__ Others total() {
    part[0].add_sums<kAll>(part[1]);
    part[2].add_sums<kAll>(part[3]);
    part[0].add_sums<kAll>(part[2]);
    return part[0];
  }
};

// Loss, entropy and EL2N of a row whose largest logit is finite; the last two with kAll only.
struct Softmax {
  float loss;
  float entropy = 0;
  float el2n = 0;

  // All is relative to the larger of the label's logit and the largest other.
  template <bool kAll>
  __device__ static Softmax of(const Others& others, float own) {
    const float largest = others.largest();
    const bool easy = own >= largest;
    const float below = easy ? largest - own : own - largest;  // how far the smaller of the two is
    const float shift = fmaxf(below, kGone);
    const float factor = expf(shift);
    // The total less the larger one's own 1, so that a loss near zero keeps its digits.
    const float rest = easy ? factor * others.exp_sum : others.exp_sum - 1 + factor;
    const float log_total = log1pf(rest);
    Softmax result;
    result.loss = easy ? log_total : log_total - below;
    if (kAll) {
      const float total = 1 + rest;
      const float slope = easy ? factor * (others.slope_sum + shift * others.exp_sum)
                               : others.slope_sum + factor * shift;
      const float spread = sqrtf(others.square_sum + others.exp_sum * others.exp_sum);
      result.entropy = log_total - slope / total;
      result.el2n = (easy ? factor * spread : spread) / total;
    }
    return result;
  }
};

// `own` is NaN where the label is out of range; `tied` says that a logit before the label equals
// it. Entropy and EL2N are written with kAll only.
template <bool kAll>
__device__ __forceinline__ void write_score(const Others& others, float own, bool tied, int64_t row,
                                            const ScoreOutputs& to) {
  const float largest = others.largest();
  const float top = max_nan(largest, own);
  const bool usable = top >= kLowest && top <= -kLowest;
  const Softmax softmax = Softmax::of<kAll>(others, own);
  to.loss[row] = usable ? softmax.loss : not_a_number();
  if (to.margin != nullptr) to.margin[row] = own - largest;
  if (kAll && to.entropy != nullptr) to.entropy[row] = usable ? softmax.entropy : not_a_number();
  if (kAll && to.el2n != nullptr) to.el2n[row] = usable ? softmax.el2n : not_a_number();
  if (to.correct != nullptr) to.correct[row] = own == top && !tied ? 1 : 0;
}

// Whether one of the first `label` logits equals `own`; all threads of the row call it together.
template <typename Type, int kRowThreads>
__device__ __forceinline__ bool is_before(const typename Type::Stored* row, int64_t label,
                                          float own, int thread) {
  int found = 0;
  for (int64_t i = thread; i < label; i += kRowThreads) {
    found |= Type::convert(row[i]) == own ? 1 : 0;
  }
  if constexpr (kRowThreads > 32) {
    return __syncthreads_or(found) != 0;
  } else {
    for (int step = 16; step > 0; step /= 2) found |= __shfl_xor_sync(kAllLanes, found, step);
    return found != 0;
  }
}

}  // namespace potstill

#endif
