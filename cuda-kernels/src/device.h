// What kernels use beyond the CUDA language. The tests' host execution (tests/host) brings its own
// of everything here; a kernel source never asks which of the two it is compiled for.
#ifndef POTSTILL_CUDA_DEVICE_H
#define POTSTILL_CUDA_DEVICE_H

#include <cstdint>

#ifdef POTSTILL_HOST_EXECUTION
#include "host_device.h"
#else
#include <cuda_fp16.h>
#include <cuda_pipeline_primitives.h>
#include <cuda_runtime.h>

#include "status.h"

namespace potstill {

constexpr int64_t kMostBlocks = 0x7FFFFFFF;  // of a launch; beyond, blocks loop
constexpr int64_t kEnoughWarps = 65536;  // 8 to 16 times what an H200 holds: the last weigh little
constexpr int64_t kMostRanges = 4096;    // into which lists are cut
constexpr int64_t kMostDirectReads = int64_t{1} << 22;  // of class_of, by all blocks of `select`

// The larger, NaN where either is NaN.
__device__ __forceinline__ float max_nan(float a, float b) {
  float larger;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(larger) : "f"(a), "f"(b));
  return larger;
}

// Of each half of a word by itself, bfloat16 or half precision.
__device__ __forceinline__ uint32_t max_nan_bfloats(uint32_t a, uint32_t b) {
  uint32_t larger;
  asm("max.NaN.bf16x2 %0, %1, %2;" : "=r"(larger) : "r"(a), "r"(b));
  return larger;
}
__device__ __forceinline__ uint32_t max_nan_halves(uint32_t a, uint32_t b) {
  uint32_t larger;
  asm("max.NaN.f16x2 %0, %1, %2;" : "=r"(larger) : "r"(a), "r"(b));
  return larger;
}

// To about 2 ulp near 0; 0 where the result would be subnormal (__expf takes twice the instructions
// to keep those).
__device__ __forceinline__ float exp2_fast(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

__device__ __forceinline__ float half_to_float(uint16_t bits) {
  return __half2float(__ushort_as_half(bits));
}

// In code that is repeated with a constant of its own each time: keeps the compiler from making one
// of it that indexes registers, which it can by long chains of choices alone.
template <int kConstant>
__device__ __forceinline__ void keep_apart() {
  asm volatile("// %0" : : "n"(kConstant));
}

// For what is read or written once: such lines leave the caches first.
template <typename T>
__device__ __forceinline__ T load_once(const T* from) {
  return __ldcs(from);
}
template <typename T>
__device__ __forceinline__ void store_once(T* to, const T& value) {
  __stcs(to, value);
}

// Past the first-level cache, for what other blocks of the same launch have written.
template <typename T>
__device__ __forceinline__ T load_fresh(const T* from) {
  return __ldcg(from);
}

// Begins to copy 16 bytes, aligned to as many, to shared memory. The thread has them after
// wait_for_copies, other threads after a barrier besides.
__device__ __forceinline__ void copy_ahead(uint4* shared, const uint4* from) {
  __pipeline_memcpy_async(shared, from, 16);
}
__device__ __forceinline__ void wait_for_copies() {
  __pipeline_commit();
  __pipeline_wait_prior(0);
}

// The shared memory of the block that launch_shared asks for.
__device__ __forceinline__ float* shared_floats() {
  extern __shared__ float4 of_block[];
  return reinterpret_cast<float*>(of_block);
}

// Throws with the status unless a call of the runtime succeeded; the text, formatted as by printf,
// says which.
void require_success(cudaError_t error, int32_t status, const char* format, ...)
    __attribute__((format(printf, 3, 4)));

// Queues a kernel with as many bytes of shared memory a block, at most 48 KB; throws where that
// fails.
template <typename... Parameters, typename... Arguments>
void launch_shared(const char* name, void (*kernel)(Parameters...), int64_t blocks, int threads,
                   int64_t shared_bytes, cudaStream_t stream, Arguments... arguments) {
  cudaLaunchConfig_t config = {};
  config.dynamicSmemBytes = static_cast<size_t>(shared_bytes);
  config.gridDim = dim3(static_cast<unsigned>(blocks));
  config.blockDim = dim3(static_cast<unsigned>(threads));
  config.stream = stream;
  require_success(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...),
                  POTSTILL_CUDA_FAILED, "launch of %s (%lld blocks of %d threads)", name,
                  static_cast<long long>(blocks), threads);
}

// The same without.
template <typename... Parameters, typename... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), int64_t blocks, int threads,
            cudaStream_t stream, Arguments... arguments) {
  launch_shared(name, kernel, blocks, threads, 0, stream, arguments...);
}

}  // namespace potstill
#endif

namespace potstill {

constexpr float kLog2E = 1.4426950408889634f;

__device__ __forceinline__ float exp_fast(float x) { return exp2_fast(x * kLog2E); }

// Makes a device current for the life of the scope, then the one that was before, if that is in
// use.
class DeviceScope {
 public:
  explicit DeviceScope(int32_t device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  int previous_;
  int device_;
};

}  // namespace potstill

#endif
