// The kernels of `select`; select.cu says how they work together.
#ifndef POTSTILL_CUDA_SELECT_KERNELS_H
#define POTSTILL_CUDA_SELECT_KERNELS_H

#include "sort_group.h"

namespace potstill {
namespace {

constexpr int kThreads = 256;
constexpr int kScanThreads = 1024;
constexpr int kLargestSorted = 4096;  // members of a class that a block sorts
constexpr int kChunkThreads = 512;
constexpr int kChunkItems = 8;
constexpr int kChunk = kChunkThreads * kChunkItems;  // samples
constexpr int kMostCountedClasses = kChunk / 2;
constexpr int kMostFewClasses = 1900;  // whose places in kept fit the 4 KB of a launch's parameters
constexpr int kMostFewSamples = 65535;  // and whose places are 16 bits each

// Unsigned order equals the order of scores, NaN above all; -0 becomes +0.
__device__ __forceinline__ uint32_t rank_bits(float score, bool hard) {
  const uint32_t bits = static_cast<uint32_t>(__float_as_int(score + 0.0f));
  uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  if (score != score) ascending = 0xFFFFFFFFu;
  return hard ? ~ascending : ascending;
}

// Where each class begins in kept.
struct KeptPlaces {
  const uint32_t* begins;  // device, classes + 1; NULL where all classes keep as many
  int64_t each;

  __device__ __forceinline__ int64_t begin(int64_t c) const {
    return begins == nullptr ? c * each : begins[c];
  }

  // The class whose stretch holds place k: the last that begins no later.
  __device__ __forceinline__ int64_t class_of(int64_t k, int64_t classes) const {
    if (begins == nullptr) return static_cast<uint32_t>(k) / static_cast<uint32_t>(each);
    int64_t low = 0;
    int64_t high = classes - 1;
    while (low < high) {
      const int64_t middle = (low + high + 1) / 2;
      if (begins[middle] <= k) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
};

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

// ---- Classes that a group of threads can sort ----

// A group of threads to a class, kItems keys a thread.
template <int kGroupThreads, int kItemsOfThread>
struct Sorter {
  static constexpr int kGroup = kGroupThreads;
  static constexpr int kItems = kItemsOfThread;
  static constexpr int kKeys = kGroup * kItems;
  static constexpr int kBlock = kGroup == 32 ? 256 : kGroup;  // threads; so many warps to a block
  static constexpr int kGroups = kBlock / kGroup;
};

__device__ __forceinline__ uint64_t key_of(float score, bool hard, int64_t i) {
  return static_cast<uint64_t>(rank_bits(score, hard)) << 32 | static_cast<uint32_t>(i);
}

// Sorts the `members` keys of a class, key(i), and writes the indices of the first; all threads of
// the group.
template <typename Sort, typename Key>
__device__ __forceinline__ void sort_class(int64_t members, const Key& key, uint64_t* shared,
                                           int64_t* kept, int64_t keep) {
  const int thread = static_cast<int>(threadIdx.x) % Sort::kGroup;
  const auto used = static_cast<int>((members + Sort::kItems - 1) / Sort::kItems);
  uint64_t keys[Sort::kItems];
#pragma unroll
  for (int k = 0; k < Sort::kItems; ++k) {
    const int i = k * used + thread;  // in any order: they have none yet
    keys[k] = thread < used && i < members ? key(i) : ~uint64_t{0};
  }
  if constexpr (Sort::kGroup == 32) {
    sort_warp<Sort::kItems>(keys, used, shared);
  } else {
    sort_group<Sort::kGroup, Sort::kItems>(keys, used, shared);
  }
#pragma unroll
  for (int k = 0; k < Sort::kItems; ++k) {
    const int rank = thread * Sort::kItems + k;
    if (rank < keep) kept[rank] = rank < members ? static_cast<int64_t>(keys[k] & 0xFFFFFFFFu) : -1;
  }
  for (int64_t rank = Sort::kKeys + thread; rank < keep; rank += Sort::kGroup) kept[rank] = -1;
}

// Where each class begins in kept, as an argument of the kernel.
struct FewBegins {
  uint16_t begin[kMostFewClasses + 1];
};

// What a block finds of its class.
struct Found {
  uint32_t members;
  uint32_t out_of_range;  // threads that met a class out of range, of whatever sample
};

// Reads all samples and puts the keys of those of class c into `keys`, in any order, as far as they
// fit; all threads of the block. `found` is 0 before, and complete after a barrier.
template <typename Sort>
__device__ __forceinline__ void collect_keys(const float* __restrict__ scores,
                                             const int32_t* __restrict__ class_of, int n,
                                             int classes, int c, bool hard, uint64_t* keys,
                                             Found* found) {
  constexpr int kAtOnce = 32;  // samples of a thread: up to 16384 wait for memory once
  const int another = c - 1;   // than c, where there is no sample
  const int thread = static_cast<int>(threadIdx.x);
  for (int base = 0; base < n; base += kAtOnce * Sort::kBlock) {
    const int first = base + thread;
    const int count = (n - first + Sort::kBlock - 1) / Sort::kBlock;  // of the thread, if as many
    int32_t class_at[kAtOnce];
    float score[kAtOnce];
    uint32_t mine = 0;
    bool wrong = false;
#pragma unroll
    for (int u = 0; u < kAtOnce; ++u) {
      class_at[u] = u < count ? class_of[first + u * Sort::kBlock] : another;
      score[u] = u < count ? scores[first + u * Sort::kBlock] : 0;
    }
#pragma unroll
    for (int u = 0; u < kAtOnce; ++u) {
      wrong |= u < count && (class_at[u] < 0 || class_at[u] >= classes);
      mine += class_at[u] == c ? 1 : 0;
    }
    if (wrong) atomicAdd(&found->out_of_range, 1u);
    // One request for places a warp; the order does not matter.
    const uint32_t before = warp_sum_before(mine);
    uint32_t place = 0;
    if (thread % 32 == 31) place = atomicAdd(&found->members, before + mine);
    place = __shfl_sync(kAllLanes, place, 31) + before;
#pragma unroll
    for (int u = 0; u < kAtOnce; ++u) {
      if (class_at[u] != c) continue;
      if (place < Sort::kKeys) keys[place] = key_of(score[u], hard, first + u * Sort::kBlock);
      ++place;
    }
  }
}

// All in one launch: the block of a class reads all samples and sorts what is its own.
template <typename Sort>
__global__ void __launch_bounds__(Sort::kBlock)
    select_directly(const float* __restrict__ scores, const int32_t* __restrict__ class_of, int n,
                    int classes, int64_t largest_class, bool hard,
                    const __grid_constant__ FewBegins kept_begin, int64_t* kept, int64_t* offsets) {
  static_assert(Sort::kGroups == 1, "a block to a class");
  __shared__ uint64_t keys[Sort::kKeys];
  __shared__ Found found;
  const int thread = static_cast<int>(threadIdx.x);
  for (int c = static_cast<int>(blockIdx.x); c < classes; c += static_cast<int>(gridDim.x)) {
    __syncthreads();  // those of an earlier class have been read
    if (thread == 0) found.members = found.out_of_range = 0;
    __syncthreads();
    collect_keys<Sort>(scores, class_of, n, classes, c, hard, keys, &found);
    __syncthreads();
    const int64_t begin = kept_begin.begin[c];
    const int64_t usable =
        found.out_of_range != 0 || found.members > largest_class ? 0 : found.members;
    sort_class<Sort>(
        usable, [&](int i) { return keys[i]; }, keys, kept + begin,
        kept_begin.begin[c + 1] - begin);
    if (offsets != nullptr && thread == 0) {
      offsets[c] = begin;
      if (c == classes - 1) offsets[classes] = kept_begin.begin[classes];
    }
  }
}

// Counters lie apart, so that atomics on different ones do not queue for the same part of the
// cache.
constexpr int kCounterGap = 8;

__global__ void __launch_bounds__(kThreads) clear_counts(uint32_t* counts, int64_t classes) {
  for (int64_t c = first_index(); c <= classes; c += index_stride()) counts[c * kCounterGap] = 0;
}

// Where every class has room for `room` keys: counts its members and drops their keys there, in any
// order; what does not fit only counts.
__global__ void __launch_bounds__(kThreads)
    drop_keys_in_rooms(const float* scores, const int32_t* class_of, int64_t n, int64_t classes,
                       int64_t room, bool hard, uint32_t* counts, uint64_t* keys) {
  for (int64_t i = first_index(); i < n; i += index_stride()) {
    const uint64_t key = key_of(scores[i], hard, i);
    const int64_t c = class_at(class_of, i, classes);
    const uint32_t place = atomicAdd(counts + c * kCounterGap, 1u);
    if (c < classes && place < room) keys[c * room + place] = key;
  }
}

// The same where a block meets most classes several times: it counts its own samples in shared
// memory and asks for the places of a class once. `classes` is at most kMostCountedClasses.
__global__ void __launch_bounds__(kChunkThreads)
    drop_chunks_in_rooms(const float* scores, const int32_t* class_of, int64_t n, int64_t classes,
                         int64_t room, bool hard, uint32_t* counts, uint64_t* keys) {
  __shared__ uint32_t of_class[kMostCountedClasses + 1];
  const int thread = static_cast<int>(threadIdx.x);
  const auto kinds = static_cast<int>(classes) + 1;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kChunk;
  for (int64_t base = static_cast<int64_t>(blockIdx.x) * kChunk; base < n; base += stride) {
    __syncthreads();  // the places of an earlier chunk have been read
    for (int c = thread; c < kinds; c += kChunkThreads) of_class[c] = 0;
    __syncthreads();
    int class_of_mine[kChunkItems];
    uint32_t place[kChunkItems];
    uint64_t key[kChunkItems];
#pragma unroll
    for (int u = 0; u < kChunkItems; ++u) {
      const int64_t i = base + u * kChunkThreads + thread;
      class_of_mine[u] = i < n ? static_cast<int>(class_at(class_of, i, classes)) : -1;
      key[u] = i < n ? key_of(scores[i], hard, i) : 0;
    }
#pragma unroll
    for (int u = 0; u < kChunkItems; ++u) {
      place[u] = class_of_mine[u] < 0 ? 0 : atomicAdd(of_class + class_of_mine[u], 1u);
    }
    __syncthreads();
    for (int c = thread; c < kinds; c += kChunkThreads) {
      if (of_class[c] != 0) of_class[c] = atomicAdd(counts + c * kCounterGap, of_class[c]);
    }
    __syncthreads();
#pragma unroll
    for (int u = 0; u < kChunkItems; ++u) {
      const int c = class_of_mine[u];
      if (c < 0 || c >= classes) continue;
      const int64_t at = static_cast<int64_t>(of_class[c]) + place[u];
      if (at < room) keys[c * room + at] = key[u];
    }
  }
}

// Where classes differ much in size, they are counted first.
__global__ void __launch_bounds__(kThreads)
    count_classes(const int32_t* class_of, int64_t n, int64_t classes, uint32_t* counts) {
  for (int64_t i = first_index(); i < n; i += index_stride()) {
    atomicAdd(counts + class_at(class_of, i, classes) * kCounterGap, 1u);
  }
}

// One block: begin[c] is the sum of the counts before c, and next[c] the same, for drop_keys to
// move.
__global__ void __launch_bounds__(kScanThreads)
    place_classes(const uint32_t* counts, int64_t classes, uint32_t* begin, uint32_t* next) {
  __shared__ uint32_t before[kScanThreads];
  const int thread = static_cast<int>(threadIdx.x);
  const int64_t share = (classes + 1 + kScanThreads - 1) / kScanThreads;
  const int64_t first = min(thread * share, classes + 1);
  const int64_t last = min(first + share, classes + 1);
  uint32_t mine = 0;
  for (int64_t c = first; c < last; ++c) mine += counts[c * kCounterGap];
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
    next[c * kCounterGap] = place;
    place += counts[c * kCounterGap];
  }
}

__global__ void __launch_bounds__(kThreads)
    drop_keys(const float* scores, const int32_t* class_of, int64_t n, int64_t classes, bool hard,
              uint32_t* next, uint64_t* keys) {
  for (int64_t i = first_index(); i < n; i += index_stride()) {
    const uint64_t key = key_of(scores[i], hard, i);
    const uint32_t place = atomicAdd(next + class_at(class_of, i, classes) * kCounterGap, 1u);
    keys[place] = key;
  }
}

// The keys of class c begin at begin[c] or, where begin is NULL, at c * room. The last count is
// that of samples whose class is out of range.
template <typename Sort>
__global__ void __launch_bounds__(Sort::kBlock)
    sort_classes(const uint64_t* keys, const uint32_t* begin, int64_t room, const uint32_t* counts,
                 int64_t classes, int64_t largest_class, KeptPlaces places, int64_t* kept,
                 int64_t* offsets) {
  __shared__ uint64_t shared[Sort::kGroups][Sort::kKeys];
  const int group = static_cast<int>(threadIdx.x) / Sort::kGroup;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * Sort::kGroups;
  for (int64_t c = static_cast<int64_t>(blockIdx.x) * Sort::kGroups + group; c < classes;
       c += stride) {
    const int64_t from = places.begin(c);
    int64_t members = counts[c * kCounterGap];
    if (counts[classes * kCounterGap] != 0 || members > largest_class) members = 0;
    const uint64_t* mine = keys + (begin == nullptr ? c * room : begin[c]);
    sort_class<Sort>(
        members, [&](int i) { return mine[i]; }, shared[group], kept + from,
        places.begin(c + 1) - from);
    if (offsets != nullptr && threadIdx.x % Sort::kGroup == 0) {
      offsets[c] = from;
      if (c == classes - 1) offsets[classes] = places.begin(classes);
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

__global__ void __launch_bounds__(kThreads)
    take_kept(const uint32_t* values, const uint32_t* begin, int64_t n, int64_t classes,
              int64_t largest_class, KeptPlaces places, int64_t* kept, int64_t* offsets) {
  for (int64_t c = first_index(); offsets != nullptr && c <= classes; c += index_stride()) {
    offsets[c] = places.begin(c);
  }
  const int64_t total = places.begin(classes);
  for (int64_t k = first_index(); k < total; k += index_stride()) {
    const int64_t c = places.class_of(k, classes);
    const int64_t rank = k - places.begin(c);
    int64_t members = static_cast<int64_t>(begin[c + 1]) - begin[c];
    if (begin[classes] != n || members > largest_class) members = 0;
    kept[k] = rank < members ? static_cast<int64_t>(values[begin[c] + rank]) : -1;
  }
}

}  // namespace
}  // namespace potstill

#endif
