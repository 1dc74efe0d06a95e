// upfirdn and filtered_lrelu. Inputs and taps are multiples of powers of two, so that single
// precision holds every product and sum: no value is near zero or the clamp without being there.
#include <algorithm>

#include "cases.h"

namespace {

struct Taps {
  std::vector<float> values;
  int64_t rows;
  int64_t columns;

  int64_t height() const { return columns == 0 ? 1 : rows == 0 ? columns : rows; }
  int64_t width() const { return std::max<int64_t>(columns, 1); }
  double at(int64_t y, int64_t x) const {
    if (columns == 0) return 1;
    if (rows == 0) return double(values[size_t(y)]) * values[size_t(x)];
    return values[size_t(y * columns + x)];
  }
};

struct Image {
  int64_t height;
  int64_t width;
  std::vector<double> values;

  double& at(int64_t y, int64_t x) { return values[size_t(y * width + x)]; }
};

struct Side {
  int32_t up;
  int32_t down;
  int64_t before;
  int64_t after;

  int64_t outputs(int64_t samples, int64_t taps) const {
    return (samples * up + before + after - taps + down) / down;
  }
  Side transposed(int64_t samples, int64_t taps) const {
    return {down, up, taps - 1 - before,
            samples * up - outputs(samples, taps) * down + before - up + 1};
  }
};

// By the definition: zeros inserted, padded, filtered, every down-th kept.
Image upfirdn(Image in, const Side& y, const Side& x, const Taps& taps, bool flip, double gain) {
  const auto sample = [](int64_t o, int64_t t, const Side& side, int64_t count) -> int64_t {
    const int64_t at = o * side.down + t - side.before;
    return at < 0 || at % side.up != 0 || at / side.up >= count ? -1 : at / side.up;
  };
  Image out = {y.outputs(in.height, taps.height()), x.outputs(in.width, taps.width()), {}};
  for (int64_t oy = 0; oy < out.height; ++oy) {
    for (int64_t ox = 0; ox < out.width; ++ox) {
      double sum = 0;
      for (int64_t ty = 0; ty < taps.height(); ++ty) {
        for (int64_t tx = 0; tx < taps.width(); ++tx) {
          const int64_t iy = sample(oy, ty, y, in.height);
          const int64_t ix = sample(ox, tx, x, in.width);
          if (iy < 0 || ix < 0) continue;
          sum += in.at(iy, ix) *
                 (flip ? taps.at(ty, tx) : taps.at(taps.height() - 1 - ty, taps.width() - 1 - tx));
        }
      }
      out.values.push_back(gain * sum);
    }
  }
  return out;
}

Image plane_of(const std::vector<float>& values, int64_t p, int64_t height, int64_t width) {
  const auto begin = values.begin() + p * height * width;
  return {height, width, {begin, begin + height * width}};
}

// Multiples of 1/16 up to 1.
std::vector<float> grid(int64_t n) {
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<float>(draw(33) - 16) / 16);
  return values;
}

Taps draw_taps(int64_t rows, int64_t columns) {
  return {grid(std::max<int64_t>(rows, 1) * columns), rows, columns};
}

void compare(const std::vector<float>& values, const std::vector<double>& expected,
             const std::string& claim) {
  check(values.size() == expected.size(), claim + ", size");
  for (size_t i = 0; i < expected.size(); ++i) {
    check_close(values[i], expected[i], claim + " [" + std::to_string(i) + "]");
  }
}

// ---- upfirdn ----

struct Shape {
  int64_t planes;
  int64_t height;
  int64_t width;
};

void check_upfirdn(const Shape& shape, const Side& y, const Side& x, const Taps& taps, bool flip,
                   float poison = 0) {
  auto input = grid(shape.planes * shape.height * shape.width);
  if (poison != 0) input[input.size() / 2] = poison;
  std::vector<double> expected;
  for (int64_t p = 0; p < shape.planes; ++p) {
    const Image out = upfirdn(plane_of(input, p, shape.height, shape.width), y, x, taps, flip, 1.5);
    expected.insert(expected.end(), out.values.begin(), out.values.end());
  }
  Buffer<float> device_input(input, 1);
  Buffer<float> filter(taps.values, 1);
  Buffer<float> output(std::vector<float>(expected.size(), kUnwritten), 1);
  const int32_t up[] = {x.up, y.up};
  const int32_t down[] = {x.down, y.down};
  const int64_t padding[] = {x.before, x.after, y.before, y.after};
  const std::string claim = "upfirdn " + std::to_string(shape.height) + "x" +
                            std::to_string(shape.width) + ", up " + std::to_string(x.up) +
                            ", down " + std::to_string(x.down) + ", taps " +
                            std::to_string(taps.height()) + "x" + std::to_string(taps.width());
  check_status(potstill_cuda_upfirdn(device_input.data(), shape.planes, shape.height, shape.width,
                                     up, down, padding, filter.data(), taps.rows, taps.columns,
                                     flip ? 1 : 0, 1.5, output.data(), 0, nullptr),
               POTSTILL_CUDA_OK, claim);
  compare(output.read(), expected, claim);
}

// <upfirdn(x), g> equals <x, upfirdn of the transposed (g)>.
void check_transposed(const Side& y, const Side& x, const Taps& taps) {
  const Shape shape = {1, 9, 7};
  const auto input = grid(shape.height * shape.width);
  const Image out = upfirdn(plane_of(input, 0, shape.height, shape.width), y, x, taps, false, 1);
  const auto slope = grid(out.height * out.width);
  const Side back_y = y.transposed(shape.height, taps.height());
  const Side back_x = x.transposed(shape.width, taps.width());
  Buffer<float> device_slope(slope);
  Buffer<float> filter(taps.values);
  Buffer<float> result(std::vector<float>(input.size(), kUnwritten));
  const int32_t up[] = {back_x.up, back_y.up};
  const int32_t down[] = {back_x.down, back_y.down};
  const int64_t padding[] = {back_x.before, back_x.after, back_y.before, back_y.after};
  check_status(potstill_cuda_upfirdn(device_slope.data(), 1, out.height, out.width, up, down,
                                     padding, filter.data(), taps.rows, taps.columns, 1, 1,
                                     result.data(), 0, nullptr),
               POTSTILL_CUDA_OK, "upfirdn transposed");
  const auto back = result.read();
  double there = 0;
  double here = 0;
  for (size_t i = 0; i < slope.size(); ++i) there += out.values[i] * slope[i];
  for (size_t i = 0; i < input.size(); ++i) here += double(back[i]) * input[i];
  check_close(here, there, "upfirdn transposed");
}

// ---- filtered_lrelu ----

struct Layer {
  int32_t up;
  int32_t down;
  Side y;  // of the upsampling
  Side x;
  Taps up_taps;
  Taps down_taps;
  bool flip;
  double gain;
  double slope;
  double clamp;

  double factor(double u) const { return u > 0 ? gain : gain * slope; }
  double activate(double u) const {
    const double v = u * factor(u);
    return v > clamp ? clamp : v < -clamp ? -clamp : v;
  }
  double derivative(double u) const { return std::abs(u * factor(u)) <= clamp ? factor(u) : 0; }
};

Layer layer_of(int32_t up, int32_t down, Taps up_taps, Taps down_taps, int64_t pad, bool flip) {
  const Side side = {up, 1, pad, pad + 1};
  return {up, down, side, {up, 1, pad + 1, pad - 1}, up_taps, down_taps, flip, 1.25, 0.25, 3};
}

Image upsampled(const Layer& layer, const std::vector<float>& input, const std::vector<float>& bias,
                const Shape& shape, int64_t p) {
  Image plane = plane_of(input, p, shape.height, shape.width);
  for (auto& value : plane.values) {
    if (!bias.empty()) value += bias[size_t(p) % bias.size()];
  }
  return upfirdn(plane, layer.y, layer.x, layer.up_taps, layer.flip, double(layer.up) * layer.up);
}

void check_layer(const Shape& shape, const Layer& layer, bool with_bias, float poison = 0) {
  auto input = grid(shape.planes * shape.height * shape.width);
  if (poison != 0) input[input.size() / 2] = poison;
  const int64_t channels = 2;
  const auto bias = with_bias ? grid(channels) : std::vector<float>();
  const Side smaller = {1, layer.down, 0, 0};
  std::vector<double> expected;
  std::vector<double> expected_back;
  std::vector<float> slope;
  for (int64_t p = 0; p < shape.planes; ++p) {
    const Image large = upsampled(layer, input, bias, shape, p);
    Image active = large;
    for (auto& u : active.values) u = layer.activate(u);
    const Image out = upfirdn(active, smaller, smaller, layer.down_taps, layer.flip, 1);
    expected.insert(expected.end(), out.values.begin(), out.values.end());

    const auto of_plane = grid(out.height * out.width);
    slope.insert(slope.end(), of_plane.begin(), of_plane.end());
    Image passed = upfirdn(plane_of(of_plane, 0, out.height, out.width),
                           smaller.transposed(large.height, layer.down_taps.height()),
                           smaller.transposed(large.width, layer.down_taps.width()),
                           layer.down_taps, !layer.flip, 1);
    for (size_t i = 0; i < large.values.size(); ++i) {
      const double factor = layer.derivative(large.values[i]);
      passed.values[i] = factor == 0 ? 0 : passed.values[i] * factor;
    }
    const Image back = upfirdn(passed, layer.y.transposed(shape.height, layer.up_taps.height()),
                               layer.x.transposed(shape.width, layer.up_taps.width()),
                               layer.up_taps, !layer.flip, double(layer.up) * layer.up);
    expected_back.insert(expected_back.end(), back.values.begin(), back.values.end());
  }

  Buffer<float> device_input(input, 1);
  Buffer<float> device_bias(bias);
  Buffer<float> up_filter(layer.up_taps.values);
  Buffer<float> down_filter(layer.down_taps.values);
  Buffer<float> output(std::vector<float>(expected.size(), kUnwritten));
  Buffer<float> gradient(slope, 1);
  Buffer<float> input_gradient(std::vector<float>(input.size(), kUnwritten));
  const int64_t padding[] = {layer.x.before, layer.x.after, layer.y.before, layer.y.after};
  const std::string claim =
      "filtered_lrelu " + std::to_string(shape.height) + "x" + std::to_string(shape.width) +
      ", up " + std::to_string(layer.up) + ", down " + std::to_string(layer.down) + ", taps " +
      std::to_string(layer.up_taps.width()) + " and " + std::to_string(layer.down_taps.width());
  check_status(potstill_cuda_filtered_lrelu(
                   device_input.data(), with_bias ? device_bias.data() : nullptr, shape.planes,
                   channels, shape.height, shape.width, layer.up, layer.down, padding,
                   up_filter.data(), layer.up_taps.rows, layer.up_taps.columns, down_filter.data(),
                   layer.down_taps.rows, layer.down_taps.columns, layer.flip ? 1 : 0, layer.gain,
                   layer.slope, layer.clamp, output.data(), 0, nullptr),
               POTSTILL_CUDA_OK, claim);
  compare(output.read(), expected, claim);
  check_status(potstill_cuda_filtered_lrelu_gradient(
                   device_input.data(), with_bias ? device_bias.data() : nullptr, shape.planes,
                   channels, shape.height, shape.width, layer.up, layer.down, padding,
                   up_filter.data(), layer.up_taps.rows, layer.up_taps.columns, down_filter.data(),
                   layer.down_taps.rows, layer.down_taps.columns, layer.flip ? 1 : 0, layer.gain,
                   layer.slope, layer.clamp, gradient.data(), input_gradient.data(), 0, nullptr),
               POTSTILL_CUDA_OK, claim + ", gradient");
  compare(input_gradient.read(), expected_back, claim + ", gradient");
}

int32_t run_upfirdn(int64_t planes, int64_t height, int32_t up, int64_t pad, int64_t rows,
                    int64_t columns) {
  float value = 0;
  const int32_t both[] = {up, up};
  const int32_t one[] = {1, 1};
  const int64_t padding[] = {pad, 0, pad, 0};
  return potstill_cuda_upfirdn(&value, planes, height, 1, both, one, padding, &value, rows, columns,
                               0, 1, &value, 0, nullptr);
}

void test_refusals() {
  const int32_t invalid = POTSTILL_CUDA_INVALID_ARGUMENT;
  check_status(run_upfirdn(0, 1, 1, 0, 0, 0), POTSTILL_CUDA_OK, "upfirdn of nothing");
  check_status(run_upfirdn(-1, 1, 1, 0, 0, 0), invalid, "negative planes");
  check_status(run_upfirdn(1, 0, 1, 0, 0, 0), invalid, "no rows");
  check_status(run_upfirdn(1, 1, 0, 0, 0, 0), invalid, "factor 0");
  check_status(run_upfirdn(1, 1, 65, 0, 0, 0), invalid, "factor 65");
  check_status(run_upfirdn(1, 1, 1, -1, 0, 0), invalid, "no output is left");
  check_status(run_upfirdn(1, 1, 1, (1 << 24) + 1, 0, 0), invalid, "too large a padding");
  check_status(run_upfirdn(1, 1, 1, 0, 0, 2), invalid, "a filter larger than the image");
  check_status(run_upfirdn(1, 1, 1, 0, 1, 0), invalid, "rows without columns");
  check_status(run_upfirdn(1, 1, 1, 5000, 0, 4097), invalid, "too many taps");
  check_status(run_upfirdn(1, 1, 1, 5000, 4000, 4000), invalid, "taps beyond the shared memory");
}

}  // namespace

void test_upfirdn() {
  const Taps none = {{}, 0, 0};
  for (bool flip : {false, true}) {
    check_upfirdn({3, 5, 6}, {1, 1, 0, 0}, {1, 1, 0, 0}, none, flip);
    check_upfirdn({2, 8, 9}, {2, 1, 2, 1}, {2, 1, 2, 1}, draw_taps(0, 4), flip);
    check_upfirdn({2, 18, 9}, {1, 2, 1, 2}, {1, 2, 1, 1}, draw_taps(0, 4), flip);
    check_upfirdn({2, 33, 40}, {1, 1, 5, 6}, {1, 1, 6, 5}, draw_taps(0, 12), flip);
    check_upfirdn({2, 40, 37}, {3, 2, -5, 4}, {2, 5, 3, -7}, draw_taps(5, 3), flip);
    check_upfirdn({1, 7, 5}, {5, 3, 9, 9}, {4, 7, 11, 2}, draw_taps(0, 3), flip);
    check_upfirdn({1, 9, 70}, {1, 1, 0, 0}, {1, 1, 0, 0}, draw_taps(7, 2), flip);
    check_upfirdn({2, 7, 9}, {2, 1, 1, 1}, {1, 2, 2, 3}, draw_taps(1, 5), flip);  // not separable
    check_upfirdn({1, 2, 3}, {64, 1, 1, 1}, {1, 64, 70, 60}, draw_taps(0, 2), flip);
  }
  check_upfirdn({1, 120, 130}, {1, 1, 0, 0}, {1, 1, 0, 0}, draw_taps(0, 100), false);
  check_upfirdn({1, 12, 11}, {2, 1, 2, 1}, {2, 1, 2, 1}, draw_taps(0, 4), false, kNan);
  check_upfirdn({1, 12, 11}, {2, 3, 2, 1}, {2, 1, 2, 1}, draw_taps(3, 3), false, kInfinity);
  check_transposed({2, 1, 2, 1}, {1, 3, 1, 2}, draw_taps(0, 4));
  check_transposed({3, 2, -1, 4}, {2, 2, 0, 0}, draw_taps(2, 5));
  test_refusals();
}

void test_filtered_lrelu() {
  const Taps none = {{}, 0, 0};
  for (bool flip : {false, true}) {
    check_layer({4, 6, 7}, layer_of(1, 1, none, none, 1, flip), true);
    check_layer({4, 20, 18}, layer_of(2, 2, draw_taps(0, 6), draw_taps(0, 6), 5, flip), true);
    check_layer({2, 12, 13}, layer_of(4, 2, draw_taps(0, 12), draw_taps(0, 5), 7, flip), false);
    check_layer({2, 11, 10}, layer_of(2, 2, draw_taps(0, 4), draw_taps(5, 5), 4, flip), true);
    check_layer({2, 11, 10}, layer_of(2, 3, draw_taps(3, 4), draw_taps(0, 3), 2, flip), true);
    check_layer({1, 9, 8}, layer_of(1, 1, draw_taps(3, 3), draw_taps(2, 2), 3, flip), false);
    // Room for a whole tile of the upsampled image twice.
    check_layer({1, 40, 37}, layer_of(2, 1, draw_taps(0, 4), draw_taps(3, 3), 2, flip), false);
    check_layer({1, 40, 37}, layer_of(2, 1, draw_taps(1, 4), draw_taps(3, 1), 2, flip), false);
    // Several tiles of a block, which ends in either of its rooms.
    for (int64_t up_rows : {0, 3}) {
      for (int64_t down_rows : {0, 3}) {
        check_layer({5, 10, 9},
                    layer_of(2, 2, draw_taps(up_rows, 3), draw_taps(down_rows, 3), 2, flip), true);
      }
    }
    check_layer({1, 40, 45}, layer_of(2, 4, draw_taps(0, 4), draw_taps(0, 8), 2, flip), false);
    check_layer({1, 30, 30}, layer_of(1, 2, draw_taps(0, 2), draw_taps(0, 2), -3, flip), true);
  }
  check_layer({1, 12, 12}, layer_of(2, 2, draw_taps(0, 4), draw_taps(0, 4), 3, false), true, kNan);
}
