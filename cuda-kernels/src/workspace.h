// How an operation lays out its workspace: the same plan is run over no memory to learn the size
// and over the caller's memory to get the places.
#ifndef POTSTILL_CUDA_WORKSPACE_H
#define POTSTILL_CUDA_WORKSPACE_H

#include <cstdint>

#include "status.h"

namespace potstill {

class Workspace {
 public:
  Workspace() : Workspace(nullptr) {}
  explicit Workspace(void* memory) : memory_(static_cast<char*>(memory)), used_(0) {}

  // Room for `count` elements, aligned to 256 bytes; NULL while there is no memory.
  template <typename T>
  T* take(int64_t count) {
    T* place = memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + used_);
    used_ += (count * static_cast<int64_t>(sizeof(T)) + 255) / 256 * 256;
    return place;
  }

  int64_t used() const { return used_; }

 private:
  char* memory_;
  int64_t used_;
};

inline void require_workspace(const void* workspace, int64_t bytes, int64_t needed) {
  if (needed == 0) return;
  require(workspace != nullptr, "workspace is NULL");
  require(reinterpret_cast<uintptr_t>(workspace) % 256 == 0,
          "workspace is not aligned to 256 bytes");
  if (bytes < needed) {
    throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "workspace has %lld bytes, %lld are needed",
                  static_cast<long long>(bytes), static_cast<long long>(needed));
  }
}

}  // namespace potstill

#endif
