// `score` of long rows, and of middle ones that do not lie in whole vectors of 16 bytes: a warp or
// a block reads a row in loads of 16 bytes, four of them in flight, with single elements up to the
// first boundary of 16 bytes and after the last. It takes several rows one after the other and
// keeps the sums of the r-th with its r-th thread, so that what comes after the sums is done for
// all of them at once.
#ifndef POTSTILL_CUDA_SCORE_ROWS_H
#define POTSTILL_CUDA_SCORE_ROWS_H

#include "logits.h"
#include "reduce.h"
#include "score_row.h"

namespace potstill {

constexpr int kRowBlock = 256;  // threads
constexpr int kInFlight = 4;

// The share of thread `thread` of kRowThreads in a row's logits but the label's.
template <typename Type, int kRowThreads, bool kAll>
__device__ __forceinline__ Others read_share(const Stretch<Type>& row, int64_t label, int thread) {
  constexpr int kPerVector = Stretch<Type>::kPerVector;
  const int64_t past_head = label - row.head;
  const bool in_vectors = past_head >= 0 && past_head < int64_t{row.vectors} * kPerVector;
  const int vector_of_label = in_vectors ? static_cast<int>(past_head / kPerVector) : -1;
  const int place_of_label = static_cast<int>(past_head % kPerVector);
  Others sums;
  for (int base = 0; base < row.vectors; base += kInFlight * kRowThreads) {
    uint4 raw[kInFlight];
#pragma unroll
    for (int u = 0; u < kInFlight; ++u) {
      const int v = base + u * kRowThreads + thread;
      raw[u].x = raw[u].y = raw[u].z = raw[u].w = minus_infinities<Type>();
      if (v < row.vectors) raw[u] = row.vector(v);
    }
    float z[kInFlight][kPerVector];
    float largest = kLowest;
#pragma unroll
    for (int u = 0; u < kInFlight; ++u) {
      if (base + u * kRowThreads >= row.vectors) continue;  // for no thread
#pragma unroll
      for (int k = 0; k < kPerVector; ++k) z[u][k] = element_of<Type>(raw[u], k);
      if (base + u * kRowThreads + thread == vector_of_label) {
#pragma unroll
        for (int k = 0; k < kPerVector; ++k) {
          if (k == place_of_label) z[u][k] = minus_infinity();
        }
      }
#pragma unroll
      for (int k = 0; k < kPerVector; ++k) largest = max_nan(largest, z[u][k]);
    }
    QuarterSums chunk(largest);
#pragma unroll
    for (int u = 0; u < kInFlight; ++u) {
      if (base + u * kRowThreads >= row.vectors) continue;
#pragma unroll
      for (int k = 0; k < kPerVector; ++k) chunk.part[k % 4].template add<kAll>(z[u][k]);
    }
    sums.merge<kAll>(chunk.template total<kAll>());
  }
  row.for_each_single(thread, kRowThreads, [&](int i) {
    Others single;
    single.max = max_nan(kLowest, i == label ? minus_infinity() : Type::convert(row.from[i]));
    single.add<kAll>(i == label ? minus_infinity() : Type::convert(row.from[i]));
    sums.merge<kAll>(single);
  });
  return sums;
}

// Merges the shares of the kRowThreads threads of a row; each of them gets the whole.
template <int kRowThreads, bool kAll>
__device__ __forceinline__ Others merge_shares(const Others& share) {
  Others sums = share;
  sums.move_to<kAll>(warp_max(share.max));
  sums = add_over_warp<kAll>(sums);
  if (kRowThreads == 32) return sums;
  __shared__ float of_warp[kRowBlock / 32][4];
  float* mine = of_warp[threadIdx.x / 32];
  __syncthreads();  // those of an earlier row have been read
  if (threadIdx.x % 32 == 0) {
    mine[0] = sums.max;
    mine[1] = sums.exp_sum;
    mine[2] = sums.square_sum;
    mine[3] = sums.slope_sum;
  }
  __syncthreads();
  sums = Others();
  for (int w = 0; w < kRowBlock / 32; ++w) {
    Others other;
    other.max = of_warp[w][0];
    other.exp_sum = of_warp[w][1];
    other.square_sum = of_warp[w][2];
    other.slope_sum = of_warp[w][3];
    sums.merge<kAll>(other);
  }
  return sums;
}

template <typename Type, int kRowThreads, bool kAll>
__global__ void __launch_bounds__(kRowBlock)
    score_rows(LabelledRows in, int rows_in_turn, ScoreOutputs to) {
  constexpr int kAtOnce = kRowBlock / kRowThreads;
  const int thread = static_cast<int>(threadIdx.x) % kRowThreads;
  const int64_t of_block = static_cast<int64_t>(kAtOnce) * rows_in_turn;
  for (int64_t base = blockIdx.x * of_block; base < in.rows; base += gridDim.x * of_block) {
    const int64_t first = base + static_cast<int64_t>(threadIdx.x / kRowThreads) * rows_in_turn;
    Others others_of_mine;
    float own_of_mine = 0;
    bool tied_of_mine = false;
    for (int r = 0; r < rows_in_turn; ++r) {
      const int64_t row = first + r;
      if (row >= in.rows) break;
      const auto* logits = static_cast<const typename Type::Stored*>(in.logits) + row * in.classes;
      const Stretch<Type> stretch(logits, static_cast<int>(in.classes));
      const int64_t label = in.labels[row];
      const bool valid = label >= 0 && label < in.classes;
      const float own = valid ? Type::convert(logits[label]) : not_a_number();
      const Others others = merge_shares<kRowThreads, kAll>(
          read_share<Type, kRowThreads, kAll>(stretch, label, thread));
      bool tied = false;
      if (to.correct != nullptr && own == others.largest()) {
        tied = is_before<Type, kRowThreads>(logits, label, own, thread);
      }
      if (thread == r) {
        others_of_mine = others;
        own_of_mine = own;
        tied_of_mine = tied;
      }
    }
    if (thread < rows_in_turn && first + thread < in.rows) {
      write_score<kAll>(others_of_mine, own_of_mine, tied_of_mine, first + thread, to);
    }
  }
}

}  // namespace potstill

#endif
