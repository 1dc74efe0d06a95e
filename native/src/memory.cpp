// What malloc does with memory that was freed.
#include "potstill_kernels.h"

#include <climits>
#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace {
constexpr int kPadding = 64 << 20;
constexpr int kLargestOfHeap = 32 << 20;  // the most that glibc takes

constexpr size_t kArenasPerCore = 8;  // glibc makes no more
constexpr size_t kMostVisitors = 64;  // with more cores some arenas may stay as they are

// From this size on, freeing a block also cuts the top of its arena.
constexpr size_t kCutting = 64 << 10;

bool cut_above(int free_at_top, int padding) {
  return mallopt(M_TRIM_THRESHOLD, free_at_top) == 1 && mallopt(M_TOP_PAD, padding) == 1;
}

// Threads that use malloc all at once, so that each has an arena of its own.
class Visitors {
 public:
  // As many as the system has threads for, up to `count`.
  explicit Visitors(size_t count) {
    try {
      threads_.reserve(count);
      while (threads_.size() < count) threads_.emplace_back([this] { visit(); });
    } catch (const std::exception&) {
      // Fewer arenas are cut, then.
    }
  }

  ~Visitors() {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return arrived_ == threads_.size(); });
      leave_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void visit() {
    // Volatile, or the compiler leaves both out.
    void* volatile block = std::malloc(2 * kCutting);
    std::free(block);
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return leave_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  size_t arrived_ = 0;
  bool leave_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

int32_t potstill_keep_freed_memory(void) noexcept {
  return cut_above(INT_MAX, kPadding) && mallopt(M_MMAP_THRESHOLD, kLargestOfHeap) == 1;
}

// malloc_trim gives back what lies between blocks of any arena, but cuts the top of the main one
// only. That of another is cut by whoever frees a block of it; threads that begin take arenas that
// nobody uses.
void potstill_give_back_memory(void) noexcept {
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  cut_above(0, 0);
  Visitors(std::min(kArenasPerCore * cores, kMostVisitors));
  malloc_trim(0);
  cut_above(INT_MAX, kPadding);
}
#else
int32_t potstill_keep_freed_memory(void) noexcept { return 0; }

void potstill_give_back_memory(void) noexcept {}
#endif
