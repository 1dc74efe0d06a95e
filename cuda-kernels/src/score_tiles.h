// `score` of short rows: a block copies as many rows as it has threads to shared memory, 16 bytes
// at a time, and every thread takes a row. No thread waits for another's part of a row, and what
// comes after the sums is done once a thread.
#ifndef POTSTILL_CUDA_SCORE_TILES_H
#define POTSTILL_CUDA_SCORE_TILES_H

#include "logits.h"
#include "score_row.h"

namespace potstill {

constexpr int kTileRows = 128;       // threads of a block, and rows
constexpr int kTileRowsOfLong = 64;  // of rows of more than kLongTileRow bytes
constexpr int64_t kLongTileRow = 256;
// Bytes: as many as 64 times fill the 48 KB that a block may have, but for the 16 of an address.
constexpr int64_t kMostTileStride = (48 * 1024 - 16) / kTileRowsOfLong;

// How rows lie in shared memory. A thread reads its row in units of `unit` bytes, the largest power
// of two up to 16 that divides both the row's length and the address. Where it is the length that
// stops it, a row is an odd number of units, and so the rows of a warp's threads begin in different
// banks. Where it is the 16, a row may be an even number of vectors of 16 bytes; a gap of one
// vector then follows each.
struct TileShape {
  int unit;
  int stride;              // bytes from row to row
  uint32_t vectors_magic;  // just above 2^32 / vectors of a row where one is left free, else 0

  TileShape(const void* logits, int64_t row_bytes) : vectors_magic(0) {
    unit = 16;
    while ((row_bytes | static_cast<int64_t>(reinterpret_cast<uintptr_t>(logits))) % unit != 0) {
      unit /= 2;
    }
    stride = static_cast<int>(row_bytes);
    if (unit == 16 && stride % 32 == 0) {
      vectors_magic =
          static_cast<uint32_t>((uint64_t{1} << 32) / (static_cast<unsigned>(stride) / 16)) + 1;
      stride += 16;
    }
  }

  // The vector's place among the staged ones.
  __device__ int place(int vector) const {
    if (vectors_magic == 0) return vector;
    return vector + static_cast<int>(
                        static_cast<uint64_t>(vectors_magic) * static_cast<unsigned>(vector) >> 32);
  }
};

// Begins to copy rows to `shared`, as far past a boundary of 16 bytes as they lie in memory. The
// few elements outside vectors of 16 bytes are there after a barrier, the others after
// wait_for_copies too.
template <typename Type>
__device__ __forceinline__ void stage(const Stretch<Type>& rows, const TileShape& shape,
                                      typename Type::Stored* shared) {
  const int threads = static_cast<int>(blockDim.x);
  const int thread = static_cast<int>(threadIdx.x);
  auto* vectors = reinterpret_cast<uint4*>(shared + rows.head);
  for (int v = thread; v < rows.vectors; v += threads) {
    copy_ahead(vectors + shape.place(v), rows.address(v));
  }
  rows.for_each_single(thread, threads, [&](int i) { shared[i] = rows.from[i]; });
}

// A row in shared memory.
template <typename Type, int kBytes>
struct StagedRow {
  static constexpr int kPerUnit = kBytes / static_cast<int>(sizeof(typename Type::Stored));
  static constexpr int kAtOnce = kPerUnit < 4 ? 4 / kPerUnit : 1;
  const Unit<kBytes>* from;
  int units;

  __device__ StagedRow(const Unit<kBytes>* row, int count) : from(row), units(count) {}

  // Calls use(place, unit) for all of it, with places 0 to kAtOnce - 1 in turn.
  template <typename Use>
  __device__ __forceinline__ void for_each_unit(const Use& use) const {
    for (int first = 0; first < units; first += kAtOnce) {
#pragma unroll
      for (int u = 0; u < kAtOnce; ++u) {
        if (kAtOnce > 1 && first + u >= units) break;
        // A copy, so that it is read at once: through a reference every word of it is a load of its
        // own, for which the threads of a warp meet in the same banks.
        const Unit<kBytes> unit = from[first + u];
        use(u, unit);
      }
    }
  }

  __device__ __forceinline__ float largest() const {
    if constexpr (kBytes == 2) {
      float of_all = kLowest;
      for_each_unit(
          [&](int, const Unit<2>& unit) { of_all = max_nan(of_all, element_of<Type>(unit, 0)); });
      return of_all;
    } else {
      constexpr int kWords = kBytes / 4;
      uint32_t words[4];
#pragma unroll
      for (uint32_t& word : words) word = minus_infinities<Type>();
      for_each_unit([&](int u, const Unit<kBytes>& unit) {
#pragma unroll
        for (int w = 0; w < kWords; ++w) {
          uint32_t& word = words[(u * kWords + w) % 4];
          word = Type::larger(word, unit.words[w]);
        }
      });
      return max_nan(kLowest, largest_of_words<Type>(words));
    }
  }

  // Adds all of it to the four parts in turn.
  template <bool kAll>
  __device__ __forceinline__ void add_to(QuarterSums* sums) const {
    for_each_unit([&](int u, const Unit<kBytes>& unit) {
#pragma unroll
      for (int k = 0; k < kPerUnit; ++k) {
        sums->part[(u * kPerUnit + k) % 4].template add<kAll>(element_of<Type>(unit, k));
      }
    });
  }
};

// The label's logit is set to minus infinity on the way.
template <typename Type, int kBytes, bool kAll>
__device__ __forceinline__ void score_staged(typename Type::Stored* row, int classes, int64_t label,
                                             int64_t to_row, const ScoreOutputs& to) {
  const bool valid = static_cast<uint64_t>(label) < static_cast<unsigned>(classes);
  float own = not_a_number();
  if (valid) {
    own = Type::convert(row[label]);
    row[label] = Type::kMinusInfinity;
  }
  const StagedRow<Type, kBytes> logits(
      reinterpret_cast<const Unit<kBytes>*>(row),
      classes * static_cast<int>(sizeof(typename Type::Stored)) / kBytes);
  QuarterSums sums(logits.largest());
  logits.template add_to<kAll>(&sums);
  const Others others = sums.template total<kAll>();
  bool tied = false;
  if (to.correct != nullptr && own == others.largest()) {
    for (int j = 0; j < label; ++j) tied |= Type::convert(row[j]) == own;
  }
  write_score<kAll>(others, own, tied, to_row, to);
}

template <typename Type, int kBytes, bool kAll>
__global__ void __launch_bounds__(kTileRows)
    score_tiles(LabelledRows in, TileShape shape, ScoreOutputs to) {
  typedef typename Type::Stored Stored;
  const int classes = static_cast<int>(in.classes);
  const int64_t tile = blockDim.x;
  for (int64_t base = blockIdx.x * tile; base < in.rows; base += gridDim.x * tile) {
    const Stored* logits = static_cast<const Stored*>(in.logits) + base * classes;
    const int rows = static_cast<int>(min(in.rows - base, tile));
    const uintptr_t past = reinterpret_cast<uintptr_t>(logits) % 16;
    auto* staged = reinterpret_cast<Stored*>(reinterpret_cast<char*>(shared_floats()) + past);
    const int thread = static_cast<int>(threadIdx.x);
    const int64_t label = thread < rows ? load_once(in.labels + base + thread) : 0;
    __syncthreads();  // an earlier tile has been read
    stage(Stretch<Type>(logits, rows * classes), shape, staged);
    wait_for_copies();
    __syncthreads();
    if (thread >= rows) continue;
    score_staged<Type, kBytes, kAll>(
        staged + thread * (shape.stride / static_cast<int>(sizeof(Stored))), classes, label,
        base + thread, to);
  }
}

}  // namespace potstill

#endif
