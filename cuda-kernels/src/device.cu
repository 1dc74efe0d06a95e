#include "device.h"

namespace potstill {
namespace {

constexpr int kOldestMajor = 8;  // compute capability 8.0, the oldest that is compiled for

void check(cudaError_t error, const char* call, int32_t status) {
  if (error == cudaSuccess) return;
  (void)cudaGetLastError();
  throw Failure(status, "%s: %s", call, cudaGetErrorString(error));
}

void require_device(int32_t device) {
  int count = 0;
  check(cudaGetDeviceCount(&count), "no usable GPU", POTSTILL_CUDA_UNAVAILABLE);
  if (device < 0 || device >= count) {
    throw Failure(POTSTILL_CUDA_UNAVAILABLE, "there is no device %d, there are %d",
                  static_cast<int>(device), count);
  }
  int major = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
        "cudaDeviceGetAttribute", POTSTILL_CUDA_UNAVAILABLE);
  if (major < kOldestMajor) {
    throw Failure(POTSTILL_CUDA_UNAVAILABLE, "device %d has compute capability %d, %d is needed",
                  static_cast<int>(device), major, kOldestMajor);
  }
}

}  // namespace

DeviceScope::DeviceScope(int32_t device) : previous_(0), device_(device) {
  check(cudaGetDevice(&previous_), "cudaGetDevice", POTSTILL_CUDA_UNAVAILABLE);
  check(cudaSetDevice(device), "cudaSetDevice", POTSTILL_CUDA_UNAVAILABLE);
}

DeviceScope::~DeviceScope() {
  if (previous_ != device_) (void)cudaSetDevice(previous_);
}

}  // namespace potstill

int32_t potstill_cuda_available(int32_t device) noexcept {
  return potstill::guard("available", [&] { potstill::require_device(device); });
}
