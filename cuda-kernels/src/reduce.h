// Sums in a fixed order: the same bits from run to run, whatever the scheduling.
#ifndef POTSTILL_CUDA_REDUCE_H
#define POTSTILL_CUDA_REDUCE_H

#include "device.h"

namespace potstill {

constexpr unsigned kAllLanes = 0xFFFFFFFFu;

// Over the warp; every lane gets it.
__device__ __forceinline__ double warp_sum(double value) {
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(kAllLanes, value, step);
  return value;
}

// Over the lanes before this one.
__device__ __forceinline__ uint32_t warp_sum_before(uint32_t value) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  uint32_t sum = value;
  for (int step = 1; step < 32; step *= 2) {
    const uint32_t earlier = __shfl_up_sync(kAllLanes, sum, step);
    if (lane >= step) sum += earlier;
  }
  return sum - value;
}

// Over the block of kThreads, all of which call it, of kCount values at once; every thread gets
// them.
template <int kThreads, int kCount>
__device__ __forceinline__ void block_sums(double (&values)[kCount]) {
  __shared__ double of_warp[kCount][kThreads / 32];
  for (int k = 0; k < kCount; ++k) values[k] = warp_sum(values[k]);
  __syncthreads();  // earlier sums have been read
  for (int k = 0; k < kCount; ++k) {
    if (threadIdx.x % 32 == 0) of_warp[k][threadIdx.x / 32] = values[k];
  }
  __syncthreads();
  for (int k = 0; k < kCount; ++k) {
    values[k] = 0;
    for (int w = 0; w < kThreads / 32; ++w) values[k] += of_warp[k][w];
  }
}

template <int kThreads>
__device__ __forceinline__ double block_sum(double value) {
  double values[1] = {value};
  block_sums<kThreads>(values);
  return values[0];
}

// True for the block of the launch that gets here last; it then sees (by load_fresh) what thread 0
// of every other block wrote before. `ended` must be 0 at the start of the launch.
__device__ __forceinline__ bool is_last_block(unsigned* ended) {
  __shared__ bool last;
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicAdd(ended, 1u) == gridDim.x - 1;
    __threadfence();
  }
  __syncthreads();
  return last;
}

// The kCount sums over blocks of what each block wrote, kCount values a block; every thread of the
// block gets them.
template <int kThreads, int kCount>
__device__ __forceinline__ void sum_blocks(const double* of_blocks, double (&values)[kCount]) {
  for (int k = 0; k < kCount; ++k) values[k] = 0;
  for (unsigned b = threadIdx.x; b < gridDim.x; b += kThreads) {
    for (int k = 0; k < kCount; ++k) values[k] += load_fresh(of_blocks + b * kCount + k);
  }
  block_sums<kThreads>(values);
}

// The same from each thread's share on, for the block of the launch that ends last; false in
// others.
template <int kThreads, int kCount>
__device__ __forceinline__ bool sum_launch(double (&values)[kCount], double* of_blocks,
                                           unsigned* ended) {
  block_sums<kThreads>(values);
  if (threadIdx.x == 0) {
    for (int k = 0; k < kCount; ++k) of_blocks[blockIdx.x * kCount + k] = values[k];
  }
  if (!is_last_block(ended)) return false;
  sum_blocks<kThreads>(of_blocks, values);
  return true;
}

}  // namespace potstill

#endif
