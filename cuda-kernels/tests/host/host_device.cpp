#include "host_device.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "device.h"

namespace potstill {
namespace host {

Index thread;
Index block;
Index block_size;
Index grid_size;
bool descending = false;
float* shared = nullptr;

namespace {

constexpr int kMostThreads = 1024;
constexpr size_t kStackBytes = 64 * 1024;

struct Barrier {
  int arrived;
  int generation;
};

// Made by ucontext, switched by _setjmp and _longjmp, which spare a system call each time.
struct Fiber {
  ucontext_t context;
  jmp_buf place;
  std::unique_ptr<char[]> stack;  // NULL: not made yet
  const Barrier* waits_at;        // NULL: at none
  int generation;                 // of that barrier on arrival
  bool ended;
};

// The C library's own, also under AddressSanitizer, whose stand-in makes a system call each time to
// tidy up a stack that is left for good, as none is here.
[[noreturn]] void jump(jmp_buf& to) {
  typedef void (*Jump)(jmp_buf, int);
  static const Jump own = [] {
    void* library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void* symbol = library == nullptr ? nullptr : dlsym(library, "_longjmp");
    return symbol == nullptr ? static_cast<Jump>(_longjmp) : reinterpret_cast<Jump>(symbol);
  }();
  own(to, 1);
  std::abort();
}

Fiber fibers[kMostThreads];
jmp_buf scheduler;
const std::function<void()>* body_of_all;
Barrier whole_block;
Barrier warps[kMostThreads / 32];
int exchanges[kMostThreads];  // of each thread so far
unsigned char slots[2][kMostThreads][8];

struct Copy {
  void* to;
  const void* from;
  size_t bytes;
};
std::vector<Copy> copies[kMostThreads];  // of each thread, that it has not waited for

void yield() {
  if (_setjmp(fibers[thread.x].place) == 0) jump(scheduler);
}

// A fiber lives on from block to block.
void run_fiber() {
  for (;;) {
    (*body_of_all)();
    fibers[thread.x].ended = true;
    yield();
  }
}

void resume(Fiber* fiber) {
  if (_setjmp(scheduler) != 0) return;
  if (fiber->stack) jump(fiber->place);
  fiber->stack.reset(new char[kStackBytes]);
  getcontext(&fiber->context);
  fiber->context.uc_stack.ss_sp = fiber->stack.get();
  fiber->context.uc_stack.ss_size = kStackBytes;
  makecontext(&fiber->context, run_fiber, 0);
  setcontext(&fiber->context);
}

void wait(Barrier* barrier, int members) {
  if (++barrier->arrived == members) {
    barrier->arrived = 0;
    ++barrier->generation;
    return;
  }
  Fiber* self = &fibers[thread.x];
  self->waits_at = barrier;
  self->generation = barrier->generation;
  yield();
  self->waits_at = nullptr;
}

bool can_move(const Fiber& fiber) {
  const Barrier* at = fiber.waits_at;
  return !fiber.ended && (at == nullptr || at->generation != fiber.generation);
}

// Resumes the threads of a warp until all have ended or wait for other warps; returns whether any
// moved.
bool run_warp(int warp) {
  bool any = false;
  for (bool moved = true; moved;) {
    moved = false;
    for (int i = 0; i < 32; ++i) {
      const int next = 32 * warp + (descending ? 31 - i : i);
      if (!can_move(fibers[next])) continue;
      thread.x = static_cast<unsigned>(next);
      resume(&fibers[next]);
      moved = true;
      any = true;
    }
  }
  return any;
}

void run_block(int threads) {
  const int count = threads / 32;
  whole_block = {};
  for (Barrier& warp : warps) warp = {};
  for (int i = 0; i < threads; ++i) {
    fibers[i].ended = false;
    copies[i].clear();
  }
  for (bool moved = true; moved;) {
    moved = false;
    for (int w = 0; w < count; ++w) {
      if (run_warp(descending ? count - 1 - w : w)) moved = true;
    }
  }
  for (int i = 0; i < threads; ++i) {
    if (fibers[i].ended) continue;
    std::fprintf(stderr, "block %u: thread %d waits at a barrier that not all reach\n", block.x, i);
    std::abort();
  }
}

}  // namespace

void run(int64_t blocks, int threads, const std::function<void()>& body) {
  body_of_all = &body;
  block_size.x = static_cast<unsigned>(threads);
  grid_size.x = static_cast<unsigned>(blocks);
  for (int64_t b = 0; b < blocks; ++b) {
    block.x = static_cast<unsigned>(b);
    run_block(threads);
  }
}

void block_barrier() { wait(&whole_block, static_cast<int>(block_size.x)); }

void warp_barrier() { wait(&warps[thread.x / 32], 32); }

void copy_later(void* to, const void* from, size_t bytes) {
  copies[thread.x].push_back({to, from, bytes});
}

void wait_for_copies() {
  for (const Copy& copy : copies[thread.x]) std::memcpy(copy.to, copy.from, copy.bytes);
  copies[thread.x].clear();
}

// Two sets of slots in turn: no lane is a whole exchange ahead of another.
const void* exchange(const void* value, size_t bytes, unsigned with) {
  auto& set = slots[++exchanges[thread.x] % 2];
  std::memcpy(set[thread.x], value, bytes);
  wait(&warps[thread.x / 32], 32);
  return set[with];
}

}  // namespace host

// The host has one device, 0.
DeviceScope::DeviceScope(int32_t device) : previous_(0), device_(device) {
  if (device != 0) throw Failure(POTSTILL_CUDA_UNAVAILABLE, "there is no device %d", device);
}

DeviceScope::~DeviceScope() { (void)(previous_ + device_); }

}  // namespace potstill

int __syncthreads_or(int value) {
  static int any;
  potstill::host::block_barrier();
  any = 0;
  potstill::host::block_barrier();
  if (value != 0) any = 1;
  potstill::host::block_barrier();
  return any;
}

int32_t potstill_cuda_available(int32_t device) noexcept {
  return potstill::guard("available", [&] { const potstill::DeviceScope scope(device); });
}
