#include "memory.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "host_device.h"

const int64_t kManySamples = 5100;
const int64_t kManyRows = 300;

void* allocate(size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 256, bytes) != 0) throw std::bad_alloc();
  return memory;
}

void release(void* memory) { std::free(memory); }

void copy_in(void* to, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

void copy_out(void* to, const void* from, size_t bytes) { copy_in(to, from, bytes); }

// The threads of a block run in the other order.
void begin_pass(int pass) { potstill::host::descending = pass == 1; }
