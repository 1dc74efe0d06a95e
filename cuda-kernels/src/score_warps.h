// `score` of rows of middle length: a warp takes several rows one after the other. While it computes one
// in shared memory the next is on its way there.
#ifndef POTSTILL_CUDA_SCORE_WARPS_H
#define POTSTILL_CUDA_SCORE_WARPS_H

#include "logits.h"
#include "score_row.h"

namespace potstill {

constexpr int kWarpsOfBlock = 4;
constexpr int kSlots = 2;  // of a warp, a row each
// Bytes: as many as kWarpsOfBlock * kSlots times fit the 48 KB of a block, with an address's 15.
constexpr int64_t kMostSlotRow = 4096;

// Of rows of as many bytes, wherever in 16 bytes they begin.
inline int slot_bytes(int64_t row_bytes) { return static_cast<int>((row_bytes + 15 + 15) / 16 * 16); }

// A row that comes to shared memory: vectors of 16 bytes by copies ahead; the few elements outside them
// wait in registers, one a lane at most.
template <typename Type>
struct ComingRow {
  typedef typename Type::Stored Stored;
  static constexpr int kPerVector = Stretch<Type>::kPerVector;
  Stored* at;  // in shared memory
  int head;
  int vectors;
  int single;  // index of the lane's element outside the vectors, -1: none
  Stored value_of_single = 0;

  // All lanes call it.
  __device__ __forceinline__ void begin(const Stored* from, int classes, char* slot, int lane) {
    __syncwarp();  // the slot's earlier row has been read
    const Stretch<Type> row(from, classes);
    at = reinterpret_cast<Stored*>(slot + reinterpret_cast<uintptr_t>(from) % 16);
    head = row.head;
    vectors = row.vectors;
    for_each_vector(lane, [&](int v) { copy_ahead(shared_vectors() + v, row.address(v)); });
    const int index = lane < head ? lane : lane + vectors * kPerVector;
    single = index < classes ? index : -1;
    if (single >= 0) value_of_single = from[index];
  }

  // Calls use(v) for each of the lane's vectors. The lanes part at the last one only.
  template <typename Use>
  __device__ __forceinline__ void for_each_vector(int lane, const Use& use) const {
    const int whole = vectors & ~31;
    int v = lane;
#pragma unroll 1
    for (; v < whole; v += 32) use(v);
    if (v < vectors) use(v);
  }

  __device__ __forceinline__ uint4* shared_vectors() const {
    return reinterpret_cast<uint4*>(at + head);
  }
};

// The lanes' sums over a row that has come, the label's logit set to minus infinity.
template <typename Type, bool kAll>
__device__ __forceinline__ Others sum_row(const ComingRow<Type>& row, int lane) {
  uint32_t words[4];
#pragma unroll
  for (uint32_t& word : words) word = minus_infinities<Type>();
  row.for_each_vector(lane, [&](int v) {
    const uint4 raw = row.shared_vectors()[v];
    words[0] = Type::larger(words[0], raw.x);
    words[1] = Type::larger(words[1], raw.y);
    words[2] = Type::larger(words[2], raw.z);
    words[3] = Type::larger(words[3], raw.w);
  });
  const float single = row.single < 0 ? minus_infinity() : Type::convert(row.at[row.single]);
  QuarterSums sums(warp_max(max_nan(max_nan(kLowest, single), largest_of_words<Type>(words))));
  row.for_each_vector(lane, [&](int v) {
    const uint4 raw = row.shared_vectors()[v];
#pragma unroll
    for (int k = 0; k < row.kPerVector; ++k) {
      sums.part[k % 4].template add<kAll>(element_of<Type>(raw, k));
    }
  });
  if (row.single >= 0) sums.part[0].template add<kAll>(single);
  return sums.template total<kAll>();
}

template <typename Type, bool kAll>
__global__ void __launch_bounds__(32 * kWarpsOfBlock)
    score_warps(LabelledRows in, int rows_in_turn, int bytes_of_slot, ScoreOutputs to) {
  const auto lane = static_cast<int>(threadIdx.x % 32);
  const auto warp = static_cast<int>(threadIdx.x / 32);
  const auto classes = static_cast<int>(in.classes);
  char* slots = reinterpret_cast<char*>(shared_floats()) + warp * kSlots * bytes_of_slot;
  const int64_t of_block = static_cast<int64_t>(kWarpsOfBlock) * rows_in_turn;
  for (int64_t base = blockIdx.x * of_block; base < in.rows; base += gridDim.x * of_block) {
    const int64_t first = base + static_cast<int64_t>(warp) * rows_in_turn;
    if (first >= in.rows) break;
    const auto rows = static_cast<int>(min(in.rows - first, int64_t{rows_in_turn}));
    // Lane r has the label, and then the results, of the r-th row.
    const int64_t label_of_mine = lane < rows ? load_once(in.labels + first + lane) : -1;
    const bool valid = label_of_mine >= 0 && label_of_mine < classes;
    const int place_of_mine = valid ? static_cast<int>(label_of_mine) : -1;
    Others others_of_mine;
    float own_of_mine = 0;
    bool tied_of_mine = false;
    const auto* from = static_cast<const typename Type::Stored*>(in.logits) + first * classes;
    ComingRow<Type> next;
    next.begin(from, classes, slots, lane);
    end_copies();
    for (int r = 0; r < rows; ++r) {
      const ComingRow<Type> row = next;
      from += classes;
      if (r + 1 < rows) next.begin(from, classes, slots + (r + 1) % kSlots * bytes_of_slot, lane);
      end_copies();
      const int label = __shfl_sync(kAllLanes, place_of_mine, r);
      wait_for_copies<1>();
      if (row.single >= 0) row.at[row.single] = row.value_of_single;
      __syncwarp();
      const float own = label < 0 ? not_a_number() : Type::convert(row.at[label]);
      __syncwarp();
      if (label >= 0 && lane == 0) row.at[label] = Type::kMinusInfinity;
      __syncwarp();
      const Others others = add_over_warp<kAll>(sum_row<Type, kAll>(row, lane));
      bool tied = false;
      if (to.correct != nullptr && own == others.largest()) {
        tied = is_before<Type, 32>(row.at, label, own, lane);
      }
      if (lane == r) {
        others_of_mine = others;
        own_of_mine = own;
        tied_of_mine = tied;
      }
    }
    if (lane < rows) write_score<kAll>(others_of_mine, own_of_mine, tied_of_mine, first + lane, to);
  }
}

}  // namespace potstill

#endif
