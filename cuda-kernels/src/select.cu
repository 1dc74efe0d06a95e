// select: the best scores of every class in rank order (Algorithm 1 of the pruning paper).
//
// A score becomes 32 bits whose unsigned order is the rank; with the index below them, one integer
// order settles NaN, ties and direction, so that the result is the same to the bit as the CPU's.
// Classes of up to 4096 are sorted by a warp or a block each, all in one launch:
//   few samples: that launch is the only one, every block finds its own class's samples;
//   classes of like size: samples are dropped into the rooms of their classes in any order (integer
//   atomics), as many keys each as the largest class needs; reads 16 n bytes, moves 16 n;
//   else: classes are counted first, and lie one behind the other.
// Larger classes: one stable radix sort of all samples by class and rank (CUB), whose work depends
// neither on the number of classes nor on their sizes.
#include <algorithm>
#include <vector>

#include "select_kernels.h"
#include "sort.h"
#include "status.h"
#include "upload.h"
#include "workspace.h"

namespace potstill {
namespace {

constexpr int64_t kMostSamples = 0xFFFFFFFFLL;
constexpr int64_t kMostClasses = int64_t{1} << 24;

// How many times the memory of all samples the rooms may take, so that no key is moved twice.
constexpr int64_t kMostRoom = 4;

enum class Way { kDirect, kRooms, kCounted, kRadixSort };

Way way_for(int64_t n, int64_t classes, int64_t largest_class) {
  const int64_t largest = std::min(n, largest_class);
  if (largest > kLargestSorted) return Way::kRadixSort;
  if (n <= kMostFewSamples && classes <= kMostFewClasses && n * classes <= kMostDirectReads) {
    return Way::kDirect;
  }
  return classes * largest <= kMostRoom * n ? Way::kRooms : Way::kCounted;
}

// Bits of a key: the rank's 32 and those of the classes, the one out of range included.
int key_bits(int64_t classes) {
  int bits = 32;
  while (classes >> (bits - 32) > 0) ++bits;
  return bits;
}

struct Place {
  uint32_t* kept_begin = nullptr;  // classes + 1; not written where all classes keep as many
  uint64_t* keys = nullptr;        // n, or a room for each class
  uint32_t* begin = nullptr;       // classes + 1; NULL with rooms
  uint32_t* counts = nullptr;      // classes + 1, kCounterGap apart
  uint32_t* next = nullptr;        // the same
  SortBuffers pairs = {};
  int64_t sort_bytes = 0;
  char* sort_memory = nullptr;

  Place(Workspace* workspace, int64_t n, int64_t classes, int64_t largest_class, Way way) {
    if (way == Way::kDirect) return;
    kept_begin = workspace->take<uint32_t>(classes + 1);
    keys = workspace->take<uint64_t>(way == Way::kRooms ? classes * std::min(n, largest_class) : n);
    if (way != Way::kRooms) begin = workspace->take<uint32_t>(classes + 1);
    if (way != Way::kRadixSort) counts = workspace->take<uint32_t>((classes + 1) * kCounterGap);
    if (way == Way::kCounted) next = workspace->take<uint32_t>((classes + 1) * kCounterGap);
    if (way != Way::kRadixSort) return;
    pairs.keys = keys;
    pairs.spare_keys = workspace->take<uint64_t>(n);
    pairs.values = workspace->take<uint32_t>(n);
    pairs.spare_values = workspace->take<uint32_t>(n);
    sort_bytes = sort_workspace(static_cast<uint32_t>(n), key_bits(classes));
    sort_memory = workspace->take<char>(sort_bytes);
  }
};

void require_sizes(int64_t n, int64_t classes, int64_t largest_class) {
  require(n >= 0 && n <= kMostSamples, "n is negative or above 2^32 - 1");
  require(classes >= 0 && classes <= kMostClasses, "classes is negative or above 2^24");
  require(largest_class >= 0, "largest_class is negative");
}

std::vector<int64_t> kept_begins(const int64_t* keep, int64_t classes, int64_t n) {
  require(classes == 0 || keep != nullptr, "keep is NULL");
  std::vector<int64_t> begins(static_cast<size_t>(classes) + 1, 0);
  for (size_t c = 0; c + 1 < begins.size(); ++c) {
    if (keep[c] < 0 || keep[c] > n - begins[c]) {
      throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "keep[%lld] is %lld; %lld samples in all",
                    static_cast<long long>(c), static_cast<long long>(keep[c]),
                    static_cast<long long>(n));
    }
    begins[c + 1] = begins[c] + keep[c];
  }
  return begins;
}

int64_t blocks_for(int64_t elements) {
  return std::min((elements + kThreads - 1) / kThreads, kMostBlocks);
}

struct Samples {
  const float* scores;
  const int32_t* class_of;
  int64_t n;
  int64_t classes;
  int64_t largest_class;
  bool hard;
};

struct Kept {
  const std::vector<int64_t>& begins;
  KeptPlaces places;  // the same for the device
  int64_t* indices;
  int64_t* offsets;
};

template <typename Sort>
void select_directly_by(const Samples& in, const Kept& to, cudaStream_t on) {
  FewBegins begins = {};
  std::copy(to.begins.begin(), to.begins.end(), begins.begin);
  launch("select_directly", select_directly<Sort>, std::min(in.classes, kMostBlocks), Sort::kBlock,
         on, in.scores, in.class_of, static_cast<int>(in.n), static_cast<int>(in.classes),
         in.largest_class, in.hard, begins, to.indices, to.offsets);
}

void select_few(const Samples& in, const Kept& to, cudaStream_t on) {
  if (std::min(in.n, in.largest_class) <= 2048) return select_directly_by<Sorter<512, 4>>(in, to, on);
  select_directly_by<Sorter<512, 8>>(in, to, on);
}

template <typename Sort>
void sort_by(const Samples& in, const Place& place, const Kept& to, cudaStream_t on) {
  const int64_t blocks = std::min((in.classes + Sort::kGroups - 1) / Sort::kGroups, kMostBlocks);
  launch("sort_classes", sort_classes<Sort>, blocks, Sort::kBlock, on, place.keys, place.begin,
         std::min(in.n, in.largest_class), place.counts, in.classes, in.largest_class,
         to.places, to.indices, to.offsets);
}

void select_by_groups(const Samples& in, const Place& place, const Kept& to, cudaStream_t on) {
  const int64_t largest = std::min(in.n, in.largest_class);
  launch("clear_counts", clear_counts, blocks_for(in.classes + 1), kThreads, on, place.counts,
         in.classes);
  if (place.begin == nullptr && in.classes <= kMostCountedClasses) {
    launch("drop_chunks_in_rooms", drop_chunks_in_rooms,
           std::min((in.n + kChunk - 1) / kChunk, kMostBlocks), kChunkThreads, on, in.scores,
           in.class_of, in.n, in.classes, largest, in.hard, place.counts, place.keys);
  } else if (place.begin == nullptr) {
    launch("drop_keys_in_rooms", drop_keys_in_rooms, blocks_for(in.n), kThreads, on, in.scores,
           in.class_of, in.n, in.classes, largest, in.hard, place.counts, place.keys);
  } else {
    launch("count_classes", count_classes, blocks_for(in.n), kThreads, on, in.class_of, in.n,
           in.classes, place.counts);
    launch("place_classes", place_classes, 1, kScanThreads, on, place.counts, in.classes,
           place.begin, place.next);
    launch("drop_keys", drop_keys, blocks_for(in.n), kThreads, on, in.scores, in.class_of, in.n,
           in.classes, in.hard, place.next, place.keys);
  }
  if (largest <= 128) return sort_by<Sorter<32, 4>>(in, place, to, on);
  if (largest <= 512) return sort_by<Sorter<64, 8>>(in, place, to, on);
  if (largest <= 2048) return sort_by<Sorter<256, 8>>(in, place, to, on);
  sort_by<Sorter<512, 8>>(in, place, to, on);
}

void select_by_sort(const Samples& in, const Place& place, const Kept& to, cudaStream_t on) {
  launch("make_pairs", make_pairs, blocks_for(in.n), kThreads, on, in.scores, in.class_of, in.n,
         in.classes, in.hard, place.pairs.keys, place.pairs.values);
  const SortBuffers sorted = sort_pairs(place.pairs, static_cast<uint32_t>(in.n),
                                        key_bits(in.classes), place.sort_memory, place.sort_bytes,
                                        on);
  launch("find_classes", find_classes, blocks_for(in.classes + 1), kThreads, on, sorted.keys, in.n,
         in.classes, place.begin);
  launch("take_kept", take_kept, blocks_for(to.begins.back()), kThreads, on, sorted.values,
         place.begin, in.n, in.classes, in.largest_class, to.places, to.indices, to.offsets);
}

bool are_even(const std::vector<int64_t>& begins) {
  for (size_t c = 1; c + 1 < begins.size(); ++c) {
    if (begins[c + 1] - begins[c] != begins[1]) return false;
  }
  return true;
}

// Uploads the places to `room` unless the device can reckon them.
KeptPlaces places_of(const std::vector<int64_t>& begins, uint32_t* room, cudaStream_t on) {
  if (are_even(begins)) return {nullptr, begins[1]};
  std::vector<uint32_t> words(begins.begin(), begins.end());
  words.resize((words.size() + 1) / 2 * 2);  // whole words of 64 bits; the workspace is rounded up
  upload(words.data(), static_cast<int64_t>(words.size() / 2), room, on);
  return {room, 0};
}

}  // namespace
}  // namespace potstill

int64_t potstill_cuda_select_workspace(int64_t n, int64_t classes, int64_t largest_class,
                                       int32_t device) noexcept {
  using namespace potstill;
  return guard_size("select_workspace", [&] {
    require_sizes(n, classes, largest_class);
    const DeviceScope scope(device);
    Workspace plan;
    Place(&plan, n, classes, largest_class, way_for(n, classes, largest_class));
    return plan.used();
  });
}

int32_t potstill_cuda_select(const float* scores, const int32_t* class_of, int64_t n,
                             int64_t classes, int64_t largest_class, int32_t order,
                             const int64_t* keep, int64_t* kept, int64_t* offsets, void* workspace,
                             int64_t workspace_bytes, int32_t device, void* stream) noexcept {
  using namespace potstill;
  return guard("select", [&] {
    require_sizes(n, classes, largest_class);
    require(order == POTSTILL_CUDA_EASY || order == POTSTILL_CUDA_HARD, "unknown order");
    const std::vector<int64_t> begins = kept_begins(keep, classes, n);
    const int64_t total = begins.back();
    require(n == 0 || (scores != nullptr && class_of != nullptr), "scores or class_of is NULL");
    require(total == 0 || kept != nullptr, "kept is NULL");
    const DeviceScope scope(device);
    const Way way = way_for(n, classes, largest_class);
    Workspace memory(workspace);
    const Place place(&memory, n, classes, largest_class, way);
    require_workspace(workspace, workspace_bytes, memory.used());

    const auto on = static_cast<cudaStream_t>(stream);
    if (total == 0) {
      if (offsets != nullptr) upload(begins.data(), classes + 1, offsets, on);
      return;
    }
    const Samples in = {scores,  class_of,      n,
                        classes, largest_class, order == POTSTILL_CUDA_HARD};
    if (way == Way::kDirect) return select_few(in, {begins, {}, kept, offsets}, on);
    const Kept to = {begins, places_of(begins, place.kept_begin, on), kept, offsets};
    if (way == Way::kRadixSort) return select_by_sort(in, place, to, on);
    select_by_groups(in, place, to, on);
  });
}
