// Compiled once per level, with POTSTILL_LEVEL and POTSTILL_LANES from the build.
#include "norm_block.h"
#include "norm_tangent.h"
#include "quantise.h"
#include "resample.h"
#include "score.h"
#include "sums.h"
#include "taps.h"
#include "winograd.h"

namespace potstill {
namespace POTSTILL_LEVEL {

extern const Loops loops = {
    {score_row<Float32>, score_row<Bfloat16>, score_row<Float16>},
    sum_columns,
    moments,
    combine,
    squared_distance,
    squared_distances,
    scaled_difference,
    descend,
    fir,
    activate,
    activation_gradient,
    split,
    join,
    nearest_code,
    {{norm_forward<1, false>, norm_forward<1, true>},
     {norm_forward<2, false>, norm_forward<2, true>}},
    {{norm_backward<1, false>, norm_backward<1, true>},
     {norm_backward<2, false>, norm_backward<2, true>}},
    {norm_tangent<1>, norm_tangent<2>},
    {norm_gradient_tangent<1>, norm_gradient_tangent<2>},
    centre_of,
    tile_of_input,
    tile_of_gradient,
    tile_of_weights,
    taps_of_weights,
    tile_to_output,
    tile_to_weights,
    multiply,
};

}  // namespace POTSTILL_LEVEL
}  // namespace potstill
