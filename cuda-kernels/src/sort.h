// The radix sort of `select`, by CUB (the tests' host execution has a stand-in).
#ifndef POTSTILL_CUDA_SORT_H
#define POTSTILL_CUDA_SORT_H

#include "device.h"

namespace potstill {

// Keys with values, and room for as many of both.
struct SortBuffers {
  uint64_t* keys;
  uint64_t* spare_keys;
  uint32_t* values;
  uint32_t* spare_values;
};

// Bytes of device memory that sort_pairs needs beside the buffers, on the current device.
int64_t sort_workspace(uint32_t n, int bits);

// Queues a stable ascending sort by the lower `bits` bits; keys and values in the result are those
// to read, the spare ones hold nothing of use.
SortBuffers sort_pairs(const SortBuffers& buffers, uint32_t n, int bits, void* memory,
                       int64_t bytes, cudaStream_t stream);

}  // namespace potstill

#endif
