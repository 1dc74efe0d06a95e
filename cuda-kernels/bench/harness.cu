#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "harness.h"

namespace {

constexpr int kWarmUps = 5;
constexpr int kRuns = 25;
constexpr int kThreads = 256;
constexpr int kBlocks = 2048;
constexpr int64_t kCopyBytes = int64_t{1} << 30;

// Of (seed, i), uniform in [0, 2^32).
__device__ uint32_t random_bits(uint64_t seed, int64_t i) {
  uint64_t z = seed * 0x9E3779B97F4A7C15u + (static_cast<uint64_t>(i) + 1) * 0xD1B54A32D192ED03u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<uint32_t>((z ^ (z >> 31)) >> 32);
}

struct AsFloat {
  typedef float Stored;
  __device__ static float convert(float value) { return value; }
};

struct AsBfloat {
  typedef uint16_t Stored;
  __device__ static uint16_t convert(float value) {
    return __bfloat16_as_ushort(__float2bfloat16(value));
  }
};

struct AsHalf {
  typedef uint16_t Stored;
  __device__ static uint16_t convert(float value) { return __half_as_ushort(__float2half(value)); }
};

template <typename As>
__global__ void fill_values(typename As::Stored* to, int64_t n, float scale, uint64_t seed) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += stride) {
    const float unit = static_cast<float>(random_bits(seed, i) >> 8) * (1.0f / 8388608.0f) - 1.0f;
    to[i] = As::convert(scale * unit);
  }
}

__global__ void fill_classes(int64_t* to, int64_t n, int64_t classes, uint64_t seed) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += stride) {
    to[i] = static_cast<int64_t>(random_bits(seed, i)) % classes;
  }
}

// Adds up; `sum` is written where it is positive, which it never is.
__global__ void read_all(const float4* from, int64_t n, float* sum) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  float mine = 0;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += stride) {
    const float4 v = from[i];
    mine += v.x + v.y + v.z + v.w;
  }
  if (mine > 0) *sum = mine;
}

// Reads more than the second-level cache holds, so that nothing of use is left in it, nor anything that
// has yet to be written back; long enough that what follows is queued by then.
void flush_cache(cudaStream_t stream) {
  static const DeviceMemory* zeros = [] {
    int device = 0;
    int cache = 0;
    check(cudaGetDevice(&device), "cudaGetDevice");
    check(cudaDeviceGetAttribute(&cache, cudaDevAttrL2CacheSize, device), "cudaDeviceGetAttribute");
    auto* memory = new DeviceMemory(std::max<int64_t>(8 * int64_t{cache}, int64_t{512} << 20));
    check(cudaMemset(memory->get(), 0, static_cast<size_t>(memory->bytes())), "cudaMemset");
    check(cudaDeviceSynchronize(), "cudaMemset");
    return memory;
  }();
  read_all<<<kBlocks, kThreads, 0, stream>>>(zeros->as<float4>(), zeros->bytes() / 16,
                                            zeros->as<float>());
  check(cudaGetLastError(), "read_all");
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double measure(const Run& run, cudaStream_t stream, cudaEvent_t begin, cudaEvent_t end) {
  flush_cache(stream);
  check(cudaEventRecord(begin, stream), "cudaEventRecord");
  run(stream);
  check(cudaEventRecord(end, stream), "cudaEventRecord");
  check(cudaEventSynchronize(end), "a benchmark");
  float ms = 0;
  check(cudaEventElapsedTime(&ms, begin, end), "cudaEventElapsedTime");
  return ms;
}

}  // namespace

void check(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "%s: %s\n", call, cudaGetErrorString(error));
  std::exit(1);
}

void check_status(int32_t status, const char* call) {
  if (status == POTSTILL_CUDA_OK) return;
  std::fprintf(stderr, "%s returns %d: %s\n", call, status, potstill_cuda_last_error());
  std::exit(1);
}

DeviceMemory::DeviceMemory(int64_t bytes) : memory_(nullptr), bytes_(bytes) {
  check(cudaMalloc(&memory_, static_cast<size_t>(std::max<int64_t>(bytes, 1))), "cudaMalloc");
}

DeviceMemory::~DeviceMemory() { (void)cudaFree(memory_); }

void fill_floats(float* to, int64_t n, float scale, uint64_t seed) {
  fill_values<AsFloat><<<kBlocks, kThreads>>>(to, n, scale, seed);
  check(cudaGetLastError(), "fill_floats");
}

void fill_bfloats(uint16_t* to, int64_t n, float scale, uint64_t seed) {
  fill_values<AsBfloat><<<kBlocks, kThreads>>>(to, n, scale, seed);
  check(cudaGetLastError(), "fill_bfloats");
}

void fill_halves(uint16_t* to, int64_t n, float scale, uint64_t seed) {
  fill_values<AsHalf><<<kBlocks, kThreads>>>(to, n, scale, seed);
  check(cudaGetLastError(), "fill_halves");
}

void fill_labels(int64_t* to, int64_t n, int64_t classes, uint64_t seed) {
  fill_classes<<<kBlocks, kThreads>>>(to, n, classes, seed);
  check(cudaGetLastError(), "fill_labels");
}

std::vector<double> medians(const std::vector<Run>& sides) {
  cudaStream_t stream;
  cudaEvent_t begin;
  cudaEvent_t end;
  check(cudaDeviceSynchronize(), "what came before");  // the new stream does not wait for it
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  check(cudaEventCreate(&begin), "cudaEventCreate");
  check(cudaEventCreate(&end), "cudaEventCreate");
  std::vector<std::vector<double>> times(sides.size());
  for (int r = 0; r < kWarmUps + kRuns; ++r) {
    for (size_t s = 0; s < sides.size(); ++s) {
      const double ms = measure(sides[s], stream, begin, end);
      if (r >= kWarmUps) times[s].push_back(ms);
    }
  }
  check(cudaEventDestroy(begin), "cudaEventDestroy");
  check(cudaEventDestroy(end), "cudaEventDestroy");
  check(cudaStreamDestroy(stream), "cudaStreamDestroy");
  std::vector<double> result;
  for (const auto& of_side : times) result.push_back(median(of_side));
  return result;
}

double copy_bandwidth() {
  static const double bandwidth = [] {
    const DeviceMemory from(kCopyBytes);
    const DeviceMemory to(kCopyBytes);
    fill_floats(from.as<float>(), kCopyBytes / 4, 1, 1);
    const double ms = medians({[&](cudaStream_t stream) {
      check(cudaMemcpyAsync(to.get(), from.get(), kCopyBytes, cudaMemcpyDeviceToDevice, stream),
            "cudaMemcpyAsync");
    }})[0];
    return 2e3 * static_cast<double>(kCopyBytes) / ms;
  }();
  return bandwidth;
}

void report(const Result& r) {
  std::printf("{\"kind\": \"time\", \"operation\": \"%s\", \"shape\": \"%s\", \"ms\": %.6g",
              r.operation.c_str(), r.shape.c_str(), r.ms);
  if (r.bytes > 0) {
    std::printf(", \"bytes\": %.0f, \"share\": %.4f", r.bytes,
                1e3 * r.bytes / r.ms / copy_bandwidth());
  }
  if (r.wanted_share > 0) std::printf(", \"wanted_share\": %g", r.wanted_share);
  if (!r.against.empty()) {
    std::printf(", \"against\": \"%s\", \"against_ms\": %.6g, \"ratio\": %.4f", r.against.c_str(),
                r.against_ms, r.against_ms / r.ms);
  }
  if (r.wanted_ratio > 0) std::printf(", \"wanted_ratio\": %g", r.wanted_ratio);
  std::printf("}\n");
  std::fflush(stdout);
}
