// Memory of a call, cut from the caller's workspace: one description of a layout measures it and
// hands it out.
#ifndef POTSTILL_ARENA_H
#define POTSTILL_ARENA_H

#include <cstdint>

namespace potstill {

// Hands out pieces of the caller's workspace; without one it measures.
class Arena {
 public:
  explicit Arena(void* memory) : begin_(static_cast<char*>(memory)) {}

  template <typename T>
  T* take(int64_t count) {
    const int64_t at = used_;
    used_ += (count * static_cast<int64_t>(sizeof(T)) + kAlignment - 1) / kAlignment * kAlignment;
    return begin_ == nullptr ? nullptr : reinterpret_cast<T*>(begin_ + at);
  }

  // Bytes, with room to align the beginning.
  int64_t used() const { return used_ + kAlignment; }

  static void* aligned(void* memory) {
    const auto address = reinterpret_cast<uintptr_t>(memory);
    return reinterpret_cast<void*>((address + kAlignment - 1) / kAlignment * kAlignment);
  }

 private:
  static constexpr int64_t kAlignment = 64;  // bytes

  char* begin_;
  int64_t used_ = 0;
};

// Bytes for what is shared and for every thread's own; -1 where they are too many.
inline int64_t workspace_of(int64_t shared, int64_t own, int32_t threads) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(own, threads, &bytes) ||
      __builtin_add_overflow(bytes, shared, &bytes)) {
    return -1;
  }
  return bytes;
}

}  // namespace potstill

#endif
