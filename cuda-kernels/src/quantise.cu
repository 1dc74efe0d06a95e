// quantise: index of the nearest vector of a codebook, argmin_k sum_d (x_d - e_kd)^2, ties to the
// lower index (van den Oord et al. 2017, eq. 1); f32, row-major.
//
// One launch; a block takes eight points and walks over the codebook in pieces of 1024 codes by
// eight coordinates, transposed in shared memory, so that a thread keeps the distances of eight
// points to four codes in registers and no table of distances is written. Reads 4 count * width
// bytes, the codebook once a block (from the second-level cache), and writes 8 a point. Distances
// are added in f32 in the order of the coordinates. Deterministic: each point is one block's, and
// the least of (distance, index) does not depend on the order of comparison.
#include <algorithm>

#include "device.h"
#include "reduce.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int kThreads = 256;
constexpr int kPoints = 8;  // of a block
constexpr int kCodes = 4;   // of a thread
constexpr int kPieceCodes = kThreads * kCodes;
constexpr int kPieceWidth = 8;
// Of one coordinate in shared memory: four more, so that eight coordinates of four codes, which
// neighbouring threads store, meet different banks, and each thread's four begin on 16 bytes.
constexpr int kPitch = kPieceCodes + 4;
constexpr int64_t kMostCodes = int64_t{1} << 30;
constexpr int kWarps = kThreads / 32;
static_assert(kWarps == kPoints, "a warp finishes a point");

struct Codebook {
  const float* values;
  int64_t codes;
  int64_t width;
};

__device__ __forceinline__ float infinity() { return __int_as_float(0x7F800000); }

// What the block holds of both: coordinates `first` to first + kPieceWidth - 1.
struct alignas(16) Piece {
  float codes[kPieceWidth * kPitch];
  float points[kPieceWidth * kPoints];
};

// Codes past the last are at no finite distance of anything; points past the last are not written.
__device__ __forceinline__ void stage(const Codebook& book, const float* points, int64_t left,
                                      int64_t code, int64_t first, int width, Piece* piece) {
  for (int i = static_cast<int>(threadIdx.x); i < kPieceCodes * width; i += kThreads) {
    const int k = i / width;
    const int d = i % width;
    piece->codes[d * kPitch + k] =
        code + k < book.codes ? book.values[(code + k) * book.width + first + d] : infinity();
  }
  for (int i = static_cast<int>(threadIdx.x); i < kPoints * width; i += kThreads) {
    const int p = i / width;
    const int d = i % width;
    piece->points[d * kPoints + p] = p < left ? points[p * book.width + first + d] : 0.0f;
  }
}

__device__ __forceinline__ void add_squares(const Piece& piece, int width,
                                            float (&distances)[kPoints][kCodes]) {
  const float4* codes = reinterpret_cast<const float4*>(piece.codes) + threadIdx.x;
  for (int d = 0; d < width; ++d) {
    const float4 four = codes[d * (kPitch / 4)];
    const float e[kCodes] = {four.x, four.y, four.z, four.w};
#pragma unroll
    for (int p = 0; p < kPoints; ++p) {
      const float x = piece.points[d * kPoints + p];
#pragma unroll
      for (int k = 0; k < kCodes; ++k) {
        const float difference = x - e[k];
        distances[p][k] += difference * difference;
      }
    }
  }
}

// Distance and index in one number whose order is the order of (distance, index).
__device__ __forceinline__ uint64_t key_of(float distance, int32_t code) {
  return static_cast<uint64_t>(static_cast<uint32_t>(__float_as_int(distance))) << 32 |
         static_cast<uint32_t>(code);
}

__device__ __forceinline__ uint64_t warp_least(uint64_t key) {
  for (int step = 16; step > 0; step /= 2) {
    const uint64_t other = __shfl_xor_sync(kAllLanes, key, step);
    key = other < key ? other : key;
  }
  return key;
}

// The nearest code so far of each point, among those of this thread.
struct Nearest {
  float distances[kPoints];
  int32_t codes[kPoints];

  __device__ Nearest() {
    for (int p = 0; p < kPoints; ++p) {
      distances[p] = infinity();
      codes[p] = 0;
    }
  }

  // Not where the distance is NaN or infinite; not where it is equal, as codes come in order.
  __device__ void take(const float (&of_piece)[kPoints][kCodes], int32_t first) {
#pragma unroll
    for (int p = 0; p < kPoints; ++p) {
#pragma unroll
      for (int k = 0; k < kCodes; ++k) {
        const bool closer = of_piece[p][k] < distances[p];
        distances[p] = closer ? of_piece[p][k] : distances[p];
        codes[p] = closer ? first + k : codes[p];
      }
    }
  }
};

__device__ __forceinline__ Nearest search(const Codebook& book, const float* points, int64_t left) {
  __shared__ Piece piece;
  Nearest nearest;
  for (int64_t code = 0; code < book.codes; code += kPieceCodes) {
    float distances[kPoints][kCodes] = {};
    for (int64_t first = 0; first < book.width; first += kPieceWidth) {
      const int width =
          static_cast<int>(min(book.width - first, static_cast<int64_t>(kPieceWidth)));
      __syncthreads();  // an earlier piece has been read
      stage(book, points, left, code, first, width, &piece);
      __syncthreads();
      add_squares(piece, width, distances);
    }
    nearest.take(distances, static_cast<int32_t>(code + threadIdx.x * kCodes));
  }
  return nearest;
}

__global__ void __launch_bounds__(kThreads)
    nearest_codes(const float* points, int64_t count, Codebook book, int64_t* indices) {
  __shared__ uint64_t of_warp[kPoints][kWarps];
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kPoints;
  for (int64_t base = static_cast<int64_t>(blockIdx.x) * kPoints; base < count; base += stride) {
    // Its barriers lie between the reading of of_warp for earlier points and the writing for these.
    const Nearest nearest = search(book, points + base * book.width, count - base);
#pragma unroll
    for (int p = 0; p < kPoints; ++p) {
      const uint64_t least = warp_least(key_of(nearest.distances[p], nearest.codes[p]));
      if (lane == 0) of_warp[p][warp] = least;
    }
    __syncthreads();
    const uint64_t least = warp_least(of_warp[warp][lane % kWarps]);
    if (lane == 0 && base + warp < count) {
      indices[base + warp] = static_cast<int64_t>(least & 0xFFFFFFFFu);
    }
  }
}

}  // namespace
}  // namespace potstill

int32_t potstill_cuda_quantise(const float* points, int64_t count, const float* codebook,
                               int64_t codes, int64_t width, int64_t* indices, int32_t device,
                               void* stream) noexcept {
  using namespace potstill;
  return guard("quantise", [&] {
    require(count >= 0, "count is negative");
    require(codes >= 1, "the codebook is empty");
    require(codes <= kMostCodes, "the codebook is too large");
    require(width >= 1, "width must be at least 1");
    require(width < (int64_t{1} << 60) / std::max(codes, count), "size is too large");
    require(codebook != nullptr, "codebook is NULL");
    if (count == 0) return;
    require(points != nullptr && indices != nullptr, "points or indices is NULL");
    const int64_t blocks = std::min((count + kPoints - 1) / kPoints, kMostBlocks);
    const DeviceScope scope(device);
    launch("nearest_codes", nearest_codes, blocks, kThreads, static_cast<cudaStream_t>(stream),
           points, count, Codebook{codebook, codes, width}, indices);
  });
}
