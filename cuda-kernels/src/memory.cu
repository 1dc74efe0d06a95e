// Device memory and copies for callers without an allocator of the device. The host execution
// brings its own (tests/host/host_memory.cpp).
#include "device.h"

namespace potstill {
namespace {

void check(cudaError_t error, const char* call, int64_t bytes) {
  if (error == cudaSuccess) return;
  (void)cudaGetLastError();
  throw Failure(POTSTILL_CUDA_FAILED, "%s (%lld bytes): %s", call, static_cast<long long>(bytes),
                cudaGetErrorString(error));
}

}  // namespace
}  // namespace potstill

int32_t potstill_cuda_allocate(int64_t bytes, void** memory, int32_t device,
                               void* stream) noexcept {
  return potstill::guard("allocate", [&] {
    potstill::require(bytes >= 0 && memory != nullptr, "negative size, or nowhere to put memory");
    *memory = nullptr;
    if (bytes == 0) return;
    const potstill::DeviceScope scope(device);
    potstill::check(
        cudaMallocAsync(memory, static_cast<size_t>(bytes), static_cast<cudaStream_t>(stream)),
        "cudaMallocAsync", bytes);
  });
}

int32_t potstill_cuda_release(void* memory, int32_t device, void* stream) noexcept {
  return potstill::guard("release", [&] {
    if (memory == nullptr) return;
    const potstill::DeviceScope scope(device);
    potstill::check(cudaFreeAsync(memory, static_cast<cudaStream_t>(stream)), "cudaFreeAsync", 0);
  });
}

int32_t potstill_cuda_copy(void* to, const void* from, int64_t bytes, int32_t device,
                           void* stream) noexcept {
  return potstill::guard("copy", [&] {
    potstill::require(bytes >= 0, "negative size");
    potstill::require(bytes == 0 || (to != nullptr && from != nullptr), "a buffer is NULL");
    const potstill::DeviceScope scope(device);
    const auto queue = static_cast<cudaStream_t>(stream);
    potstill::check(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDefault, queue),
                    "cudaMemcpyAsync", bytes);
    potstill::check(cudaStreamSynchronize(queue), "cudaStreamSynchronize", bytes);
  });
}
