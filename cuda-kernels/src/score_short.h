// `score` of rows of few classes: a thread to a row, which it holds in registers. The number of
// classes is known to the compiler: no loop, no bound and no address is left to compute. The
// threads of a warp share lines of memory, which the first-level cache keeps between their loads.
#ifndef POTSTILL_CUDA_SCORE_SHORT_H
#define POTSTILL_CUDA_SCORE_SHORT_H

#include "logits.h"
#include "score_row.h"

namespace potstill {

constexpr int kMostShortClasses = 16;
constexpr int kShortBlock = 256;  // threads

// A row in words of 32 bits; where it ends within one, minus infinity follows.
template <typename Type, int kClasses>
struct ShortRow {
  typedef typename Type::Stored Stored;
  static constexpr int kBytes = kClasses * static_cast<int>(sizeof(Stored));
  // Bytes of a load: the largest power of two that divides a row.
  static constexpr int kUnit = (kBytes & -kBytes) < 16 ? (kBytes & -kBytes) : 16;
  static constexpr int kWords = (kBytes + 3) / 4;
  static constexpr uint32_t kFill = minus_infinities<Type>();
  uint32_t words[kWords];

  __device__ __forceinline__ explicit ShortRow(const Stored* row) {
    const auto* units = reinterpret_cast<const Unit<kUnit>*>(row);
#pragma unroll
    for (int u = 0; u < kBytes / kUnit; ++u) {
      const Unit<kUnit> unit = units[u];
      if constexpr (kUnit == 2) {
        words[u / 2] = u % 2 == 0
                           ? (kFill & 0xFFFF0000u) | unit.half
                           : (words[u / 2] & 0xFFFFu) | static_cast<uint32_t>(unit.half) << 16;
      } else {
#pragma unroll
        for (int w = 0; w < kUnit / 4; ++w) words[u * (kUnit / 4) + w] = unit.words[w];
      }
    }
  }

  // Puts minus infinity in the place of the label's logit, and returns that; NaN where there is
  // none.
  __device__ __forceinline__ float take(int64_t label) {
    const bool valid = static_cast<uint64_t>(label) < kClasses;
    const auto index = static_cast<uint32_t>(label);
    const uint32_t word_of_label = valid ? index / Type::kPerWord : kWords;
    const uint32_t place = index % Type::kPerWord;
    const uint32_t of_others = Type::kPerWord == 1 ? 0 : place == 0 ? 0xFFFF0000u : 0x0000FFFFu;
    uint32_t own = 0;
#pragma unroll
    for (uint32_t w = 0; w < kWords; ++w) {
      if (w != word_of_label) continue;
      own = words[w];
      words[w] = (words[w] & of_others) | (kFill & ~of_others);
    }
    return valid ? Type::of_word(own, static_cast<int>(place)) : not_a_number();
  }

  __device__ __forceinline__ float largest() const {
    uint32_t largest = words[0];
#pragma unroll
    for (int w = 1; w < kWords; ++w) largest = Type::larger(largest, words[w]);
    return largest_of_word<Type>(largest);
  }

  __device__ __forceinline__ float operator[](int k) const {
    return Type::of_word(words[k / Type::kPerWord], k % Type::kPerWord);
  }
};

template <typename Type, int kClasses, bool kAll>
__device__ __forceinline__ void score_in_registers(ShortRow<Type, kClasses> logits, int64_t label,
                                                   int64_t row, const ScoreOutputs& to) {
  const float own = logits.take(label);
  QuarterSums sums(max_nan(kLowest, logits.largest()));
#pragma unroll
  for (int k = 0; k < kClasses; ++k) sums.part[k % 4].template add<kAll>(logits[k]);
  const Others others = sums.template total<kAll>();
  bool tied = false;
  if (to.correct != nullptr && own == others.largest()) {
#pragma unroll
    for (int k = 0; k < kClasses; ++k) tied |= k < label && logits[k] == own;
  }
  write_score<kAll>(others, own, tied, row, to);
}

// The logits are aligned to the unit of a row.
template <typename Type, int kClasses, bool kAll>
__global__ void __launch_bounds__(kShortBlock) score_short(LabelledRows in, ScoreOutputs to) {
  const auto* logits = static_cast<const typename Type::Stored*>(in.logits);
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kShortBlock;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kShortBlock + threadIdx.x; row < in.rows;
       row += stride) {
    const int64_t label = load_once(in.labels + row);
    const ShortRow<Type, kClasses> in_registers(logits + row * kClasses);
    score_in_registers<Type, kClasses, kAll>(in_registers, label, row, to);
  }
}

}  // namespace potstill

#endif
