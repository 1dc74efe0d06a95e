// Sorts keys within a group of threads: registers first, then the lanes of a warp, then shared
// memory.
#ifndef POTSTILL_CUDA_SORT_GROUP_H
#define POTSTILL_CUDA_SORT_GROUP_H

#include "reduce.h"

namespace potstill {

template <typename Key>
__device__ __forceinline__ void order(Key* a, Key* b) {
  const Key low = min(*a, *b);
  *b = max(*a, *b);
  *a = low;
}

// The smaller or the larger of two.
__device__ __forceinline__ uint32_t take(uint32_t key, uint32_t other, bool low) {
  return low ? min(key, other) : max(key, other);
}
__device__ __forceinline__ uint64_t take(uint64_t key, uint64_t other, bool low) {
  return (other < key) == low ? other : key;
}

// Ascending order from keys whose comparisons over more than `step` places have been made.
template <int kItems, typename Key>
__device__ __forceinline__ void merge_items(Key (&keys)[kItems], int step) {
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
template <int kItems, typename Key>
__device__ __forceinline__ void sort_items(Key (&keys)[kItems]) {
#pragma unroll
  for (int run = 2; run <= kItems; run *= 2) {
#pragma unroll
    for (int k = 0; k < kItems; ++k) {
      if ((k & (run / 2)) == 0) order(&keys[k], &keys[k ^ (run - 1)]);
    }
    merge_items(keys, run / 4);
  }
}

// Every key meets that of thread `thread ^ mask` in the same place or, with kMirrored, in the place
// as far from the end; the thread in front keeps the smaller. Warps of which one lies behind `end`
// have nothing to do.
template <int kGroup, int kItems, bool kMirrored, typename Key>
__device__ __forceinline__ void compare_across(Key (&keys)[kItems], int thread, int mask, int end,
                                               Key* shared) {
  const bool between_warps = kGroup > 32 && mask >= 32;
  if (between_warps) {
    __syncthreads();  // what was there has been read
#pragma unroll
    for (int k = 0; k < kItems; ++k) shared[k * kGroup + thread] = keys[k];
    __syncthreads();
  }
  const int other_thread = thread ^ mask;
  if (kGroup > 32 && max(thread, other_thread) >= end) return;
  Key others[kItems];
#pragma unroll
  for (int k = 0; k < kItems; ++k) {
    const int place = kMirrored ? kItems - 1 - k : k;
    others[k] = between_warps ? shared[place * kGroup + other_thread]
                              : __shfl_xor_sync(kAllLanes, keys[place], mask);
  }
#pragma unroll
  for (int k = 0; k < kItems; ++k) {
    keys[k] = take(keys[k], others[k], thread < other_thread);
  }
}

// Ascending, of kGroup * kItems keys, kItems to a thread: the key of rank r ends up in place
// r % kItems of thread r / kItems. Both are powers of two. A group of 32 is a warp; a larger one is
// the block, which needs `shared` for as many keys, and all of its threads call this. Only the
// first `used` threads have keys.
//
// A bitonic network whose every comparison puts the smaller key in front, as the first of a merge
// meets its mirror image: keys behind the used threads never move if, as here, none is smaller than
// those in front of them.
template <int kGroup, int kItems, typename Key>
__device__ __forceinline__ void sort_group(Key (&keys)[kItems], int used, Key* shared) {
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

// The same of a warp; `shared` is the warp's own, for as many keys. Sorts by the upper bits of the
// keys first, with their places below in 32 bits, which takes fewer instructions. Keys that differ
// in lower bits alone are few as a rule; where any two of them are in the wrong order all are
// sorted once more as they are. That is by all 32 lanes: for the upper bits alone, padding counts
// like the score NaN, so that the first pass may have changed the two over and left keys behind the
// used threads.
template <int kItems>
__device__ __forceinline__ void sort_warp(uint64_t (&keys)[kItems], int used, uint64_t* shared) {
  constexpr uint32_t kPlaces = 32 * kItems;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  uint32_t coarse[kItems];
  __syncwarp();  // what was there has been read
#pragma unroll
  for (int k = 0; k < kItems; ++k) {
    const auto place = static_cast<uint32_t>(k * 32 + lane);
    coarse[k] = (static_cast<uint32_t>(keys[k] >> 32) & ~(kPlaces - 1)) | place;
    shared[place] = keys[k];
  }
  sort_group<32, kItems, uint32_t>(coarse, used, nullptr);
  __syncwarp();
#pragma unroll
  for (int k = 0; k < kItems; ++k) keys[k] = shared[coarse[k] % kPlaces];
  const uint64_t before = __shfl_up_sync(kAllLanes, keys[kItems - 1], 1);
  bool wrong = lane > 0 && before > keys[0];
#pragma unroll
  for (int k = 1; k < kItems; ++k) wrong |= keys[k - 1] > keys[k];
  if (__any_sync(kAllLanes, wrong)) sort_group<32, kItems, uint64_t>(keys, 32, nullptr);
}

}  // namespace potstill

#endif
