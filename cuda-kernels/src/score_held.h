// `score` of rows of middle length that begin at boundaries of 16 bytes: a warp holds a row in
// registers. All of it is on its way at once, and other warps compute meanwhile. How many vectors a
// lane holds is known to the compiler.
//
// The exponentials are powers of two whose exponent is one multiply-add, which wants a maximum near
// zero and, where sums of products are asked for, exponents that do not overflow. Other rows are
// read again, one logit after the other.
#ifndef POTSTILL_CUDA_SCORE_HELD_H
#define POTSTILL_CUDA_SCORE_HELD_H

#include "logits.h"
#include "score_row.h"

namespace potstill {

constexpr int kHeldBlock = 128;                             // threads
constexpr int64_t kMostHeldRow = 4096;                      // bytes
constexpr int kMostHeldVectors = kMostHeldRow / (32 * 16);  // of a lane, as the next
constexpr int kFewestHeldVectors = 2;
constexpr float kNear = 16384;  // the maximum lies no farther from zero

// Sums relative to a logit near the maximum, in powers of two: of 2^t, 2^(2 t) and t 2^t, where
// t = z log2(e) - offset.
struct PowerSums : Sums {
  template <bool kAll>
  __device__ __forceinline__ void add(float z, float offset) {
    const float t = fmaf(z, kLog2E, -offset);
    const float power = exp2_fast(t);
    exp_sum += power;
    if (kAll) {
      square_sum = fmaf(power, power, square_sum);
      slope_sum = fmaf(power, t, slope_sum);
    }
  }

  // Whether they are what they should be, with the offset max * kLog2E. The slope is NaN where
  // minus infinity was among the logits, or in f32 and bf16 a number below -2.3e38.
  template <bool kAll>
  __device__ bool are_usable(float max) const {
    return fabsf(max) <= kNear && (!kAll || slope_sum == slope_sum);
  }

  // The offset was rounded, so that the maximum's own power is a little off 1; all others are so by
  // the same factor. Its own part is taken away as it was added, and counts 1 exactly.
  template <bool kAll>
  __device__ Others relative_to(float max) const {
    const float excess = fmaf(max, kLog2E, -(max * kLog2E));
    const float power = exp2_fast(excess);
    const float factor = 1 / power;
    Others others;
    others.max = max;
    others.exp_sum = fmaf(exp_sum - power, factor, 1.0f);
    if (kAll) {
      others.square_sum = fmaf(fmaf(-power, power, square_sum), factor * factor, 1.0f);
      others.slope_sum = fmaf(-excess, exp_sum, slope_sum) * factor * 0.6931471805599453f;
    }
    return others;
  }
};

// A lane's vectors of a row: those at 32 k + lane.
template <typename Type, int kVectors>
struct HeldRow {
  static constexpr uint32_t kPerVector = Stretch<Type>::kPerVector;
  uint32_t words[4 * kVectors];

  // `from` is the lane's first vector. What a row does not fill of the last holds numbers whose
  // exponential is 0.
  __device__ __forceinline__ HeldRow(const uint4* from, bool has_last) {
#pragma unroll
    for (int k = 0; k < kVectors; ++k) {
      uint4 raw;
      raw.x = raw.y = raw.z = raw.w = far_below<Type>();
      if (k < kVectors - 1 || has_last) raw = load_once(from + 32 * k);
      words[4 * k] = raw.x;
      words[4 * k + 1] = raw.y;
      words[4 * k + 2] = raw.z;
      words[4 * k + 3] = raw.w;
    }
  }

  // Puts such a number in the label's place, whichever lane has it; none where there is no such
  // class.
  __device__ __forceinline__ void leave_out(uint32_t label, uint32_t lane) {
    const uint32_t vector = label / kPerVector;
    const uint32_t place = vector % 32 == lane ? label % kPerVector : kPerVector;
    leave_out_of<0>(vector / 32, place);
  }

  // The same in the lane's vector `of_lane`.
  template <int k>
  __device__ __forceinline__ void leave_out_of(uint32_t of_lane, uint32_t place) {
    if constexpr (k < kVectors) {
      if (of_lane != k) return leave_out_of<k + 1>(of_lane, place);  // all lanes together
      keep_apart<k>();
      const uint32_t word = place / Type::kPerWord;
      const uint32_t kept = Type::kPerWord == 1 ? 0 : place % 2 == 0 ? 0xFFFF0000u : 0x0000FFFFu;
#pragma unroll
      for (uint32_t w = 0; w < 4; ++w) {
        const uint32_t at = words[4 * k + w];
        words[4 * k + w] = w == word ? (at & kept) | (far_below<Type>() & ~kept) : at;
      }
    }
  }

  // Over the warp; every lane gets it.
  __device__ __forceinline__ float largest() const {
    uint32_t of_words[4] = {words[0], words[1], words[2], words[3]};
#pragma unroll
    for (int i = 4; i < 4 * kVectors; ++i)
      of_words[i % 4] = Type::larger(of_words[i % 4], words[i]);
    return warp_max(largest_of_words<Type>(of_words));
  }

  // Of the lane.
  template <bool kAll>
  __device__ __forceinline__ PowerSums sums(float offset) const {
    PowerSums parts[2];
#pragma unroll
    for (int i = 0; i < 4 * kVectors; ++i) {
#pragma unroll
      for (int k = 0; k < Type::kPerWord; ++k) {
        parts[(i * Type::kPerWord + k) % 2].template add<kAll>(Type::of_word(words[i], k), offset);
      }
    }
    parts[0].add_sums<kAll>(parts[1]);
    return parts[0];
  }
};

// Any row, also of infinities and NaN.
template <typename Type, bool kAll>
__device__ Others sum_any(const typename Type::Stored* row, int classes, int label, int lane) {
  Others sums;
#pragma unroll 1
  for (int i = lane; i < classes; i += 32) {
    if (i != label) sums.max = max_nan(sums.max, Type::convert(row[i]));
  }
  sums.max = warp_max(sums.max);
#pragma unroll 1
  for (int i = lane; i < classes; i += 32) {
    if (i != label) sums.add<kAll>(Type::convert(row[i]));
  }
  return add_over_warp<kAll>(sums);
}

// Calls use(lane) on all lanes together for each lane that asks for it.
template <typename Use>
__device__ __forceinline__ void for_each_asking(bool asks, const Use& use) {
  if (!__any_sync(kAllLanes, asks)) return;
#pragma unroll 1
  for (int lane = 0; lane < 32; ++lane) {
    if (__shfl_sync(kAllLanes, asks ? 1 : 0, lane) != 0) use(lane);
  }
}

// `vectors` of a row.
template <typename Type, int kVectors, bool kAll>
__global__ void __launch_bounds__(kHeldBlock)
    score_held(LabelledRows in, int vectors, int rows_in_turn, ScoreOutputs to) {
  typedef typename Type::Stored Stored;
  const auto lane = static_cast<int>(threadIdx.x % 32);
  const auto classes = static_cast<int>(in.classes);
  const bool has_last = 32 * (kVectors - 1) + lane < vectors;
  const int64_t of_block = static_cast<int64_t>(kHeldBlock / 32) * rows_in_turn;
  for (int64_t base = blockIdx.x * of_block; base < in.rows; base += gridDim.x * of_block) {
    const int64_t first = base + static_cast<int64_t>(threadIdx.x / 32) * rows_in_turn;
    if (first >= in.rows) break;
    const auto rows = static_cast<int>(min(in.rows - first, int64_t{rows_in_turn}));
    const auto* logits = static_cast<const Stored*>(in.logits) + first * classes;
    // Lane r has the label, and then the results, of the r-th row.
    const int64_t label_of_mine = lane < rows ? load_once(in.labels + first + lane) : -1;
    const bool valid = label_of_mine >= 0 && label_of_mine < classes;
    const int place_of_mine = valid ? static_cast<int>(label_of_mine) : -1;
    const Stored* own_of_mine = logits + static_cast<int64_t>(lane) * classes + place_of_mine;
    float own = not_a_number();
    float max = 0;
    PowerSums sums;
    const auto* from = reinterpret_cast<const uint4*>(logits) + lane;
#pragma unroll 1
    for (int r = 0; r < rows; ++r, from += vectors) {
      HeldRow<Type, kVectors> row(from, has_last);
      if (lane == r && valid) own = Type::convert(*own_of_mine);
      row.leave_out(static_cast<uint32_t>(__shfl_sync(kAllLanes, place_of_mine, r)),
                    static_cast<uint32_t>(lane));
      const float max_of_row = row.largest();
      const PowerSums of_row = add_over_warp<kAll>(row.template sums<kAll>(max_of_row * kLog2E));
      if (lane == r) {
        max = max_of_row;
        sums = of_row;
      }
    }
    Others others = sums.relative_to<kAll>(max);
    for_each_asking(lane < rows && !sums.are_usable<kAll>(max), [&](int r) {
      const int label = __shfl_sync(kAllLanes, place_of_mine, r);
      const Others of_row =
          sum_any<Type, kAll>(logits + static_cast<int64_t>(r) * classes, classes, label, lane);
      if (lane == r) others = of_row;
    });
    bool tied = false;
    const bool may_tie = to.correct != nullptr && lane < rows && own == others.largest();
    for_each_asking(may_tie, [&](int r) {
      const int label = __shfl_sync(kAllLanes, place_of_mine, r);
      const float own_of_row = __shfl_sync(kAllLanes, own, r);
      const bool found =
          is_before<Type, 32>(logits + static_cast<int64_t>(r) * classes, label, own_of_row, lane);
      if (lane == r) tied = found;
    });
    if (lane < rows) write_score<kAll>(others, own, tied, first + lane, to);
  }
}

}  // namespace potstill

#endif
