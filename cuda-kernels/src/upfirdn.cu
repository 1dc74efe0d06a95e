// upfirdn (Karras et al. 2020, appendix): f32 images (planes, height, width) are upsampled by
// zeros, padded, filtered and downsampled: out[o] = gain sum_t f[t] z[down o + t - before] with
// z[up i] = x[i] and 0 elsewhere, in both directions.
//
// One launch; a block makes a tile of up to 32 x 32 outputs from the samples under its taps, which
// it stages in shared memory; a separable filter goes over the rows, then over the columns. Reads
// the input once (and what tiles share again, from the caches) and writes the output once. Sums in
// f32 in the order of the taps. Deterministic: an output is one thread's.
#include "resample.h"

namespace potstill {
namespace {

struct Resampling {
  const float* input;
  float* output;
  int height;
  int width;
  Axis y;
  Axis x;
  Filter filter;
  bool reversed;
  float gain;
  int64_t first_room;  // floats
  int64_t rooms;
};

__global__ void __launch_bounds__(kResampleThreads)
    resample_tiles(const __grid_constant__ Resampling of, const __grid_constant__ TileGrid grid) {
  float* shared = shared_floats();
  float* taps = shared + of.rooms;
  stage_taps(of.filter, of.reversed, of.gain, taps);
  for (int64_t t = blockIdx.x; t < grid.count; t += gridDim.x) {
    const int64_t plane = grid.plane_of(t);
    const Tile tile = {of.y, of.x, grid.rows_of(t), grid.columns_of(t)};
    const float* input = of.input + plane * of.height * of.width;
    Rooms rooms = {shared, shared + of.first_room};
    __syncthreads();  // an earlier tile has been read
    stage_plane({input, of.height, of.width, 0}, tile.source_rows(), tile.source_columns(),
                rooms.now);
    float* output = of.output + plane * grid.height * grid.width;
    resample(tile, of.filter, taps, &rooms, [&](int i, int j, float value) {
      const int64_t row = tile.rows.begin + i;
      output[row * grid.width + tile.columns.begin + j] = value;
    });
  }
}

RoomPlan rooms_for(const Resampling& of, int64_t side) {
  RoomPlan plan;
  const int64_t rows = of.y.most_sources(side);
  plan.put(rows * of.x.most_sources(side));
  plan.resample(of.filter, rows, side, side, false);
  return plan;
}

}  // namespace
}  // namespace potstill

int32_t potstill_cuda_upfirdn(const float* input, int64_t planes, int64_t height, int64_t width,
                              const int32_t* up, const int32_t* down, const int64_t* padding,
                              const float* filter, int64_t rows, int64_t columns, int32_t flip,
                              double gain, float* output, int32_t device, void* stream) noexcept {
  using namespace potstill;
  return guard("upfirdn", [&] {
    require(up != nullptr && down != nullptr && padding != nullptr, "up, down or padding is NULL");
    for (int k = 0; k < 2; ++k) {
      require_factor(up[k]);
      require_factor(down[k]);
    }
    Resampling of = {};
    of.filter = filter_of(filter, rows, columns);
    of.x = {up[0], down[0], static_cast<int>(padding[0]), of.filter.width()};
    of.y = {up[1], down[1], static_cast<int>(padding[2]), of.filter.height()};
    const int64_t out_width = outputs_of(of.x, width, padding[0], padding[1]);
    const int64_t out_height = outputs_of(of.y, height, padding[2], padding[3]);
    require_planes(planes, std::max(height * width, out_height * out_width));
    if (planes == 0) return;
    require(input != nullptr && output != nullptr, "input or output is NULL");
    of.input = input;
    of.output = output;
    of.height = static_cast<int>(height);
    of.width = static_cast<int>(width);
    of.reversed = flip == 0;
    of.gain = static_cast<float>(gain);
    const int64_t taps = of.filter.staged();
    const int side = largest_tile([&](int64_t s) { return rooms_for(of, s).total() + taps; });
    of.first_room = rooms_for(of, side).first();
    of.rooms = rooms_for(of, side).total();
    const TileGrid grid(planes, out_height, out_width, side);
    const DeviceScope scope(device);
    launch_shared("resample_tiles", resample_tiles, grid.blocks(), kResampleThreads,
                  4 * (of.rooms + taps), static_cast<cudaStream_t>(stream), of, grid);
  });
}
