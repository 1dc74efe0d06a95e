// score: cross-entropy of logits (rows, classes) f32, bf16 or f16 against labels, and on request
// margin, entropy, EL2N and correctness, in one pass by an online log-sum-exp in f32.
//
// Up to 64 classes a block stages 128 rows in shared memory and a thread takes a row; above, a row
// is read by 8, 32 or 256 threads in loads of 16 bytes, four of them in flight, with single elements
// up to the first boundary of 16 bytes and after the last. Reads rows * (classes * element size + 8)
// bytes and writes 4 a row and output. Deterministic for a given alignment of the row. Only where a
// logit equals the label's and is the largest of the others, `correct` looks at the row again.
#include <algorithm>

#include "logits.h"
#include "score_row.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int kThreads = 256;
constexpr int kTileRows = 128;
constexpr int kMostTileClasses = 64;
constexpr int kInFlight = 4;

struct Rows {
  const void* logits;
  const int64_t* labels;
  int64_t rows;
  int64_t classes;
};

// The share of thread `thread` of `threads` in a row's logits but the label's.
template <typename Type, bool kAll>
__device__ __forceinline__ Others read_share(const Stretch<Type>& row, int64_t label, int thread,
                                             int threads) {
  constexpr int kPerVector = Stretch<Type>::kPerVector;
  Others sums;
  for (int64_t first = thread; first < row.vectors; first += kInFlight * threads) {
    uint4 raw[kInFlight];
    for (int u = 0; u < kInFlight; ++u) {
      const int64_t v = first + u * threads;
      raw[u].x = raw[u].y = raw[u].z = raw[u].w = Type::kFill;
      if (v < row.vectors) raw[u] = row.vector(v);
    }
    float z[kInFlight * kPerVector];
    for (int u = 0; u < kInFlight; ++u) {
      const int64_t place = label - row.head - (first + u * threads) * kPerVector;
      for (int k = 0; k < kPerVector; ++k) z[u * kPerVector + k] = Type::get(raw[u], k);
      if (place >= 0 && place < kPerVector) {
        for (int k = 0; k < kPerVector; ++k) {
          if (k == place) z[u * kPerVector + k] = minus_infinity();
        }
      }
    }
    sums.add_chunk<kAll>(z);
  }
  row.for_each_single(thread, threads, [&](int64_t i) {
    const float z[1] = {i == label ? minus_infinity() : Type::convert(row.from[i])};
    sums.add_chunk<kAll>(z);
  });
  return sums;
}

// Merges the shares of the kRowThreads threads of a row; each of them gets the whole.
template <int kRowThreads, bool kAll>
__device__ __forceinline__ Others merge_shares(Others sums) {
  for (int step = kRowThreads < 32 ? kRowThreads / 2 : 16; step > 0; step /= 2) {
    Others other;
    other.max = __shfl_xor_sync(kAllLanes, sums.max, step);
    other.exp_sum = __shfl_xor_sync(kAllLanes, sums.exp_sum, step);
    if (kAll) {
      other.square_sum = __shfl_xor_sync(kAllLanes, sums.square_sum, step);
      other.slope_sum = __shfl_xor_sync(kAllLanes, sums.slope_sum, step);
    }
    sums.merge<kAll>(other);
  }
  if (kRowThreads > 32) {
    __shared__ float of_warp[kThreads / 32][4];
    float* mine = of_warp[threadIdx.x / 32];
    __syncthreads();  // those of an earlier row have been read
    if (threadIdx.x % 32 == 0) {
      mine[0] = sums.max;
      mine[1] = sums.exp_sum;
      mine[2] = sums.square_sum;
      mine[3] = sums.slope_sum;
    }
    __syncthreads();
    sums = Others();
    for (int w = 0; w < kThreads / 32; ++w) {
      Others other;
      other.max = of_warp[w][0];
      other.exp_sum = of_warp[w][1];
      other.square_sum = of_warp[w][2];
      other.slope_sum = of_warp[w][3];
      sums.merge<kAll>(other);
    }
  }
  return sums;
}

// Whether one of the first `label` logits equals `own`, for the threads of a row that `ask`; all
// threads of the block call it together.
template <typename Type, int kRowThreads>
__device__ __forceinline__ bool is_before(const Stretch<Type>& row, int64_t label, float own,
                                          bool ask, int thread) {
  int found = 0;
  for (int64_t i = thread; ask && i < label; i += kRowThreads) {
    found |= Type::convert(row.from[i]) == own ? 1 : 0;
  }
  if constexpr (kRowThreads > 32) {
    return __syncthreads_or(found) != 0;
  } else {
    for (int step = kRowThreads / 2; step > 0; step /= 2) {
      found |= __shfl_xor_sync(kAllLanes, found, step);
    }
    return found != 0;
  }
}

template <typename Type, int kRowThreads, bool kAll>
__global__ void __launch_bounds__(kThreads) score_rows(Rows in, ScoreOutputs to) {
  constexpr int kRows = kThreads / kRowThreads;
  const int thread = static_cast<int>(threadIdx.x) % kRowThreads;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kRows;
  for (int64_t base = static_cast<int64_t>(blockIdx.x) * kRows; base < in.rows; base += stride) {
    const int64_t row = base + threadIdx.x / kRowThreads;
    const bool active = row < in.rows;  // the others only take part in the exchange
    const auto* logits = static_cast<const typename Type::Stored*>(in.logits) + row * in.classes;
    const Stretch<Type> stretch(logits, active ? in.classes : 0);
    const int64_t label = active ? in.labels[row] : -1;
    const bool valid = label >= 0 && label < in.classes;
    const float own = valid ? Type::convert(logits[label]) : not_a_number();
    Others others = read_share<Type, kAll>(stretch, label, thread, kRowThreads);
    others = merge_shares<kRowThreads, kAll>(others);
    bool tied = false;
    if (to.correct != nullptr) {
      const bool ask = own == others.largest();
      tied = is_before<Type, kRowThreads>(stretch, label, own, ask, thread);
    }
    if (active && thread == 0) write_score(others, own, tied, row, to);
  }
}

// Rows lie `classes` apart in shared memory, or one more where that is even, so that the threads of
// a warp, each at its own row, meet different banks.
template <typename Type>
__device__ __forceinline__ void stage(const Stretch<Type>& rows, int classes, float* staged) {
  const int gap = 1 - classes % 2;
  rows.for_each_single(static_cast<int>(threadIdx.x), kTileRows, [&](int64_t i) {
    staged[static_cast<int>(i) + gap * (static_cast<int>(i) / classes)] =
        Type::convert(rows.from[i]);
  });
#pragma unroll 4
  for (int v = static_cast<int>(threadIdx.x); v < rows.vectors; v += kTileRows) {
    const uint4 raw = rows.vector(v);
    const int first = static_cast<int>(rows.head) + v * Stretch<Type>::kPerVector;
    int place = first + gap * (first / classes);
    int left = classes - first % classes;  // of the row
    for (int k = 0; k < Stretch<Type>::kPerVector; ++k) {
      staged[place] = Type::get(raw, k);
      ++place;
      if (--left == 0) {
        left = classes;
        place += gap;
      }
    }
  }
}

template <typename Type>
__global__ void __launch_bounds__(kTileRows) score_tiles(Rows in, ScoreOutputs to) {
  __shared__ float staged[kTileRows * (kMostTileClasses + 1)];
  const int classes = static_cast<int>(in.classes);
  float* mine = staged + threadIdx.x * (classes + 1 - classes % 2);
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kTileRows;
  for (int64_t base = static_cast<int64_t>(blockIdx.x) * kTileRows; base < in.rows;
       base += stride) {
    const auto* logits = static_cast<const typename Type::Stored*>(in.logits) + base * classes;
    const int64_t rows = min(in.rows - base, static_cast<int64_t>(kTileRows));
    __syncthreads();  // an earlier tile has been read
    stage(Stretch<Type>(logits, rows * classes), classes, staged);
    __syncthreads();
    if (threadIdx.x >= rows) continue;
    const int64_t label = in.labels[base + threadIdx.x];
    const bool valid = label >= 0 && label < classes;
    const float own = valid ? mine[label] : not_a_number();
    if (valid) mine[label] = minus_infinity();
    Others others;
    bool tied = false;
    for (int j = 0; j < classes; ++j) {
      others.max = max_nan(others.max, mine[j]);
      tied |= j < label && mine[j] == own;
    }
    others.add_all<true>(classes, [&](int j) { return mine[j]; });
    write_score(others, own, tied, base + threadIdx.x, to);
  }
}

template <typename Type, int kRowThreads>
void launch_rows(const Rows& in, const ScoreOutputs& to, cudaStream_t stream) {
  constexpr int64_t kRows = kThreads / kRowThreads;
  const int64_t blocks = std::min((in.rows + kRows - 1) / kRows, kMostBlocks);
  if (to.entropy != nullptr || to.el2n != nullptr) {
    launch("score_rows", score_rows<Type, kRowThreads, true>, blocks, kThreads, stream, in, to);
  } else {
    launch("score_rows", score_rows<Type, kRowThreads, false>, blocks, kThreads, stream, in, to);
  }
}

template <typename Type>
void launch_score(const Rows& in, const ScoreOutputs& to, cudaStream_t stream) {
  const int64_t vectors = in.classes * int64_t{sizeof(typename Type::Stored)} / 16;
  if (in.classes <= kMostTileClasses) {
    const int64_t blocks = std::min((in.rows + kTileRows - 1) / kTileRows, kMostBlocks);
    launch("score_tiles", score_tiles<Type>, blocks, kTileRows, stream, in, to);
  } else if (vectors <= 64) {
    launch_rows<Type, 8>(in, to, stream);
  } else if (vectors <= 2048) {
    launch_rows<Type, 32>(in, to, stream);
  } else {
    launch_rows<Type, kThreads>(in, to, stream);
  }
}

}  // namespace
}  // namespace potstill

int32_t potstill_cuda_score(const void* logits, int32_t type, const int64_t* labels, int64_t rows,
                            int64_t classes, float* loss, float* margin, float* entropy,
                            float* el2n, int8_t* correct, int32_t device, void* stream) noexcept {
  using namespace potstill;
  return guard("score", [&] {
    require(rows >= 0 && classes >= 0, "negative size");
    require(rows == 0 || classes > 0, "rows without classes");
    require(rows == 0 || classes < (int64_t{1} << 60) / rows, "size is too large");
    require(type >= POTSTILL_CUDA_FLOAT32 && type <= POTSTILL_CUDA_FLOAT16, "unknown type");
    if (rows == 0) return;
    require(logits != nullptr && labels != nullptr, "logits or labels is NULL");
    require(loss != nullptr, "loss is NULL");
    const uintptr_t element = type == POTSTILL_CUDA_FLOAT32 ? 4 : 2;
    require(reinterpret_cast<uintptr_t>(logits) % element == 0, "logits are not aligned");
    const Rows in = {logits, labels, rows, classes};
    const ScoreOutputs to = {loss, margin, entropy, el2n, correct};
    const DeviceScope scope(device);
    const auto on = static_cast<cudaStream_t>(stream);
    if (type == POTSTILL_CUDA_FLOAT32) launch_score<Float32>(in, to, on);
    if (type == POTSTILL_CUDA_BFLOAT16) launch_score<Bfloat16>(in, to, on);
    if (type == POTSTILL_CUDA_FLOAT16) launch_score<Float16>(in, to, on);
  });
}
