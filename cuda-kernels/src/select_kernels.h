// The kernels of `select`; select.cu says how they work together.
#ifndef POTSTILL_CUDA_SELECT_KERNELS_H
#define POTSTILL_CUDA_SELECT_KERNELS_H

#include "device.h"

namespace potstill {
namespace {

constexpr int kThreads = 256;
constexpr int kScanThreads = 1024;
constexpr int kLargestSorted = 4096;  // members of a class that a block sorts

// Unsigned order equals the order of scores, NaN above all; -0 becomes +0.
__device__ __forceinline__ uint32_t rank_bits(float score, bool hard) {
  const uint32_t bits = static_cast<uint32_t>(__float_as_int(score + 0.0f));
  uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  if (score != score) ascending = 0xFFFFFFFFu;
  return hard ? ~ascending : ascending;
}

// A class out of range counts as the one after the last.
__device__ __forceinline__ int64_t class_at(const int32_t* class_of, int64_t i, int64_t classes) {
  const int64_t c = class_of[i];
  return c < 0 || c >= classes ? classes : c;
}

__device__ __forceinline__ int64_t first_index() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

__device__ __forceinline__ int64_t index_stride() {
  return static_cast<int64_t>(gridDim.x) * blockDim.x;
}

// ---- Classes that a block can sort ----

__global__ void __launch_bounds__(kThreads) clear_counts(uint32_t* counts, int64_t classes) {
  for (int64_t c = first_index(); c <= classes; c += index_stride()) counts[c] = 0;
}

__global__ void __launch_bounds__(kThreads)
    count_classes(const int32_t* class_of, int64_t n, int64_t classes, uint32_t* counts) {
  for (int64_t i = first_index(); i < n; i += index_stride()) {
    atomicAdd(counts + class_at(class_of, i, classes), 1u);
  }
}

// One block: begin[c] is the sum of the counts before c, and next[c] the same, for drop_keys to move.
__global__ void __launch_bounds__(kScanThreads)
    place_classes(const uint32_t* counts, int64_t classes, uint32_t* begin, uint32_t* next) {
  __shared__ uint32_t before[kScanThreads];
  const int thread = static_cast<int>(threadIdx.x);
  const int64_t share = (classes + 1 + kScanThreads - 1) / kScanThreads;
  const int64_t first = min(thread * share, classes + 1);
  const int64_t last = min(first + share, classes + 1);
  uint32_t mine = 0;
  for (int64_t c = first; c < last; ++c) mine += counts[c];
  before[thread] = mine;
  for (int step = 1; step < kScanThreads; step *= 2) {
    __syncthreads();
    const uint32_t earlier = thread >= step ? before[thread - step] : 0;
    __syncthreads();
    before[thread] += earlier;
  }
  uint32_t place = before[thread] - mine;
  for (int64_t c = first; c < last; ++c) {
    begin[c] = place;
    next[c] = place;
    place += counts[c];
  }
}

__global__ void __launch_bounds__(kThreads)
    drop_keys(const float* scores, const int32_t* class_of, int64_t n, int64_t classes, bool hard,
              uint32_t* next, uint64_t* keys) {
  for (int64_t i = first_index(); i < n; i += index_stride()) {
    const uint32_t place = atomicAdd(next + class_at(class_of, i, classes), 1u);
    keys[place] = static_cast<uint64_t>(rank_bits(scores[i], hard)) << 32 | static_cast<uint32_t>(i);
  }
}

// Bitonic, ascending; `count` is a power of two.
__device__ __forceinline__ void sort_shared(uint64_t* keys, int count) {
  for (int run = 2; run <= count; run *= 2) {
    for (int step = run / 2; step > 0; step /= 2) {
      __syncthreads();
      for (int pair = static_cast<int>(threadIdx.x); pair < count / 2; pair += kThreads) {
        const int low = 2 * pair - (pair & (step - 1));
        const int high = low + step;
        const bool ascending = (low & run) == 0;
        const uint64_t a = keys[low];
        const uint64_t b = keys[high];
        if ((a > b) == ascending) {
          keys[low] = b;
          keys[high] = a;
        }
      }
    }
  }
  __syncthreads();
}

// A block to a class. begin has an entry for the class out of range, whose samples number
// n - begin[classes].
__global__ void __launch_bounds__(kThreads)
    sort_classes(const uint64_t* keys, const uint32_t* begin, int64_t n, int64_t classes,
                 int64_t largest_class, const int64_t* kept_begin, int64_t* kept) {
  __shared__ uint64_t sorted[kLargestSorted];
  for (int64_t c = blockIdx.x; c < classes; c += gridDim.x) {
    const int64_t keep = kept_begin[c + 1] - kept_begin[c];
    if (keep == 0) continue;
    int64_t members = static_cast<int64_t>(begin[c + 1]) - begin[c];
    if (begin[classes] != n || members > largest_class) members = 0;
    int room = 1;
    while (room < members) room *= 2;
    // A thread overwrites only what it has itself written out of an earlier class.
    for (int i = static_cast<int>(threadIdx.x); i < room; i += kThreads) {
      sorted[i] = i < members ? keys[begin[c] + i] : ~uint64_t{0};
    }
    sort_shared(sorted, room);
    for (int64_t k = threadIdx.x; k < keep; k += kThreads) {
      kept[kept_begin[c] + k] = k < members ? static_cast<int64_t>(sorted[k] & 0xFFFFFFFFu) : -1;
    }
  }
}

// ---- Classes of any size ----

__global__ void __launch_bounds__(kThreads)
    make_pairs(const float* scores, const int32_t* class_of, int64_t n, int64_t classes, bool hard,
               uint64_t* keys, uint32_t* values) {
  for (int64_t i = first_index(); i < n; i += index_stride()) {
    const auto c = static_cast<uint64_t>(class_at(class_of, i, classes));
    keys[i] = c << 32 | rank_bits(scores[i], hard);
    values[i] = static_cast<uint32_t>(i);
  }
}

// begin[c] is where class c begins among the sorted keys, the class out of range included.
__global__ void __launch_bounds__(kThreads)
    find_classes(const uint64_t* keys, int64_t n, int64_t classes, uint32_t* begin) {
  for (int64_t c = first_index(); c <= classes; c += index_stride()) {
    int64_t low = 0;
    int64_t high = n;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (static_cast<int64_t>(keys[middle] >> 32) < c) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    begin[c] = static_cast<uint32_t>(low);
  }
}

// The class whose stretch of kept holds place k: the last that begins no later.
__device__ __forceinline__ int64_t class_of_place(const int64_t* kept_begin, int64_t classes,
                                                  int64_t k) {
  int64_t low = 0;
  int64_t high = classes - 1;
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    if (kept_begin[middle] <= k) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

__global__ void __launch_bounds__(kThreads)
    take_kept(const uint32_t* values, const uint32_t* begin, int64_t n, int64_t classes,
              int64_t largest_class, const int64_t* kept_begin, int64_t* kept) {
  for (int64_t k = first_index(); k < kept_begin[classes]; k += index_stride()) {
    const int64_t c = class_of_place(kept_begin, classes, k);
    const int64_t rank = k - kept_begin[c];
    int64_t members = static_cast<int64_t>(begin[c + 1]) - begin[c];
    if (begin[classes] != n || members > largest_class) members = 0;
    kept[k] = rank < members ? static_cast<int64_t>(values[begin[c] + rank]) : -1;
  }
}

}  // namespace
}  // namespace potstill

#endif
