// Sorts keys within a group of threads: registers first, then the lanes of a warp, then shared memory.
#ifndef POTSTILL_CUDA_SORT_GROUP_H
#define POTSTILL_CUDA_SORT_GROUP_H

#include "reduce.h"

namespace potstill {

__device__ __forceinline__ void order(uint64_t* a, uint64_t* b, bool ascending) {
  const uint64_t low = *a < *b ? *a : *b;
  const uint64_t high = *a < *b ? *b : *a;
  *a = ascending ? low : high;
  *b = ascending ? high : low;
}

// Bitonic, ascending, of kGroup * kItems keys, kItems to a thread: the key of rank r ends up in place
// r % kItems of thread r / kItems. Both are powers of two. A group of 32 is a warp; a larger one is
// the block, which needs `shared` for as many keys, and all of its threads call this. Only the keys of
// the first `used` threads, a power of two, take part.
template <int kGroup, int kItems>
__device__ __forceinline__ void sort_group(uint64_t (&keys)[kItems], int used,
                                           uint64_t* shared) {
  const int thread = static_cast<int>(threadIdx.x) % kGroup;
#pragma unroll
  for (int run = 2; run < kItems; run *= 2) {
#pragma unroll
    for (int step = run / 2; step > 0; step /= 2) {
#pragma unroll
      for (int k = 0; k < kItems; ++k) {
        if ((k & step) == 0) order(&keys[k], &keys[k | step], (k & run) == 0);
      }
    }
  }
#pragma unroll 1
  for (int run = 1; run <= used; run *= 2) {  // in threads
    const bool ascending = (thread & run) == 0;
#pragma unroll 1
    for (int distance = run / 2; distance > 0; distance /= 2) {
      const bool takes_low = ((thread & distance) == 0) == ascending;
      if (kGroup > 32 && distance >= 32) {
        __syncthreads();  // what was there has been read
#pragma unroll
        for (int k = 0; k < kItems; ++k) shared[k * kGroup + thread] = keys[k];
        __syncthreads();
      }
#pragma unroll
      for (int k = 0; k < kItems; ++k) {
        uint64_t other;
        if (kGroup > 32 && distance >= 32) {
          other = shared[k * kGroup + (thread ^ distance)];
        } else {
          other = __shfl_xor_sync(kAllLanes, keys[k], distance);
        }
        if ((other < keys[k]) == takes_low) keys[k] = other;
      }
    }
#pragma unroll
    for (int step = kItems / 2; step > 0; step /= 2) {
#pragma unroll
      for (int k = 0; k < kItems; ++k) {
        if ((k & step) == 0) order(&keys[k], &keys[k | step], ascending);
      }
    }
  }
}

}  // namespace potstill

#endif
