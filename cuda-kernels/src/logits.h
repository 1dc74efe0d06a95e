// Logits as they are stored, read 16 bytes at a time.
#ifndef POTSTILL_CUDA_LOGITS_H
#define POTSTILL_CUDA_LOGITS_H

#include "device.h"

namespace potstill {

// Of each type: how it is stored, its minus infinity, a number far below any logit near zero, how
// many lie in a word of 32 bits, the k-th of a word, one by itself, and the larger of two words' at
// every place, NaN where either is NaN.
struct Float32 {
  typedef uint32_t Stored;
  static constexpr Stored kMinusInfinity = 0xFF800000u;
  static constexpr Stored kFarBelow = 0xF149F2CAu;  // -1e30
  static constexpr int kPerWord = 1;
  __device__ static float of_word(uint32_t word, int) { return __int_as_float(word); }
  __device__ static float convert(Stored bits) { return __int_as_float(bits); }
  __device__ static uint32_t larger(uint32_t a, uint32_t b) {
    return static_cast<uint32_t>(__float_as_int(max_nan(__int_as_float(a), __int_as_float(b))));
  }
};

struct Bfloat16 {
  typedef uint16_t Stored;
  static constexpr Stored kMinusInfinity = 0xFF80u;
  static constexpr Stored kFarBelow = 0xF14Au;  // -1e30
  static constexpr int kPerWord = 2;
  __device__ static float of_word(uint32_t word, int k) {
    return __int_as_float(k == 0 ? word << 16 : word & 0xFFFF0000u);
  }
  __device__ static float convert(Stored bits) {
    return __int_as_float(static_cast<uint32_t>(bits) << 16);
  }
  __device__ static uint32_t larger(uint32_t a, uint32_t b) { return max_nan_bfloats(a, b); }
};

struct Float16 {
  typedef uint16_t Stored;
  static constexpr Stored kMinusInfinity = 0xFC00u;
  static constexpr Stored kFarBelow = 0xFBFFu;  // -65504
  static constexpr int kPerWord = 2;
  __device__ static float of_word(uint32_t word, int k) {
    return half_to_float(static_cast<uint16_t>(k == 0 ? word : word >> 16));
  }
  __device__ static float convert(Stored bits) { return half_to_float(bits); }
  __device__ static uint32_t larger(uint32_t a, uint32_t b) { return max_nan_halves(a, b); }
};

// A word that holds nothing else.
template <typename Type>
__device__ constexpr uint32_t minus_infinities() {
  return Type::kPerWord == 1 ? Type::kMinusInfinity : Type::kMinusInfinity * 0x10001u;
}
template <typename Type>
__device__ constexpr uint32_t far_below() {
  return Type::kPerWord == 1 ? Type::kFarBelow : Type::kFarBelow * 0x10001u;
}

template <typename Type>
__device__ __forceinline__ float largest_of_word(uint32_t word) {
  float largest = Type::of_word(word, 0);
  if (Type::kPerWord == 2) largest = max_nan(largest, Type::of_word(word, 1));
  return largest;
}

template <typename Type>
__device__ __forceinline__ float largest_of_words(const uint32_t (&words)[4]) {
  return largest_of_word<Type>(
      Type::larger(Type::larger(words[0], words[1]), Type::larger(words[2], words[3])));
}

// As many bytes as are read at once from where they are aligned to as many, whatever their type.
template <int kBytes>
struct alignas(kBytes) [[gnu::may_alias]] Unit {
  uint32_t words[kBytes / 4];
};

template <>
struct alignas(2) [[gnu::may_alias]] Unit<2> {
  uint16_t half;
};

template <typename Type, int kBytes>
__device__ __forceinline__ float element_of(const Unit<kBytes>& unit, int k) {
  return Type::of_word(unit.words[k / Type::kPerWord], k % Type::kPerWord);
}

template <typename Type>
__device__ __forceinline__ float element_of(const Unit<2>& unit, int) {
  return Type::convert(unit.half);
}

template <typename Type>
__device__ __forceinline__ float element_of(const uint4& v, int k) {
  const int w = k / Type::kPerWord;
  return Type::of_word(w == 0 ? v.x : w == 1 ? v.y : w == 2 ? v.z : v.w, k % Type::kPerWord);
}

// A stretch of elements: `head` single ones up to the first boundary of 16 bytes, then `vectors`,
// then what is left.
template <typename Type>
struct Stretch {
  typedef typename Type::Stored Stored;
  static constexpr int kPerVector = 16 / sizeof(Stored);
  const Stored* from;
  int count;
  int head;
  int vectors;

  __device__ Stretch(const Stored* first, int length) : from(first), count(length) {
    const auto past = static_cast<int>(reinterpret_cast<uintptr_t>(first) % 16);
    head = min(length, (16 - past) % 16 / static_cast<int>(sizeof(Stored)));
    vectors = static_cast<int>(static_cast<unsigned>(length - head) / kPerVector);
  }

  __device__ const uint4* address(int v) const {
    return reinterpret_cast<const uint4*>(from + head) + v;
  }

  __device__ uint4 vector(int v) const { return load_once(address(v)); }

  // Calls use(index) for the elements outside the vectors, each for one of `threads` threads.
  template <typename Use>
  __device__ void for_each_single(int thread, int threads, const Use& use) const {
    for (int i = thread; i < head; i += threads) use(i);
    for (int i = head + vectors * kPerVector + thread; i < count; i += threads) use(i);
  }
};

}  // namespace potstill

#endif
