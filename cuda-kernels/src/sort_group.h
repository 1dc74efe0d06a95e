// Sorts keys within a group of threads: registers first, then the lanes of a warp, then shared memory.
#ifndef POTSTILL_CUDA_SORT_GROUP_H
#define POTSTILL_CUDA_SORT_GROUP_H

#include "reduce.h"

namespace potstill {

__device__ __forceinline__ void order(uint64_t* a, uint64_t* b) {
  const bool swaps = *b < *a;
  const uint64_t low = swaps ? *b : *a;
  *b = swaps ? *a : *b;
  *a = low;
}

// Ascending order from keys whose comparisons over more than `step` places have been made.
template <int kItems>
__device__ __forceinline__ void merge_items(uint64_t (&keys)[kItems], int step) {
#pragma unroll
  for (int s = kItems / 2; s > 0; s /= 2) {
    if (s > step) continue;
#pragma unroll
    for (int k = 0; k < kItems; ++k) {
      if ((k & s) == 0) order(&keys[k], &keys[k | s]);
    }
  }
}

// One thread's keys.
template <int kItems>
__device__ __forceinline__ void sort_items(uint64_t (&keys)[kItems]) {
#pragma unroll
  for (int run = 2; run <= kItems; run *= 2) {
#pragma unroll
    for (int k = 0; k < kItems; ++k) {
      if ((k & (run / 2)) == 0) order(&keys[k], &keys[k ^ (run - 1)]);
    }
    merge_items(keys, run / 4);
  }
}

// Every key meets that of thread `thread ^ mask` in the same place or, with kMirrored, in the place as
// far from the end; the thread in front keeps the smaller. Warps of which one lies behind `end` have
// nothing to do.
template <int kGroup, int kItems, bool kMirrored>
__device__ __forceinline__ void compare_across(uint64_t (&keys)[kItems], int thread, int mask,
                                               int end, uint64_t* shared) {
  const bool between_warps = kGroup > 32 && mask >= 32;
  if (between_warps) {
    __syncthreads();  // what was there has been read
#pragma unroll
    for (int k = 0; k < kItems; ++k) shared[k * kGroup + thread] = keys[k];
    __syncthreads();
  }
  const int other_thread = thread ^ mask;
  if (kGroup > 32 && max(thread, other_thread) >= end) return;
  uint64_t others[kItems];
#pragma unroll
  for (int k = 0; k < kItems; ++k) {
    const int place = kMirrored ? kItems - 1 - k : k;
    others[k] = between_warps ? shared[place * kGroup + other_thread]
                              : __shfl_xor_sync(kAllLanes, keys[place], mask);
  }
#pragma unroll
  for (int k = 0; k < kItems; ++k) {
    if ((others[k] < keys[k]) == (thread < other_thread)) keys[k] = others[k];
  }
}

// Ascending, of kGroup * kItems keys, kItems to a thread: the key of rank r ends up in place
// r % kItems of thread r / kItems. Both are powers of two. A group of 32 is a warp; a larger one is
// the block, which needs `shared` for as many keys, and all of its threads call this. Only the first
// `used` threads have keys.
//
// A bitonic network whose every comparison puts the smaller key in front, as the first of a merge
// meets its mirror image: what lies behind the used threads counts as larger than all and never moves.
template <int kGroup, int kItems>
__device__ __forceinline__ void sort_group(uint64_t (&keys)[kItems], int used,
                                           uint64_t* shared) {
  const int thread = static_cast<int>(threadIdx.x) % kGroup;
  const int end = (used + 31) / 32 * 32;
  sort_items(keys);
#pragma unroll 1
  for (int half = 1; half < used; half *= 2) {  // threads
    compare_across<kGroup, kItems, true>(keys, thread, 2 * half - 1, end, shared);
#pragma unroll 1
    for (int distance = half / 2; distance > 0; distance /= 2) {
      compare_across<kGroup, kItems, false>(keys, thread, distance, end, shared);
    }
    if (kGroup == 32 || thread < end) merge_items(keys, kItems / 2);
  }
}

}  // namespace potstill

#endif
