// select: the best scores of every class in rank order (Algorithm 1 of the pruning paper).
//
// A score becomes 32 bits whose unsigned order is the rank; with the index below them, one integer
// order settles NaN, ties and direction, so that the result is the same to the bit as the CPU's.
// Classes of up to 4096: samples are dropped into the room of their class in any order (integer
// atomics), then a block sorts a class in shared memory, all classes in one launch; reads 16 n bytes,
// moves 16 n. Larger classes: one stable radix sort of all samples by class and rank (CUB), whose
// work depends neither on the number of classes nor on their sizes.
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

bool is_sorted_by_blocks(int64_t n, int64_t largest_class) {
  return std::min(n, largest_class) <= kLargestSorted;
}

// Bits of a key: the rank's 32 and those of the classes, the one out of range included.
int key_bits(int64_t classes) {
  int bits = 32;
  while (classes >> (bits - 32) > 0) ++bits;
  return bits;
}

struct Place {
  int64_t* kept_begin;  // classes + 1
  uint32_t* begin;      // classes + 1
  uint64_t* keys;       // n

  // By blocks.
  uint32_t* counts = nullptr;  // classes + 1
  uint32_t* next = nullptr;    // classes + 1

  // By one sort.
  SortBuffers pairs = {};
  int64_t sort_bytes = 0;
  char* sort_memory = nullptr;

  Place(Workspace* workspace, int64_t n, int64_t classes, bool by_blocks)
      : kept_begin(workspace->take<int64_t>(classes + 1)),
        begin(workspace->take<uint32_t>(classes + 1)),
        keys(workspace->take<uint64_t>(n)) {
    if (by_blocks) {
      counts = workspace->take<uint32_t>(classes + 1);
      next = workspace->take<uint32_t>(classes + 1);
      return;
    }
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

void select_by_blocks(const Samples& in, const Place& place, int64_t* kept, cudaStream_t on) {
  launch("clear_counts", clear_counts, blocks_for(in.classes + 1), kThreads, on, place.counts,
         in.classes);
  launch("count_classes", count_classes, blocks_for(in.n), kThreads, on, in.class_of, in.n,
         in.classes, place.counts);
  launch("place_classes", place_classes, 1, kScanThreads, on, place.counts, in.classes,
         place.begin, place.next);
  launch("drop_keys", drop_keys, blocks_for(in.n), kThreads, on, in.scores, in.class_of, in.n,
         in.classes, in.hard, place.next, place.keys);
  launch("sort_classes", sort_classes, std::min(in.classes, kMostBlocks), kThreads, on, place.keys,
         place.begin, in.n, in.classes, in.largest_class, place.kept_begin, kept);
}

void select_by_sort(const Samples& in, const Place& place, int64_t total, int64_t* kept,
                    cudaStream_t on) {
  launch("make_pairs", make_pairs, blocks_for(in.n), kThreads, on, in.scores, in.class_of, in.n,
         in.classes, in.hard, place.pairs.keys, place.pairs.values);
  const SortBuffers sorted = sort_pairs(place.pairs, static_cast<uint32_t>(in.n),
                                        key_bits(in.classes), place.sort_memory, place.sort_bytes,
                                        on);
  launch("find_classes", find_classes, blocks_for(in.classes + 1), kThreads, on, sorted.keys, in.n,
         in.classes, place.begin);
  launch("take_kept", take_kept, blocks_for(total), kThreads, on, sorted.values, place.begin, in.n,
         in.classes, in.largest_class, place.kept_begin, kept);
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
    Place(&plan, n, classes, is_sorted_by_blocks(n, largest_class));
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
    const bool by_blocks = is_sorted_by_blocks(n, largest_class);
    Workspace memory(workspace);
    const Place place(&memory, n, classes, by_blocks);
    require_workspace(workspace, workspace_bytes, memory.used());

    const auto on = static_cast<cudaStream_t>(stream);
    if (offsets != nullptr) upload(begins.data(), classes + 1, offsets, on);
    if (total == 0) return;
    upload(begins.data(), classes + 1, place.kept_begin, on);
    const Samples in = {scores,  class_of,      n,
                        classes, largest_class, order == POTSTILL_CUDA_HARD};
    if (by_blocks) {
      select_by_blocks(in, place, kept, on);
    } else {
      select_by_sort(in, place, total, kept, on);
    }
  });
}
