// One row of `score`: sums over the logits but the label's, and what follows from them.
//
// With the label's own term apart, an easy row's loss near zero keeps its digits, and the margin
// needs no second look.
#ifndef POTSTILL_CUDA_SCORE_ROW_H
#define POTSTILL_CUDA_SCORE_ROW_H

#include "reduce.h"

namespace potstill {

// Device buffers (rows); all but loss may be NULL.
struct ScoreOutputs {
  float* loss;
  float* margin;
  float* entropy;
  float* el2n;
  int8_t* correct;
};

constexpr float kLowest = -3.4028235e38f;
constexpr float kGone = -200.0f;  // exp of it is 0 in f32; keeps products of 0 and infinity away

__device__ __forceinline__ float minus_infinity() { return __int_as_float(0xFF800000); }
__device__ __forceinline__ float not_a_number() { return __int_as_float(0x7FC00000); }

// The logits but the label's, relative to their maximum. With a NaN among them the maximum is NaN;
// then, and with plus infinity, the sums mean nothing.
struct Others {
  float max = kLowest;
  float exp_sum = 0;     // sum e^(z - max)
  float square_sum = 0;  // sum e^(2 (z - max)); with kAll only, as the next
  float slope_sum = 0;   // sum e^(z - max) (z - max)

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
    exp_sum += other.exp_sum;
    if (kAll) {
      square_sum += other.square_sum;
      slope_sum += other.slope_sum;
    }
  }

  // Takes `at(0)` to `at(count - 1)`, none larger than the maximum. Four sums side by side: quicker,
  // and fewer roundings beside the maximum's own 1.
  template <bool kAll, typename At>
  __device__ void add_all(int count, const At& at) {
    Others part[4];
    for (int first = 0; first < count; first += 4) {
      for (int k = 0; k < 4; ++k) {
        if (first + k < count) part[k].add<kAll>(at(first + k), max);
      }
    }
    exp_sum = (part[0].exp_sum + part[1].exp_sum) + (part[2].exp_sum + part[3].exp_sum);
    if (kAll) {
      square_sum = (part[0].square_sum + part[1].square_sum) +
                   (part[2].square_sum + part[3].square_sum);
      slope_sum =
          (part[0].slope_sum + part[1].slope_sum) + (part[2].slope_sum + part[3].slope_sum);
    }
  }

  template <bool kAll>
  __device__ void add(float z, float reference) {
    const float shifted = z - reference;
    const float e = exp_fast(shifted);
    exp_sum += e;
    if (kAll) {
      square_sum += e * e;
      slope_sum += e * fmaxf(shifted, kGone);
    }
  }

  template <bool kAll, int kCount>
  __device__ void add_chunk(const float (&z)[kCount]) {
    Others chunk;
    for (int k = 0; k < kCount; ++k) chunk.max = max_nan(chunk.max, z[k]);
    chunk.add_all<kAll>(kCount, [&](int k) { return z[k]; });
    merge<kAll>(chunk);
  }

  // Minus infinity where there is no other logit or no other kind of it.
  __device__ float largest() const { return exp_sum == 0 ? minus_infinity() : max; }
};

// Loss, entropy and EL2N of a row whose largest logit is finite.
struct Softmax {
  float loss;
  float entropy;
  float el2n;

  __device__ Softmax(const Others& others, float own) {
    const float largest = others.largest();
    const float spread = sqrtf(others.square_sum + others.exp_sum * others.exp_sum);
    if (own >= largest) {  // relative to the label's logit
      const float shift = fmaxf(largest - own, kGone);
      const float factor = expf(shift);
      const float total = 1 + factor * others.exp_sum;
      loss = log1pf(factor * others.exp_sum);
      entropy = loss - factor * (others.slope_sum + shift * others.exp_sum) / total;
      el2n = factor * spread / total;
    } else {  // relative to the largest other
      const float shift = own - largest;
      const float e = expf(shift);
      const float total = others.exp_sum + e;
      loss = logf(total) - shift;
      entropy = logf(total) - (others.slope_sum + e * fmaxf(shift, kGone)) / total;
      el2n = spread / total;
    }
  }
};

// `own` is NaN where the label is out of range; `tied` says that a logit before the label equals it.
__device__ __forceinline__ void write_score(const Others& others, float own, bool tied, int64_t row,
                                            const ScoreOutputs& to) {
  const float largest = others.largest();
  const float top = max_nan(largest, own);
  const bool usable = top >= kLowest && top <= -kLowest;
  const Softmax softmax(others, own);
  to.loss[row] = usable ? softmax.loss : not_a_number();
  if (to.margin != nullptr) to.margin[row] = own - largest;
  if (to.entropy != nullptr) to.entropy[row] = usable ? softmax.entropy : not_a_number();
  if (to.el2n != nullptr) to.el2n[row] = usable ? softmax.el2n : not_a_number();
  if (to.correct != nullptr) to.correct[row] = own == top && !tied ? 1 : 0;
}

}  // namespace potstill

#endif
