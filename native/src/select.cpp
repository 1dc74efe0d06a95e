// select: the best scores of every class in rank order (Algorithm 1 of the pruning paper).
//
// A stable counting pass groups the samples by class; each becomes one 64-bit key, the rank of its
// score above its index, so that one integer order settles NaN, ties and direction. Every class is
// sorted by one thread: deterministic. Reads 12 n bytes, moves 8 n through the workspace.
#include <algorithm>
#include <cstring>

#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int64_t kMostSamples = 0xFFFFFFFFLL;  // an index takes the lower half of a key

// Unsigned order equals the order of scores, NaN above all; -0 becomes +0.
uint32_t rank_bits(float score, bool hard) {
  const float value = score + 0.0f;
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t ascending = value != value         ? 0xFFFFFFFFu
                             : (bits & 0x80000000u) ? ~bits
                                                    : bits | 0x80000000u;
  return hard ? ~ascending : ascending;
}

// begin[c + 1] counts class c, then begin[c] is where class c begins.
void count_classes(const int32_t* class_of, int64_t n, int64_t classes, int64_t* begin) {
  std::fill(begin, begin + classes + 1, int64_t{0});
  for (int64_t i = 0; i < n; ++i) {
    const int64_t c = class_of[i];
    if (c < 0 || c >= classes) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "class %lld of sample %lld is out of range",
                    static_cast<long long>(c), static_cast<long long>(i));
    }
    ++begin[c + 1];
  }
  for (int64_t c = 0; c < classes; ++c) begin[c + 1] += begin[c];
}

void require_members(const int64_t* begin, const int64_t* keep, int64_t classes) {
  for (int64_t c = 0; c < classes; ++c) {
    const int64_t members = begin[c + 1] - begin[c];
    if (keep[c] < 0 || keep[c] > members) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "class %lld holds %lld samples, asked for %lld",
                    static_cast<long long>(c), static_cast<long long>(members),
                    static_cast<long long>(keep[c]));
    }
  }
}

void keep_best(uint64_t* first, uint64_t* last, int64_t keep, int64_t* kept) {
  if (keep < last - first) std::nth_element(first, first + keep, last);
  std::sort(first, first + keep);
  for (int64_t k = 0; k < keep; ++k) kept[k] = static_cast<int64_t>(first[k] & 0xFFFFFFFFu);
}

}  // namespace
}  // namespace potstill

// Keys (n), begin (classes + 1), next (classes), where each class writes (classes + 1).
int64_t potstill_select_workspace(int64_t n, int64_t classes) noexcept {
  if (n < 0 || n > potstill::kMostSamples || classes < 0 || classes > (int64_t{1} << 40)) return -1;
  return 8 * (n + 3 * classes + 2);
}

int32_t potstill_select(const float* scores, const int32_t* class_of, int64_t n, int64_t classes,
                        int32_t order, const int64_t* keep, int64_t* kept, int64_t* offsets,
                        void* workspace, int64_t workspace_bytes, int32_t threads) noexcept {
  using namespace potstill;
  return guard("select", [&] {
    require(order == POTSTILL_EASY || order == POTSTILL_HARD, "unknown order");
    require_threads(threads);
    require_workspace(workspace, workspace_bytes, potstill_select_workspace(n, classes));
    require(n == 0 || (scores != nullptr && class_of != nullptr), "scores or class_of is NULL");
    require(classes == 0 || keep != nullptr, "keep is NULL");
    auto* keys = static_cast<uint64_t*>(workspace);
    auto* begin = static_cast<int64_t*>(workspace) + n;
    int64_t* next = begin + classes + 1;
    int64_t* out = next + classes;
    count_classes(class_of, n, classes, begin);
    require_members(begin, keep, classes);
    out[0] = 0;
    for (int64_t c = 0; c < classes; ++c) out[c + 1] = out[c] + keep[c];
    require(out[classes] == 0 || kept != nullptr, "kept is NULL");
    std::copy(begin, begin + classes, next);
    for (int64_t i = 0; i < n; ++i) {
      const uint64_t rank = rank_bits(scores[i], order == POTSTILL_HARD);
      keys[next[class_of[i]]++] = rank << 32 | static_cast<uint64_t>(i);
    }
    if (offsets != nullptr) std::copy(out, out + classes + 1, offsets);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 8) if (n > kSerialElements / 8)
    for (int64_t c = 0; c < classes; ++c) {
      if (keep[c] > 0) keep_best(keys + begin[c], keys + begin[c + 1], keep[c], kept + out[c]);
    }
  });
}
