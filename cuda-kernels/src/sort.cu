// Apart from select.cu because CUB takes most of the time that this library takes to compile.
#include "sort.h"

#include <cub/device/device_radix_sort.cuh>

namespace potstill {
int64_t sort_workspace(uint32_t n, int bits) {
  cub::DoubleBuffer<uint64_t> keys(nullptr, nullptr);
  cub::DoubleBuffer<uint32_t> values(nullptr, nullptr);
  size_t bytes = 0;
  require_success(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, values, n, 0, bits),
                  POTSTILL_CUDA_FAILED, "radix sort");
  return static_cast<int64_t>(bytes);
}

SortBuffers sort_pairs(const SortBuffers& buffers, uint32_t n, int bits, void* memory,
                       int64_t bytes, cudaStream_t stream) {
  cub::DoubleBuffer<uint64_t> keys(buffers.keys, buffers.spare_keys);
  cub::DoubleBuffer<uint32_t> values(buffers.values, buffers.spare_values);
  size_t size = static_cast<size_t>(bytes);
  require_success(cub::DeviceRadixSort::SortPairs(memory, size, keys, values, n, 0, bits, stream),
                  POTSTILL_CUDA_FAILED, "radix sort");
  return {keys.Current(), keys.Alternate(), values.Current(), values.Alternate()};
}

}  // namespace potstill
