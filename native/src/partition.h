// Lists of tensors cut into pieces of fixed size. The cut depends on the sizes alone, and partial
// sums are added in the order of the pieces, so results do not depend on the thread count.
#ifndef POTSTILL_PARTITION_H
#define POTSTILL_PARTITION_H

#include <algorithm>
#include <cstdint>

#include "status.h"

namespace potstill {

constexpr int64_t kPiece = 16384;  // elements; 64 KiB of a list stay in the second cache

// Below this many elements a call stays on the calling thread: waking others costs more.
constexpr int64_t kSerialElements = 32768;

struct Piece {
  int64_t tensor;
  int64_t offset;
  int64_t length;
};

inline int64_t pieces_of(int64_t size) { return size / kPiece + (size % kPiece > 0 ? 1 : 0); }

// Running totals in caller's memory: first[t] pieces come before tensor t, first[count] in all.
class Partition {
 public:
  // Pieces of all tensors; -1 where a size is negative or there are too many elements to count.
  static int64_t total(int64_t count, const int64_t* sizes) {
    int64_t pieces = 0, elements = 0;
    for (int64_t t = 0; t < count; ++t) {
      if (sizes[t] < 0 || __builtin_add_overflow(elements, sizes[t], &elements)) return -1;
      pieces += pieces_of(sizes[t]);
    }
    return pieces;
  }

  Partition(int64_t count, const int64_t* sizes, int64_t* first)
      : count_(count), sizes_(sizes), first_(first) {
    first_[0] = 0;
    for (int64_t t = 0; t < count; ++t) first_[t + 1] = first_[t] + pieces_of(sizes[t]);
  }

  int64_t pieces() const { return first_[count_]; }

  int64_t elements() const {
    int64_t total = 0;
    for (int64_t t = 0; t < count_; ++t) total += sizes_[t];
    return total;
  }

  Piece piece(int64_t index) const {
    const int64_t t = std::upper_bound(first_, first_ + count_ + 1, index) - first_ - 1;
    const int64_t offset = (index - first_[t]) * kPiece;
    return {t, offset, std::min(kPiece, sizes_[t] - offset)};
  }

 private:
  int64_t count_;
  const int64_t* sizes_;
  int64_t* first_;
};

// Throws unless every tensor with elements has a buffer in the list.
inline void require_buffers(int64_t count, const int64_t* sizes, const float* const* list,
                            const char* name) {
  for (int64_t t = 0; t < count; ++t) {
    if (sizes[t] > 0 && (list == nullptr || list[t] == nullptr)) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "%s[%lld] is NULL", name, static_cast<long long>(t));
    }
  }
}

// Throws unless the workspace is as large as its query says.
inline void require_workspace(const void* workspace, int64_t given, int64_t needed) {
  if (needed < 0) throw Failure(POTSTILL_INVALID_ARGUMENT, "a size is negative or too large");
  if (given < needed || (needed > 0 && workspace == nullptr)) {
    throw Failure(POTSTILL_INVALID_ARGUMENT, "workspace holds %lld bytes instead of %lld",
                  static_cast<long long>(given), static_cast<long long>(needed));
  }
}

}  // namespace potstill

#endif
