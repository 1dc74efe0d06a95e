// filtered_lrelu (Karras et al. 2021, section 3.2) of f32 images (planes, height, width): x + bias
// of the channel; upsampled by up with a filter and the gain up^2; leaky ReLU with gain, slope and
// clamp; downsampled by down with a filter. And its gradient with respect to x.
//
// One launch each; a block makes a tile of up to 32 x 32 outputs and holds the piece of the
// upsampled image under its taps in shared memory: the upsampled image is never in device memory.
// Reads the input once (and what tiles share again, from the caches; the gradient reads both its
// inputs so) and writes the output once. Sums in f32 in the order of the taps. Deterministic: an
// output is one thread's.
#include "resample.h"

namespace potstill {
namespace {

struct Activation {
  float gain;
  float slope;  // times gain
  float clamp;

  __device__ float factor(float u) const { return u > 0 ? gain : slope; }
  __device__ float value(float u) const {
    const float v = u * factor(u);
    return v > clamp ? clamp : v < -clamp ? -clamp : v;
  }
  // 0 where it is clamped or NaN.
  __device__ float derivative(float u) const {
    return fabsf(u * factor(u)) <= clamp ? factor(u) : 0.0f;
  }
};

struct Direction {
  Axis up;
  Axis down;
  int samples;  // of the input
  int outputs;
};

struct Layer {
  const float* input;
  const float* bias;      // may be NULL
  const float* gradient;  // of the output; for the gradient only
  float* output;
  int64_t channels;
  Direction y;
  Direction x;
  Filter up;
  Filter down;
  bool reversed;
  float up_gain;
  Activation activation;
  int64_t first_room;  // floats
  int64_t rooms;
  int64_t slopes;  // for the gradient only

  __device__ Plane plane(int64_t index) const {
    const float* values = input + index * y.samples * x.samples;
    return {values, y.samples, x.samples, bias == nullptr ? 0.0f : bias[index % channels]};
  }
};

__global__ void __launch_bounds__(kResampleThreads)
    activate_tiles(const __grid_constant__ Layer layer, const __grid_constant__ TileGrid grid) {
  float* shared = shared_floats();
  float* up_taps = shared + layer.rooms;
  float* down_taps = up_taps + layer.up.staged();
  stage_taps(layer.up, layer.reversed, layer.up_gain, up_taps);
  stage_taps(layer.down, layer.reversed, 1.0f, down_taps);
  for (int64_t t = blockIdx.x; t < grid.count; t += gridDim.x) {
    const int64_t plane = grid.plane_of(t);
    const Tile smaller = {layer.y.down, layer.x.down, grid.rows_of(t), grid.columns_of(t)};
    const Tile larger = {layer.y.up, layer.x.up, smaller.source_rows(), smaller.source_columns()};
    Rooms rooms = {shared, shared + layer.first_room};
    __syncthreads();  // an earlier tile has been read
    stage_plane(layer.plane(plane), larger.source_rows(), larger.source_columns(), rooms.now);
    float* large = rooms.of_result(layer.up);
    resample(larger, layer.up, up_taps, &rooms, [&](int i, int j, float u) {
      large[i * larger.columns.count + j] = layer.activation.value(u);
    });
    rooms.swap();
    float* output = layer.output + plane * grid.height * grid.width;
    resample(smaller, layer.down, down_taps, &rooms, [&](int i, int j, float value) {
      const int64_t row = smaller.rows.begin + i;
      output[row * grid.width + smaller.columns.begin + j] = value;
    });
  }
}

// The axes of the gradient are the transposed ones: its "larger" goes from the output's gradient to
// the upsampled image, its "smaller" from there to the input's gradient.
struct Back {
  Axis larger_y;
  Axis larger_x;
  Axis smaller_y;
  Axis smaller_x;
};

__global__ void __launch_bounds__(kResampleThreads)
    differentiate_tiles(const __grid_constant__ Layer layer, const __grid_constant__ Back back,
                        const __grid_constant__ TileGrid grid) {
  float* shared = shared_floats();
  float* slopes = shared + layer.rooms;
  float* up_taps = slopes + layer.slopes;
  float* back_down_taps = up_taps + layer.up.staged();
  float* back_up_taps = back_down_taps + layer.down.staged();
  stage_taps(layer.up, layer.reversed, layer.up_gain, up_taps);
  stage_taps(layer.down, !layer.reversed, 1.0f, back_down_taps);
  stage_taps(layer.up, !layer.reversed, layer.up_gain, back_up_taps);
  for (int64_t t = blockIdx.x; t < grid.count; t += gridDim.x) {
    const int64_t plane = grid.plane_of(t);
    const Tile smaller = {back.smaller_y, back.smaller_x, grid.rows_of(t), grid.columns_of(t)};
    // Positions beyond the upsampled image are in it: none of the output's gradient reaches them.
    const Span rows = smaller.source_rows();
    const Span columns = smaller.source_columns();
    const Tile forward = {layer.y.up, layer.x.up, rows, columns};
    const Tile larger = {back.larger_y, back.larger_x, rows, columns};
    Rooms rooms = {shared, shared + layer.first_room};
    __syncthreads();  // an earlier tile has been read
    stage_plane(layer.plane(plane), forward.source_rows(), forward.source_columns(), rooms.now);
    resample(forward, layer.up, up_taps, &rooms, [&](int i, int j, float u) {
      slopes[i * columns.count + j] = layer.activation.derivative(u);
    });
    __syncthreads();
    rooms = {shared, shared + layer.first_room};
    const float* gradient = layer.gradient + plane * layer.y.outputs * layer.x.outputs;
    stage_plane({gradient, layer.y.outputs, layer.x.outputs, 0}, larger.source_rows(),
                larger.source_columns(), rooms.now);
    float* large = rooms.of_result(layer.down);
    resample(larger, layer.down, back_down_taps, &rooms, [&](int i, int j, float passed) {
      const int place = i * columns.count + j;
      large[place] = slopes[place] == 0 ? 0.0f : passed * slopes[place];
    });
    rooms.swap();
    float* output = layer.output + plane * grid.height * grid.width;
    resample(smaller, layer.up, back_up_taps, &rooms, [&](int i, int j, float value) {
      const int64_t row = smaller.rows.begin + i;
      output[row * grid.width + smaller.columns.begin + j] = value;
    });
  }
}

// ---- Host side ----

RoomPlan rooms_forward(const Layer& layer, int64_t side) {
  const int64_t rows = layer.y.down.most_sources(side);
  const int64_t columns = layer.x.down.most_sources(side);
  const int64_t source_rows = layer.y.up.most_sources(rows);
  RoomPlan plan;
  plan.put(source_rows * layer.x.up.most_sources(columns));
  plan.resample(layer.up, source_rows, rows, columns, true);
  plan.resample(layer.down, rows, side, side, false);
  return plan;
}

RoomPlan rooms_back(const Layer& layer, const Back& back, int64_t side) {
  const int64_t rows = back.smaller_y.most_sources(side);
  const int64_t columns = back.smaller_x.most_sources(side);
  const int64_t forward_rows = layer.y.up.most_sources(rows);
  const int64_t back_rows = back.larger_y.most_sources(rows);
  RoomPlan plan;
  plan.put(forward_rows * layer.x.up.most_sources(columns));
  plan.resample(layer.up, forward_rows, rows, columns, false);
  plan.restart();
  plan.put(back_rows * back.larger_x.most_sources(columns));
  plan.resample(layer.down, back_rows, rows, columns, true);
  plan.resample(layer.up, rows, side, side, false);
  return plan;
}

Direction direction(int32_t up, int32_t down, int64_t samples, int64_t before, int64_t after,
                    int up_taps, int down_taps) {
  Direction d = {};
  d.up = {up, 1, static_cast<int>(before), up_taps};
  d.down = {1, down, 0, down_taps};
  const int64_t large = outputs_of(d.up, samples, before, after);
  const int64_t span = large - down_taps;
  require(span >= 0, "no output is left");
  d.samples = static_cast<int>(samples);
  d.outputs = static_cast<int>(span / down + 1);
  return d;
}

Layer layer_of(const float* input, const float* bias, int64_t planes, int64_t channels,
               int64_t height, int64_t width, int32_t up, int32_t down, const int64_t* padding,
               const Filter& up_filter, const Filter& down_filter, int32_t flip, double gain,
               double slope, double clamp) {
  require_factor(up);
  require_factor(down);
  require(padding != nullptr, "padding is NULL");
  require(channels >= 1, "channels must be at least 1");
  require(clamp >= 0, "clamp is negative or NaN");
  Layer layer = {};
  layer.up = up_filter;
  layer.down = down_filter;
  layer.x =
      direction(up, down, width, padding[0], padding[1], up_filter.width(), down_filter.width());
  layer.y =
      direction(up, down, height, padding[2], padding[3], up_filter.height(), down_filter.height());
  require_planes(planes, std::max(height * width, int64_t{layer.y.outputs} * layer.x.outputs));
  require(planes == 0 || input != nullptr, "input is NULL");
  layer.input = input;
  layer.bias = bias;
  layer.channels = channels;
  layer.reversed = flip == 0;
  layer.up_gain = static_cast<float>(up) * static_cast<float>(up);
  layer.activation = {static_cast<float>(gain), static_cast<float>(gain * slope),
                      static_cast<float>(clamp)};
  return layer;
}

}  // namespace
}  // namespace potstill

int32_t potstill_cuda_filtered_lrelu(const float* input, const float* bias, int64_t planes,
                                     int64_t channels, int64_t height, int64_t width, int32_t up,
                                     int32_t down, const int64_t* padding, const float* up_filter,
                                     int64_t up_rows, int64_t up_columns, const float* down_filter,
                                     int64_t down_rows, int64_t down_columns, int32_t flip,
                                     double gain, double slope, double clamp, float* output,
                                     int32_t device, void* stream) noexcept {
  using namespace potstill;
  return guard("filtered_lrelu", [&] {
    Layer layer =
        layer_of(input, bias, planes, channels, height, width, up, down, padding,
                 filter_of(up_filter, up_rows, up_columns),
                 filter_of(down_filter, down_rows, down_columns), flip, gain, slope, clamp);
    if (planes == 0) return;
    require(output != nullptr, "output is NULL");
    layer.output = output;
    const int64_t taps = layer.up.staged() + layer.down.staged();
    const int side =
        largest_tile([&](int64_t s) { return rooms_forward(layer, s).total() + taps; });
    layer.first_room = rooms_forward(layer, side).first();
    layer.rooms = rooms_forward(layer, side).total();
    const TileGrid grid(planes, layer.y.outputs, layer.x.outputs, side);
    const DeviceScope scope(device);
    launch_shared("activate_tiles", activate_tiles, grid.blocks(), kResampleThreads,
                  4 * (layer.rooms + taps), static_cast<cudaStream_t>(stream), layer, grid);
  });
}

int32_t potstill_cuda_filtered_lrelu_gradient(
    const float* input, const float* bias, int64_t planes, int64_t channels, int64_t height,
    int64_t width, int32_t up, int32_t down, const int64_t* padding, const float* up_filter,
    int64_t up_rows, int64_t up_columns, const float* down_filter, int64_t down_rows,
    int64_t down_columns, int32_t flip, double gain, double slope, double clamp,
    const float* gradient, float* input_gradient, int32_t device, void* stream) noexcept {
  using namespace potstill;
  return guard("filtered_lrelu_gradient", [&] {
    Layer layer =
        layer_of(input, bias, planes, channels, height, width, up, down, padding,
                 filter_of(up_filter, up_rows, up_columns),
                 filter_of(down_filter, down_rows, down_columns), flip, gain, slope, clamp);
    if (planes == 0) return;
    require(gradient != nullptr && input_gradient != nullptr, "a gradient is NULL");
    layer.gradient = gradient;
    layer.output = input_gradient;
    const Back back = {layer.y.down.transposed(), layer.x.down.transposed(),
                       layer.y.up.transposed(), layer.x.up.transposed()};
    const int64_t taps = 2 * layer.up.staged() + layer.down.staged();
    const auto slopes = [&](int64_t side) {
      return back.smaller_y.most_sources(side) * back.smaller_x.most_sources(side);
    };
    const int side = largest_tile(
        [&](int64_t s) { return rooms_back(layer, back, s).total() + slopes(s) + taps; });
    layer.first_room = rooms_back(layer, back, side).first();
    layer.rooms = rooms_back(layer, back, side).total();
    layer.slopes = slopes(side);
    const TileGrid grid(planes, height, width, side);
    const DeviceScope scope(device);
    launch_shared("differentiate_tiles", differentiate_tiles, grid.blocks(), kResampleThreads,
                  4 * (layer.rooms + layer.slopes + taps), static_cast<cudaStream_t>(stream), layer,
                  back, grid);
  });
}
