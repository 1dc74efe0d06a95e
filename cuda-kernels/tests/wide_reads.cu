// Kernels of score for rows in shared memory, to see what the compiler makes of their reads.
#include "score_tiles.h"

namespace potstill {

template __global__ void score_tiles<Float32, 16, false>(LabelledRows, TileShape, ScoreOutputs);
template __global__ void score_tiles<Float32, 8, true>(LabelledRows, TileShape, ScoreOutputs);
template __global__ void score_tiles<Bfloat16, 16, true>(LabelledRows, TileShape, ScoreOutputs);
template __global__ void score_tiles<Float16, 8, false>(LabelledRows, TileShape, ScoreOutputs);

}  // namespace potstill
