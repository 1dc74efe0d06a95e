#include "device.h"

#include <cuda.h>

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

// Whether anything in this process uses the device already. Where the driver cannot tell: yes.
bool has_context(int device) {
  typedef CUresult (*GetState)(CUdevice, unsigned*, int*);
  static const GetState get_state = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result;
    const cudaError_t error = cudaGetDriverEntryPointByVersion("cuDevicePrimaryCtxGetState", &found,
                                                               12000, cudaEnableDefault, &result);
    if (error != cudaSuccess) (void)cudaGetLastError();
    const bool usable = error == cudaSuccess && result == cudaDriverEntryPointSuccess;
    return usable ? reinterpret_cast<GetState>(found) : nullptr;
  }();
  unsigned flags = 0;
  int active = 1;
  if (get_state == nullptr || get_state(device, &flags, &active) != CUDA_SUCCESS) return true;
  return active != 0;
}

// Whether the library holds code for the device: machine code of the same major version, or PTX,
// which serves every later one. Asking the runtime would take the device's memory for a context.
bool has_code_for(int major, int minor) {
  for (const int compiled : {__CUDA_ARCH_LIST__}) {  // 100 * major + 10 * minor
    if (compiled / 100 == major && compiled / 10 % 10 <= minor) return true;
  }
  return POTSTILL_CUDA_OLDEST_PTX <= 10 * major + minor;
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
  int minor = 0;
  check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
        "cudaDeviceGetAttribute", POTSTILL_CUDA_UNAVAILABLE);
  if (!has_code_for(major, minor)) {
    throw Failure(POTSTILL_CUDA_UNAVAILABLE,
                  "device %d has compute capability %d.%d, for which the library was not compiled",
                  static_cast<int>(device), major, minor);
  }
}

}  // namespace

DeviceScope::DeviceScope(int32_t device) : previous_(0), device_(device) {
  require_ordinal(device);
  check(cudaGetDevice(&previous_), "cudaGetDevice", POTSTILL_CUDA_UNAVAILABLE);
  check(cudaSetDevice(device), "cudaSetDevice", POTSTILL_CUDA_UNAVAILABLE);
}

// Making a device current takes hundreds of megabytes of it where nothing used it before, as with a
// thread's device 0 when all work is for device 1.
DeviceScope::~DeviceScope() {
  if (previous_ != device_ && has_context(previous_)) (void)cudaSetDevice(previous_);
}

}  // namespace potstill

int32_t potstill_cuda_available(int32_t device) noexcept {
  return potstill::guard("available", [&] { potstill::require_device(device); });
}
