// What the benchmarks share: device buffers with random contents, medians of runs that alternate,
// and the report, one JSON object a line.
#ifndef POTSTILL_BENCH_HARNESS_H
#define POTSTILL_BENCH_HARNESS_H

#include <cuda_runtime.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "potstill_cuda.h"

// End the program with a message where a call failed.
void check(cudaError_t error, const char* call);
void check_status(int32_t status, const char* call);

// Device memory, aligned to 256 bytes.
class DeviceMemory {
 public:
  explicit DeviceMemory(int64_t bytes);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  template <typename T>
  T* as() const {
    return static_cast<T*>(memory_);
  }
  void* get() const { return memory_; }
  int64_t bytes() const { return bytes_; }

 private:
  void* memory_;
  int64_t bytes_;
};

// Random contents that depend on the seed alone; floats are uniform in [-scale, scale).
void fill_floats(float* to, int64_t n, float scale, uint64_t seed);
void fill_bfloats(uint16_t* to, int64_t n, float scale, uint64_t seed);
void fill_halves(uint16_t* to, int64_t n, float scale, uint64_t seed);
void fill_labels(int64_t* to, int64_t n, int64_t classes, uint64_t seed);

typedef std::function<void(cudaStream_t)> Run;

// Milliseconds on the device, the median of many runs of each after a few unmeasured ones. They
// alternate, and before each one what fills the second-level cache is read.
std::vector<double> medians(const std::vector<Run>& sides);

// Bytes read and written a second by a large copy from device to device.
double copy_bandwidth();

// What is said of one case; what is 0 or empty is left out.
struct Result {
  std::string operation;
  std::string shape;
  double ms;
  double bytes;         // read and written, as the header of the ABI counts them
  double wanted_share;  // of the copy bandwidth
  std::string against;  // what it is compared with
  double against_ms;
  double wanted_ratio;  // against_ms / ms
};
void report(const Result& result);

void bench_score();
void bench_lists();
void bench_select();
void bench_quantise();

#endif
