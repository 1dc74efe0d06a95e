// Lists of tensors on the device, cut into items of work: a constant number of launches walks over
// any number of tensors, and how work is cut depends on the sizes alone, so that sums do as well.
#ifndef POTSTILL_CUDA_LISTS_H
#define POTSTILL_CUDA_LISTS_H

#include <algorithm>
#include <cstdint>
#include <vector>

#include "reduce.h"
#include "status.h"
#include "upload.h"
#include "workspace.h"

namespace potstill {

constexpr int kMostInputs = 3;
constexpr int64_t kPiece = 4096;  // elements of an item that is not a row

struct Tensor {
  const float* input[kMostInputs];
  float* output;
  int64_t size;
  int64_t rows;  // of equal length, one item each; 0: pieces of kPiece
  int64_t first_item;
};
static_assert(sizeof(Tensor) == 56, "tensors are uploaded as words");

// What kernels get. Block b takes a contiguous range of the items.
struct TensorList {
  const Tensor* tensors;
  int64_t count;
  int64_t items;

  int64_t blocks() const { return std::max<int64_t>(1, std::min(items, kMostRanges)); }

  __device__ int64_t begin_of(int64_t block) const {
    return block * (items / gridDim.x) + min(block, items % gridDim.x);
  }

  // The tensor that an item belongs to: the last that begins no later.
  __device__ int64_t find(int64_t item) const {
    int64_t low = 0;
    int64_t high = count - 1;
    while (low < high) {
      const int64_t middle = (low + high + 1) / 2;
      if (tensors[middle].first_item <= item) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
};

// Calls use(tensor, number of the item within it) for each item of range `range` in order.
template <typename Use>
__device__ __forceinline__ void for_each_item(const TensorList& list, int64_t range,
                                              const Use& use) {
  const int64_t end = list.begin_of(range + 1);
  int64_t item = list.begin_of(range);
  if (item >= end) return;
  for (int64_t t = list.find(item); item < end; ++t) {
    const Tensor tensor = list.tensors[t];
    const int64_t next = t + 1 < list.count ? list.tensors[t + 1].first_item : list.items;
    for (; item < min(end, next); ++item) use(tensor, item - tensor.first_item);
  }
}

inline __host__ __device__ bool is_aligned(const void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) % sizeof(float4) == 0;
}

// How many elements are handled at once.
template <int kCount>
struct Width {
  static constexpr int value = kCount;
};

template <typename W>
__device__ __forceinline__ void store(float* to, const float (&from)[4], W) {
  if (W::value == 4) {
    float4 four;
    four.x = from[0];
    four.y = from[1];
    four.z = from[2];
    four.w = from[3];
    store_once(reinterpret_cast<float4*>(to), four);
  } else {
    *to = from[0];
  }
}

__device__ __forceinline__ void load_four(const float* from, float (&to)[4]) {
  const float4 four = *reinterpret_cast<const float4*>(from);
  to[0] = four.x;
  to[1] = four.y;
  to[2] = four.z;
  to[3] = four.w;
}

// The block walks over elements begin to end - 1 of the first kInputs inputs: use(index, x, width)
// gets x[input][0 .. width - 1]. Four at a time, two groups in flight, where all are aligned.
template <int kInputs, typename Use>
__device__ __forceinline__ void for_each_element(const Tensor& tensor, int64_t begin, int64_t end,
                                                 const Use& use) {
  const int64_t threads = blockDim.x;
  bool aligned = tensor.output == nullptr || is_aligned(tensor.output + begin);
  for (int k = 0; k < kInputs; ++k) aligned = aligned && is_aligned(tensor.input[k] + begin);
  int64_t rest = begin;
  if (aligned) {
    rest = begin + (end - begin) / 4 * 4;
    int64_t i = begin + 4 * static_cast<int64_t>(threadIdx.x);
    for (; i + 4 * threads < rest; i += 8 * threads) {
      float near[kInputs][4];
      float far[kInputs][4];
      for (int k = 0; k < kInputs; ++k) load_four(tensor.input[k] + i, near[k]);
      for (int k = 0; k < kInputs; ++k) load_four(tensor.input[k] + i + 4 * threads, far[k]);
      use(i, near, Width<4>());
      use(i + 4 * threads, far, Width<4>());
    }
    if (i < rest) {
      float last[kInputs][4];
      for (int k = 0; k < kInputs; ++k) load_four(tensor.input[k] + i, last[k]);
      use(i, last, Width<4>());
    }
  }
  for (int64_t i = rest + threadIdx.x; i < end; i += threads) {
    float one[kInputs][4];
    for (int k = 0; k < kInputs; ++k) one[k][0] = tensor.input[k][i];
    use(i, one, Width<1>());
  }
}

// Where a list operation keeps its things in the workspace.
struct ListPlace {
  int64_t* head;  // one word that holds 0 (the count of ended blocks), then the tensors
  double* partials;
  double* factors;

  ListPlace(Workspace* workspace, int64_t count, int partials_per_block)
      : head(workspace->take<int64_t>(1 + count * int64_t{sizeof(Tensor) / 8})),
        partials(workspace->take<double>(kMostRanges * partials_per_block)),
        factors(workspace->take<double>(2)) {}

  unsigned* ended() const { return reinterpret_cast<unsigned*>(head); }
};

// Host side: numbers the items, sends the tensors to the device, and returns what kernels get.
// Empty tensors without rows are left out.
TensorList upload_tensors(const std::vector<Tensor>& tensors, const ListPlace& place,
                          cudaStream_t stream);

// Refuses a negative count or size, and NULL where there are elements.
void require_list(int64_t count, const int64_t* sizes);
void require_pointers(const char* name, const float* const* list, int64_t count,
                      const int64_t* sizes);

}  // namespace potstill

#endif
