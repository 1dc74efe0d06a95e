#include "device.h"

namespace potstill {
namespace {

constexpr int kOldestMajor = 8;  // compute capability 8.0, the oldest that is compiled for

void check(cudaError_t error, const char* call, int32_t status) {
  if (error == cudaSuccess) return;
  (void)cudaGetLastError();
  throw Failure(status, "%s: %s", call, cudaGetErrorString(error));
}

// The runtime calls a driver that is missing "insufficient".
void require_driver() {
  int driver = 0;
  int runtime = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion", POTSTILL_CUDA_UNAVAILABLE);
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion", POTSTILL_CUDA_UNAVAILABLE);
  if (driver == 0) throw Failure(POTSTILL_CUDA_UNAVAILABLE, "there is no NVIDIA driver");
  if (driver / 1000 < runtime / 1000) {
    throw Failure(POTSTILL_CUDA_UNAVAILABLE, "the driver is for CUDA %d.%d, %d.0 is needed",
                  driver / 1000, driver % 1000 / 10, runtime / 1000);
  }
}

// Of this process: it cannot change.
int device_count() {
  static const int count = [] {
    int found = 0;
    check(cudaGetDeviceCount(&found), "no usable GPU", POTSTILL_CUDA_UNAVAILABLE);
    return found;
  }();
  return count;
}

void require_ordinal(int32_t device) {
  if (device >= 0 && device < device_count()) return;
  throw Failure(POTSTILL_CUDA_UNAVAILABLE, "there is no device %d, there are %d",
                static_cast<int>(device), device_count());
}

void require_device(int32_t device) {
  require_driver();
  require_ordinal(device);
  int major = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
        "cudaDeviceGetAttribute", POTSTILL_CUDA_UNAVAILABLE);
  if (major < kOldestMajor) {
    throw Failure(POTSTILL_CUDA_UNAVAILABLE,
                  "device %d has compute capability %d.x, %d.0 is needed", static_cast<int>(device),
                  major, kOldestMajor);
  }
}

}  // namespace

DeviceScope::DeviceScope(int32_t device) : previous_(0), device_(device) {
  require_ordinal(device);
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
