// Device memory and copies for callers without an allocator of the device. The host execution
// brings its own (tests/host/host_memory.cpp).
#include "device.h"

int32_t potstill_cuda_allocate(int64_t bytes, void** memory, int32_t device,
                               void* stream) noexcept {
  return potstill::guard("allocate", [&] {
    potstill::require(bytes >= 0 && memory != nullptr, "negative size, or nowhere to put memory");
    *memory = nullptr;
    if (bytes == 0) return;
    const potstill::DeviceScope scope(device);
    potstill::require_success(
        cudaMallocAsync(memory, static_cast<size_t>(bytes), static_cast<cudaStream_t>(stream)),
        POTSTILL_CUDA_FAILED, "cudaMallocAsync (%lld bytes)", static_cast<long long>(bytes));
  });
}

int32_t potstill_cuda_release(void* memory, int32_t device, void* stream) noexcept {
  return potstill::guard("release", [&] {
    if (memory == nullptr) return;
    const potstill::DeviceScope scope(device);
    potstill::require_success(cudaFreeAsync(memory, static_cast<cudaStream_t>(stream)),
                              POTSTILL_CUDA_FAILED, "cudaFreeAsync");
  });
}

int32_t potstill_cuda_copy(void* to, const void* from, int64_t bytes, int32_t device,
                           void* stream) noexcept {
  return potstill::guard("copy", [&] {
    potstill::require(bytes >= 0, "negative size");
    potstill::require(bytes == 0 || (to != nullptr && from != nullptr), "a buffer is NULL");
    const potstill::DeviceScope scope(device);
    const auto queue = static_cast<cudaStream_t>(stream);
    potstill::require_success(
        cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDefault, queue),
        POTSTILL_CUDA_FAILED, "cudaMemcpyAsync (%lld bytes)", static_cast<long long>(bytes));
    potstill::require_success(cudaStreamSynchronize(queue), POTSTILL_CUDA_FAILED,
                              "cudaStreamSynchronize");
  });
}
