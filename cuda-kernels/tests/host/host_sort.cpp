// Stand-in for CUB's radix sort, which is not compiled for the host: what is tested here is what
// select does around it, not CUB.
#include <algorithm>
#include <numeric>
#include <vector>

#include "sort.h"

namespace potstill {

int64_t sort_workspace(uint32_t, int) { return 1; }

SortBuffers sort_pairs(const SortBuffers& buffers, uint32_t n, int bits, void*, int64_t,
                       cudaStream_t) {
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return (buffers.keys[a] & mask) < (buffers.keys[b] & mask);
  });
  for (uint32_t i = 0; i < n; ++i) {
    buffers.spare_keys[i] = buffers.keys[order[i]];
    buffers.spare_values[i] = buffers.values[order[i]];
  }
  return {buffers.spare_keys, buffers.keys, buffers.spare_values, buffers.values};
}

}  // namespace potstill
