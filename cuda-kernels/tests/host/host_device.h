// Executes kernels on the host: their sources compile as plain C++ against this header, in which the
// words of the CUDA language have a meaning for one host thread.
//
// Blocks run one after another. The threads of a block are fibers (ucontext); one that reaches a
// barrier lets the others run until all have arrived. A warp exchange is a barrier of the warp
// between writing to a slot of one's own and reading another lane's. Shared memory is static memory.
// A warp runs ahead as far as it can before the next one is resumed, the first warp first or, with
// `descending`, the last: where a barrier is missing, one of the two orders shows it. Waiting that
// cannot end, and a thread that returns while others wait, end the program with a message. One host
// thread at a time.
//
// This checks results, not speed, and no memory ordering: a fence does nothing here.
#ifndef POTSTILL_HOST_DEVICE_H
#define POTSTILL_HOST_DEVICE_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include "status.h"

#define __global__
#define __host__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(threads)
#define __grid_constant__
#define __shared__ static

typedef void* cudaStream_t;

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  uint32_t x, y, z, w;
};

inline float __int_as_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

namespace potstill {
namespace host {

struct Index {
  unsigned x;
};

extern Index thread;  // of the fiber that runs
extern Index block;
extern Index block_size;
extern Index grid_size;
extern bool descending;
extern float* shared;  // of the block that runs

// Runs `body` for each thread of each block.
void run(int64_t blocks, int threads, const std::function<void()>& body);

void block_barrier();

// Lays down `value` for the warp; returns what thread `with` laid down, valid until the next exchange.
const void* exchange(const void* value, size_t bytes, unsigned with);

template <typename T>
T shuffle(const T& value, unsigned with) {
  static_assert(sizeof(T) <= 8, "slot");
  T other;
  std::memcpy(&other, exchange(&value, sizeof value, with), sizeof other);
  return other;
}

void warp_barrier();

// Copies of the thread that runs wait here until wait_for_copies: what is read before shows.
void copy_later(void* to, const void* from, size_t bytes);
void wait_for_copies();

}  // namespace host

// Few, so that blocks and warps loop at small sizes; ranges more than a block of threads; of the ways
// of `select` all.
constexpr int64_t kMostBlocks = 2;
constexpr int64_t kEnoughWarps = 3;
constexpr int64_t kMostRanges = 300;
constexpr int64_t kMostDirectReads = 5000;

template <typename T>
T min(const T& a, const T& b) {
  return b < a ? b : a;
}

template <typename T>
T max(const T& a, const T& b) {
  return a < b ? b : a;
}

inline float max_nan(float a, float b) {
  return std::isnan(a) || std::isnan(b) ? std::nanf("") : std::max(a, b);
}

// Of each half of a word by itself, which `read` makes a float.
template <typename Read>
uint32_t max_nan_of_halves(uint32_t a, uint32_t b, const Read& read) {
  uint32_t larger = 0;
  for (int shift : {0, 16}) {
    const auto of_a = static_cast<uint16_t>(a >> shift);
    const auto of_b = static_cast<uint16_t>(b >> shift);
    const bool takes_a = std::isnan(read(of_a)) || read(of_a) > read(of_b);
    larger |= static_cast<uint32_t>(takes_a ? of_a : of_b) << shift;
  }
  return larger;
}

inline float exp2_fast(float x) { return std::exp2(x); }

inline float half_to_float(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const float fraction = static_cast<float>(bits & 0x3FF);
  float magnitude = std::ldexp(fraction, -24);
  if (exponent > 0) magnitude = std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 0x1F) magnitude = fraction == 0 ? HUGE_VALF : std::nanf("");
  return bits & 0x8000 ? -magnitude : magnitude;
}

inline uint32_t max_nan_halves(uint32_t a, uint32_t b) {
  return max_nan_of_halves(a, b, half_to_float);
}

inline uint32_t max_nan_bfloats(uint32_t a, uint32_t b) {
  return max_nan_of_halves(
      a, b, [](uint16_t bits) { return __int_as_float(static_cast<uint32_t>(bits) << 16); });
}

template <int kConstant>
void keep_apart() {}

template <typename T>
T load_once(const T* from) {
  return *from;
}
template <typename T>
void store_once(T* to, const T& value) {
  *to = value;
}
template <typename T>
T load_fresh(const T* from) {
  return *from;
}

inline void copy_ahead(uint4* shared, const uint4* from) {
  host::copy_later(shared, from, sizeof *from);
}
inline void wait_for_copies() { host::wait_for_copies(); }

// Of as many bytes as the launch asks for, so that AddressSanitizer sees what goes beyond.
inline float* shared_floats() { return host::shared; }

template <typename... Parameters, typename... Arguments>
void launch_shared(const char* name, void (*kernel)(Parameters...), int64_t blocks, int threads,
                   int64_t shared_bytes, cudaStream_t, Arguments... arguments) {
  if (shared_bytes > 48 * 1024) throw Failure(POTSTILL_CUDA_FAILED, "launch of %s", name);
  std::vector<float> room(static_cast<size_t>(shared_bytes) / sizeof(float));
  host::shared = room.data();
  if (blocks < 1 || blocks > 0x7FFFFFFF || threads < 32 || threads > 1024 || threads % 32 != 0) {
    throw Failure(POTSTILL_CUDA_FAILED, "launch of %s", name);
  }
  host::run(blocks, threads, [&] { kernel(static_cast<Parameters>(arguments)...); });
}

template <typename... Parameters, typename... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), int64_t blocks, int threads,
            cudaStream_t stream, Arguments... arguments) {
  launch_shared(name, kernel, blocks, threads, 0, stream, arguments...);
}

}  // namespace potstill

#define threadIdx potstill::host::thread
#define blockIdx potstill::host::block
#define blockDim potstill::host::block_size
#define gridDim potstill::host::grid_size

inline void __syncthreads() { potstill::host::block_barrier(); }
inline void __syncwarp() { potstill::host::warp_barrier(); }
inline void __threadfence() {}
int __syncthreads_or(int value);

template <typename T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  return potstill::host::shuffle(value, potstill::host::thread.x ^ static_cast<unsigned>(mask));
}

// Of a lane that has none so far before it: its own.
template <typename T>
T __shfl_up_sync(unsigned, T value, int step) {
  const unsigned thread = potstill::host::thread.x;
  const unsigned before = static_cast<unsigned>(step);
  return potstill::host::shuffle(value, thread % 32 < before ? thread : thread - before);
}

template <typename T>
T __shfl_sync(unsigned, T value, int lane) {
  return potstill::host::shuffle(
      value, potstill::host::thread.x / 32 * 32 + static_cast<unsigned>(lane));
}

inline int __any_sync(unsigned mask, bool holds) {
  int any = holds ? 1 : 0;
  for (int step = 16; step > 0; step /= 2) any |= __shfl_xor_sync(mask, any, step);
  return any;
}

inline uint32_t atomicAdd(uint32_t* to, uint32_t value) {
  const uint32_t old = *to;
  *to += value;
  return old;
}

inline int32_t __float_as_int(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline double __longlong_as_double(long long bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

#endif
