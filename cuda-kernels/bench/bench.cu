// Times of the kernels on GPU 0, one JSON object a line: milliseconds, bytes moved, share of the
// bandwidth of a copy, and CUB where it has the same operation. Exit status 77: there is no GPU.
#include <cstdio>

#include "harness.h"

int main() {
  if (potstill_cuda_available(0) != POTSTILL_CUDA_OK) {
    std::fprintf(stderr, "skipped: %s\n", potstill_cuda_last_error());
    return 77;
  }
  cudaDeviceProp device;
  check(cudaSetDevice(0), "cudaSetDevice");
  check(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
  int driver = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  std::printf(
      "{\"kind\": \"device\", \"name\": \"%s\", \"capability\": \"%d.%d\", \"driver\": \"%d.%d\", "
      "\"runtime\": \"%d.%d\", \"copy_gigabytes_per_second\": %.1f}\n",
      device.name, device.major, device.minor, driver / 1000, driver % 1000 / 10,
      CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10, copy_bandwidth() / 1e9);
  bench_score();
  bench_lists();
  bench_select();
  bench_quantise();
  return 0;
}
