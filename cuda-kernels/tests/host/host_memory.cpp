// The memory of the host execution: the host's own.
#include <cstdlib>
#include <cstring>

#include "device.h"

namespace {
constexpr size_t kAlignment = 256;
}

int32_t potstill_cuda_allocate(int64_t bytes, void** memory, int32_t device, void*) noexcept {
  return potstill::guard("allocate", [&] {
    potstill::require(bytes >= 0 && memory != nullptr, "negative size, or nowhere to put memory");
    *memory = nullptr;
    const potstill::DeviceScope scope(device);
    if (bytes > 0 && posix_memalign(memory, kAlignment, static_cast<size_t>(bytes)) != 0) {
      throw potstill::Failure(POTSTILL_CUDA_FAILED, "no memory for %lld bytes",
                              static_cast<long long>(bytes));
    }
  });
}

int32_t potstill_cuda_release(void* memory, int32_t, void*) noexcept {
  std::free(memory);
  return POTSTILL_CUDA_OK;
}

int32_t potstill_cuda_copy(void* to, const void* from, int64_t bytes, int32_t device,
                           void*) noexcept {
  return potstill::guard("copy", [&] {
    potstill::require(bytes >= 0, "negative size");
    potstill::require(bytes == 0 || (to != nullptr && from != nullptr), "a buffer is NULL");
    const potstill::DeviceScope scope(device);
    if (bytes > 0) std::memcpy(to, from, static_cast<size_t>(bytes));
  });
}
