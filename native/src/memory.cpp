// What malloc does with memory that was freed.
#include "potstill_kernels.h"

#include <climits>
#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>

namespace {
constexpr int kPadding = 64 << 20;
constexpr int kLargestOfHeap = 32 << 20;  // the most that glibc takes
}  // namespace

int32_t potstill_keep_freed_memory(void) noexcept {
  return mallopt(M_TRIM_THRESHOLD, INT_MAX) == 1 && mallopt(M_TOP_PAD, kPadding) == 1 &&
         mallopt(M_MMAP_THRESHOLD, kLargestOfHeap) == 1;
}

void potstill_give_back_memory(void) noexcept { malloc_trim(0); }
#else
int32_t potstill_keep_freed_memory(void) noexcept { return 0; }

void potstill_give_back_memory(void) noexcept {}
#endif
