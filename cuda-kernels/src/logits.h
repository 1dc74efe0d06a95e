// Logits as they are stored, read 16 bytes at a time.
#ifndef POTSTILL_CUDA_LOGITS_H
#define POTSTILL_CUDA_LOGITS_H

#include "device.h"

namespace potstill {

struct Float32 {
  typedef uint32_t Stored;
  static constexpr uint32_t kFill = 0xFF800000u;  // a word of minus infinity
  __device__ static float get(const uint4& v, int k) { return __int_as_float(word(v, k)); }
  __device__ static float convert(uint32_t bits) { return __int_as_float(bits); }
  __device__ static uint32_t word(const uint4& v, int k) {
    return k == 0 ? v.x : k == 1 ? v.y : k == 2 ? v.z : v.w;
  }
};

struct Bfloat16 {
  typedef uint16_t Stored;
  static constexpr uint32_t kFill = 0xFF80FF80u;
  __device__ static float get(const uint4& v, int k) {
    const uint32_t word = Float32::word(v, k / 2);
    return __int_as_float(k % 2 == 0 ? word << 16 : word & 0xFFFF0000u);
  }
  __device__ static float convert(uint16_t bits) {
    return __int_as_float(static_cast<uint32_t>(bits) << 16);
  }
};

struct Float16 {
  typedef uint16_t Stored;
  static constexpr uint32_t kFill = 0xFC00FC00u;
  __device__ static float get(const uint4& v, int k) {
    const uint32_t word = Float32::word(v, k / 2);
    return half_to_float(static_cast<uint16_t>(k % 2 == 0 ? word : word >> 16));
  }
  __device__ static float convert(uint16_t bits) { return half_to_float(bits); }
};

// A stretch of elements: `head` single ones up to the first boundary of 16 bytes, then `vectors`,
// then what is left.
template <typename Type>
struct Stretch {
  typedef typename Type::Stored Stored;
  static constexpr int kPerVector = 16 / sizeof(Stored);
  const Stored* from;
  int64_t count;
  int64_t head;
  int64_t vectors;

  __device__ Stretch(const Stored* first, int64_t length) : from(first), count(length) {
    const uintptr_t past = reinterpret_cast<uintptr_t>(first) % 16;
    head = min(length, static_cast<int64_t>((16 - past) % 16 / sizeof(Stored)));
    vectors = (length - head) / kPerVector;
  }

  __device__ uint4 vector(int64_t v) const {
    return load_once(reinterpret_cast<const uint4*>(from + head) + v);
  }

  // Calls use(index) for the elements outside the vectors, each for one of `threads` threads.
  template <typename Use>
  __device__ void for_each_single(int thread, int threads, const Use& use) const {
    for (int64_t i = thread; i < head; i += threads) use(i);
    for (int64_t i = head + vectors * kPerVector + thread; i < count; i += threads) use(i);
  }
};

}  // namespace potstill

#endif
