#include "device.h"

#include <cuda.h>

#include <cstdarg>
#include <cstdio>

namespace potstill {

void require_success(cudaError_t error, int32_t status, const char* format, ...) {
  if (error == cudaSuccess) return;
  (void)cudaGetLastError();  // the next call is not to find it
  char call[128];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(call, sizeof call, format, arguments);
  va_end(arguments);
  throw Failure(status, "%s: %s", call, cudaGetErrorString(error));
}

namespace {

constexpr int kOldestMajor = 8;  // compute capability 8.0, the oldest that is compiled for

void require_available(cudaError_t error, const char* call) {
  require_success(error, POTSTILL_CUDA_UNAVAILABLE, "%s", call);
}

// The runtime calls a driver that is missing "insufficient".
void require_driver() {
  int driver = 0;
  int runtime = 0;
  require_available(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  require_available(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
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
    require_available(cudaGetDeviceCount(&found), "no usable GPU");
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
  require_available(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
                    "cudaDeviceGetAttribute");
  if (major < kOldestMajor) {
    throw Failure(POTSTILL_CUDA_UNAVAILABLE,
                  "device %d has compute capability %d.x, %d.0 is needed", static_cast<int>(device),
                  major, kOldestMajor);
  }
  int minor = 0;
  require_available(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
                    "cudaDeviceGetAttribute");
  if (!has_code_for(major, minor)) {
    throw Failure(POTSTILL_CUDA_UNAVAILABLE,
                  "device %d has compute capability %d.%d, for which the library was not compiled",
                  static_cast<int>(device), major, minor);
  }
}

}  // namespace

DeviceScope::DeviceScope(int32_t device) : previous_(0), device_(device) {
  require_ordinal(device);
  require_available(cudaGetDevice(&previous_), "cudaGetDevice");
  require_available(cudaSetDevice(device), "cudaSetDevice");
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
