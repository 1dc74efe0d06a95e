// score: cross-entropy of logits (rows, classes) f32, bf16 or f16 against labels, and on request
// margin, entropy, EL2N and correctness, in one pass by an online log-sum-exp in f32.
//
// A thread takes a row of up to 16 classes in registers (score_short.h), one of up to 767 bytes in
// shared memory (score_tiles.h); a warp one of up to 4 KB, in whole vectors of 16 bytes, in registers
// (score_held.h), any other of up to 32 KB as it comes, a block a longer one (score_rows.h). Reads
// rows * (classes * element size + 8) bytes and writes 4 a row and output. Deterministic for a given
// alignment of the row. Only where a logit equals the label's and is the largest of the others,
// `correct` looks at the row again.
#include <algorithm>

#include "score_held.h"
#include "score_rows.h"
#include "score_short.h"
#include "score_tiles.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int64_t kMostClasses = int64_t{1} << 30;
constexpr int64_t kMostBytesOfWarp = 32 * 1024;  // a longer row takes a block

// The shortest row that is too long for tiles, a gap of 16 bytes included in its stride, goes to
// the score_held of the fewest vectors, whose lanes hold all of theirs but perhaps the last.
static_assert(kMostTileStride - 16 >= (kFewestHeldVectors - 1) * 32 * 16,
              "some rows are too long for score_tiles and too short for score_held");

bool wants_all(const ScoreOutputs& to) { return to.entropy != nullptr || to.el2n != nullptr; }

// The kernel of as many classes, where the logits are aligned to what a thread reads at once.
template <typename Type, int kClasses = 1>
bool launch_short(const LabelledRows& in, const ScoreOutputs& to, cudaStream_t stream) {
  if constexpr (kClasses > kMostShortClasses) {
    return false;
  } else {
    if (in.classes != kClasses) return launch_short<Type, kClasses + 1>(in, to, stream);
    if (reinterpret_cast<uintptr_t>(in.logits) % ShortRow<Type, kClasses>::kUnit != 0) return false;
    launch("score_short",
           wants_all(to) ? score_short<Type, kClasses, true> : score_short<Type, kClasses, false>,
           std::min((in.rows + kShortBlock - 1) / kShortBlock, kMostBlocks), kShortBlock, stream, in,
           to);
    return true;
  }
}

template <typename Type, int kBytes>
void launch_tiles(const LabelledRows& in, const TileShape& shape, const ScoreOutputs& to,
                  cudaStream_t stream) {
  const int threads = shape.stride > kLongTileRow ? kTileRowsOfLong : kTileRows;
  const int64_t blocks = std::min((in.rows + threads - 1) / threads, kMostBlocks);
  const int64_t shared = int64_t{threads} * shape.stride + 16;
  launch_shared("score_tiles",
                wants_all(to) ? score_tiles<Type, kBytes, true> : score_tiles<Type, kBytes, false>,
                blocks, threads, shared, stream, in, shape, to);
}

// Rows that a warp takes one after the other: as many as leave enough warps to keep a GPU busy, since
// what comes after the sums is done for all of them at once.
int64_t rows_in_turn(int64_t rows, int64_t warps_of_row) {
  const int64_t rows_at_once = std::max<int64_t>(1, kEnoughWarps / warps_of_row);
  return std::clamp<int64_t>((rows + rows_at_once - 1) / rows_at_once, 1, kMostRowsInTurn);
}

// The kernel whose lanes hold as many vectors as the row takes.
template <typename Type, int kVectors = kFewestHeldVectors>
void launch_held(const LabelledRows& in, int vectors, const ScoreOutputs& to, cudaStream_t stream) {
  if constexpr (kVectors < kMostHeldVectors) {
    if (vectors > 32 * kVectors) return launch_held<Type, kVectors + 1>(in, vectors, to, stream);
  }
  const int64_t in_turn = rows_in_turn(in.rows, 1);
  const int64_t of_block = kHeldBlock / 32 * in_turn;
  const int64_t blocks = std::min((in.rows + of_block - 1) / of_block, kMostBlocks);
  launch("score_held",
         wants_all(to) ? score_held<Type, kVectors, true> : score_held<Type, kVectors, false>,
         blocks, kHeldBlock, stream, in, vectors, static_cast<int>(in_turn), to);
}

template <typename Type, int kRowThreads>
void launch_rows(const LabelledRows& in, const ScoreOutputs& to, cudaStream_t stream) {
  constexpr int64_t kAtOnce = kRowBlock / kRowThreads;
  const int64_t in_turn = rows_in_turn(in.rows, kRowThreads / 32);
  const int64_t of_block = kAtOnce * in_turn;
  const int64_t blocks = std::min((in.rows + of_block - 1) / of_block, kMostBlocks);
  launch("score_rows",
         wants_all(to) ? score_rows<Type, kRowThreads, true> : score_rows<Type, kRowThreads, false>,
         blocks, kRowBlock, stream, in, static_cast<int>(in_turn), to);
}

template <typename Type>
void launch_score(const LabelledRows& in, const ScoreOutputs& to, cudaStream_t stream) {
  const int64_t row_bytes = in.classes * int64_t{sizeof(typename Type::Stored)};
  if (row_bytes > kMostBytesOfWarp) return launch_rows<Type, kRowBlock>(in, to, stream);
  if (launch_short<Type>(in, to, stream)) return;
  const TileShape shape(in.logits, row_bytes);
  if (shape.stride > kMostTileStride) {
    if (shape.unit == 16 && row_bytes <= kMostHeldRow) {
      return launch_held<Type>(in, static_cast<int>(row_bytes / 16), to, stream);
    }
    return launch_rows<Type, 32>(in, to, stream);
  }
  if (shape.unit == 16) return launch_tiles<Type, 16>(in, shape, to, stream);
  if (shape.unit == 8) return launch_tiles<Type, 8>(in, shape, to, stream);
  if (shape.unit == 4) return launch_tiles<Type, 4>(in, shape, to, stream);
  if constexpr (sizeof(typename Type::Stored) == 2) launch_tiles<Type, 2>(in, shape, to, stream);
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
    require(classes <= kMostClasses, "classes is above 2^30");
    require(rows == 0 || classes < (int64_t{1} << 60) / rows, "size is too large");
    require(type >= POTSTILL_CUDA_FLOAT32 && type <= POTSTILL_CUDA_FLOAT16, "unknown type");
    if (rows == 0) return;
    require(logits != nullptr && labels != nullptr, "logits or labels is NULL");
    require(loss != nullptr, "loss is NULL");
    const uintptr_t element = type == POTSTILL_CUDA_FLOAT32 ? 4 : 2;
    require(reinterpret_cast<uintptr_t>(logits) % element == 0, "logits are not aligned");
    const LabelledRows in = {logits, labels, rows, classes};
    const ScoreOutputs to = {loss, margin, entropy, el2n, correct};
    const DeviceScope scope(device);
    const auto on = static_cast<cudaStream_t>(stream);
    if (type == POTSTILL_CUDA_FLOAT32) launch_score<Float32>(in, to, on);
    if (type == POTSTILL_CUDA_BFLOAT16) launch_score<Bfloat16>(in, to, on);
    if (type == POTSTILL_CUDA_FLOAT16) launch_score<Float16>(in, to, on);
  });
}
