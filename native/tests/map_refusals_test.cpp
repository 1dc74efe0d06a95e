// What the operations on maps and images refuse.
// Usage: map_refusals_test generic|avx2|avx512 [seed]
#include "refusals.h"

namespace {

float values[9 * 16 * 16];  // zeros, of any operand
float into[9 * 16 * 16];

// Of one map of 2 x 2 positions and 16 channels.
struct Map {
  int64_t images = 1;
  int64_t height = 2;
  int64_t width = 2;
  int64_t channels = 16;
  int32_t threads = 1;

  template <typename Run>
  void refuse(const Call<Run>& call) {
    call.refuses(&images, -1, "negative images");
    call.refuses(&height, -1, "a negative height");
    call.refuses(&width, -1, "a negative width");
    call.refuses(&channels, -1, "negative channels");
    call.refuses(&height, 0, "maps without rows");
    call.refuses(&width, 0, "maps without columns");
    call.refuses(&images, INT64_MAX / 8, "more values than can be counted");
    call.refuses(&channels, INT64_MAX / 16 * 16, "more channels than can be counted");
    call.refuses(&threads, 0, "no thread");
    call.refuses(&threads, 1025, "too many threads");
    images = 0;
    call.works("without images");
    images = 1;
  }
};

void refuse_convolution() {
  Map map;
  int64_t side = 3;
  int64_t outputs = 16;
  const float* x = values;
  const float* weight = values;
  float* y = into;
  Room room(potstill_convolution_workspace(1, 2, 2, 16, 16, 3, 1));
  const auto run = [&] {
    return potstill_convolution(x, map.images, map.height, map.width, map.channels, weight, side, 0,
                                nullptr, outputs, y, room.at, room.bytes, map.threads, level);
  };
  const Call call("convolution", run);
  map.refuse(call);
  room.refuse(call);
  call.refuses_null(&x, &weight, &y);
  call.refuses(&side, 4, "squares of 4 x 4");
  call.refuses(&outputs, 0, "no output channels");
  const auto differentiate = [&] {
    return potstill_convolution_weight_gradient(x, map.images, map.height, map.width, map.channels,
                                                weight, outputs, side, y, room.at, room.bytes,
                                                map.threads, level);
  };
  const Call gradient("convolution_weight_gradient", differentiate);
  map.refuse(gradient);
  room.refuse(gradient);
  gradient.refuses_null(&x, &weight, &y);
  gradient.refuses(&side, 4, "squares of 4 x 4");
  gradient.refuses(&outputs, 3, "few output channels");
}

void refuse_norm() {
  Map map;
  float epsilon = 0;
  int32_t window = 2;
  const float* x = values;
  const float* scale = values;
  const float* shift = values;
  float* out = into;
  float* mean = into;
  float* rstd = into;
  const auto run = [&] {
    return potstill_norm_relu_pool(x, map.images, map.height, map.width, map.channels, scale, shift,
                                   epsilon, window, 1, out, mean, rstd, map.threads, level);
  };
  const Call call("norm_relu_pool", run);
  map.refuse(call);
  call.refuses_null(&x, &scale, &shift, &out, &mean, &rstd);
  call.refuses(&epsilon, -1, "a negative epsilon");
  call.refuses(&epsilon, NAN, "an epsilon that is NaN");
  call.refuses(&window, 0, "windows of 0 x 0");
  call.refuses(&window, 3, "windows of 3 x 3");
}

void refuse_norm_gradient() {
  Map map;
  int32_t window = 2;
  const float* x = values;
  const float* scale = values;
  const float* shift = values;
  const float* mean = values;
  const float* rstd = values;
  const float* slope = values;
  float* x_gradient = into;
  float* scale_gradient = into;
  float* shift_gradient = into;
  Room room(potstill_norm_relu_pool_gradient_workspace(1, 16));
  const auto run = [&] {
    return potstill_norm_relu_pool_gradient(x, map.images, map.height, map.width, map.channels,
                                            scale, shift, window, 1, mean, rstd, slope, x_gradient,
                                            scale_gradient, shift_gradient, room.at, room.bytes,
                                            map.threads, level);
  };
  const Call call("norm_relu_pool_gradient", run);
  map.refuse(call);
  room.refuse(call);
  call.refuses_null(&x, &scale, &shift, &mean, &rstd, &slope);
  call.refuses_null(&x_gradient, &scale_gradient, &shift_gradient);
  call.refuses(&window, 3, "windows of 3 x 3");
}

void refuse_norm_tangents() {
  Map map;
  int32_t window = 2;
  const float* x = values;
  const float* scale = values;
  const float* shift = values;
  const float* mean = values;
  const float* rstd = values;
  const float* x_tangent = values;
  const float* scale_tangent = values;
  const float* shift_tangent = values;
  float* out = into;
  float* x_mean = into;
  float* x_product = into;
  const auto run = [&] {
    return potstill_norm_relu_pool_tangent(x, map.images, map.height, map.width, map.channels,
                                           scale, shift, window, mean, rstd, x_tangent,
                                           scale_tangent, shift_tangent, out, x_mean, x_product,
                                           map.threads, level);
  };
  const Call call("norm_relu_pool_tangent", run);
  map.refuse(call);
  call.refuses_null(&x, &scale, &shift, &mean, &rstd, &x_tangent, &scale_tangent, &shift_tangent);
  call.refuses_null(&out, &x_mean, &x_product);
  call.refuses(&window, 3, "windows of 3 x 3");

  const float* slope = values;
  const float* slope_tangent = values;
  const float* mean_left = values;
  const float* product_left = values;
  float* scale_gradient = into;
  float* shift_gradient = into;
  Room room(potstill_norm_relu_pool_gradient_workspace(1, 16));
  const auto differentiate = [&] {
    return potstill_norm_relu_pool_gradient_tangent(
        x, map.images, map.height, map.width, map.channels, scale, shift, window, mean, rstd,
        x_tangent, scale_tangent, mean_left, product_left, slope, slope_tangent, out,
        scale_gradient, shift_gradient, room.at, room.bytes, map.threads, level);
  };
  const Call gradient("norm_relu_pool_gradient_tangent", differentiate);
  map.refuse(gradient);
  room.refuse(gradient);
  gradient.refuses_null(&x, &scale, &shift, &mean, &rstd, &x_tangent, &scale_tangent);
  gradient.refuses_null(&mean_left, &product_left, &slope, &slope_tangent);
  gradient.refuses_null(&out, &scale_gradient, &shift_gradient);
  gradient.refuses(&window, 3, "windows of 3 x 3");
}

constexpr int64_t kMostSide = int64_t{1} << 24;

// Of one image of 4 x 4 samples, with filters of two taps.
struct Picture {
  int64_t planes = 1;
  int64_t height = 4;
  int64_t width = 4;
  int64_t rows = 0;
  int64_t columns = 2;
  int32_t threads = 1;

  template <typename Run>
  void refuse(const Call<Run>& call) {
    call.refuses(&planes, -1, "negative planes");
    for (const auto side : {&height, &width}) {
      call.refuses(side, 0, "images without samples");
      call.refuses(side, kMostSide + 1, "too large an image");
    }
    call.refuses(&rows, -1, "negative rows of a filter");
    call.refuses(&columns, -1, "negative columns of a filter");
    call.refuses(&columns, 4097, "too many taps");
    call.refuses(&columns, 5, "more taps than samples");
    call.refuses(&threads, 0, "no thread");
    call.refuses(&threads, 1025, "too many threads");
    planes = 0;
    call.works("without planes");
    planes = 1;
  }
};

void refuse_upfirdn() {
  Picture of;
  int32_t up[] = {1, 1};
  int32_t down[] = {1, 1};
  int64_t padding[] = {0, 0, 0, 0};
  const int32_t* ups = up;
  const int32_t* downs = down;
  const int64_t* paddings = padding;
  const float* input = values;
  const float* filter = values;
  float* output = into;
  Room room(potstill_upfirdn_workspace(4, 4, up, down, padding, 0, 2, 1));
  const auto run = [&] {
    return potstill_upfirdn(input, of.planes, of.height, of.width, ups, downs, paddings, filter,
                            of.rows, of.columns, 0, 1, output, room.at, room.bytes, of.threads,
                            level);
  };
  const Call call("upfirdn", run);
  of.refuse(call);
  room.refuse(call);
  call.refuses_null(&ups, &downs, &paddings, &input, &filter, &output);
  check(potstill_upfirdn_workspace(4, 4, nullptr, down, padding, 0, 2, 1) == -1 &&
            potstill_upfirdn_workspace(4, 4, up, nullptr, padding, 0, 2, 1) == -1 &&
            potstill_upfirdn_workspace(4, 4, up, down, nullptr, 0, 2, 1) == -1 &&
            potstill_filtered_lrelu_workspace(4, 4, 1, 1, nullptr, 0, 2, 0, 2, 1) == -1,
        "without factors or paddings there is no workspace");
  for (const int k : {0, 1}) {
    for (const auto factors : {up, down}) {
      call.refuses(&factors[k], 0, "factor 0");
      call.refuses(&factors[k], 65, "factor 65");
    }
  }
  for (int64_t& pad : padding) {
    call.refuses(&pad, -3, "an image without outputs");
    call.refuses(&pad, kMostSide + 1, "too large a padding");
    call.refuses(&pad, -kMostSide - 1, "too small a padding");
  }
}

void refuse_filtered_lrelu() {
  Picture of;
  int32_t up = 1;
  int32_t down = 1;
  int64_t channels = 1;
  int64_t padding[] = {0, 0, 0, 0};
  double clamp = 1;
  const int64_t* paddings = padding;
  const float* input = values;
  const float* up_filter = values;
  const float* down_filter = values;
  const float* slope = values;
  float* output = into;
  Room room(potstill_filtered_lrelu_workspace(4, 4, 1, 1, padding, 0, 2, 0, 2, 1));
  const auto refuse = [&](const auto& call) {
    of.refuse(call);
    room.refuse(call);
    call.refuses_null(&paddings, &input, &up_filter, &down_filter, &output);
    for (const auto factor : {&up, &down}) {
      call.refuses(factor, 0, "factor 0");
      call.refuses(factor, 65, "factor 65");
    }
    for (int64_t& pad : padding) call.refuses(&pad, -2, "an image without outputs");
    call.refuses(&channels, 0, "no channels");
    call.refuses(&clamp, -1, "a negative clamp");
    call.refuses(&clamp, NAN, "a clamp that is NaN");
  };
  const auto run = [&] {
    return potstill_filtered_lrelu(input, nullptr, of.planes, channels, of.height, of.width, up,
                                   down, paddings, up_filter, of.rows, of.columns, down_filter, 0,
                                   2, 0, 1, 1, clamp, output, room.at, room.bytes, of.threads,
                                   level);
  };
  refuse(Call("filtered_lrelu", run));
  const auto differentiate = [&] {
    return potstill_filtered_lrelu_gradient(
        input, nullptr, of.planes, channels, of.height, of.width, up, down, paddings, up_filter,
        of.rows, of.columns, down_filter, 0, 2, 0, 1, 1, clamp, slope, output, room.at, room.bytes,
        of.threads, level);
  };
  const Call gradient("filtered_lrelu_gradient", differentiate);
  refuse(gradient);
  gradient.refuses_null(&slope);
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    refuse_convolution();
    refuse_norm();
    refuse_norm_gradient();
    refuse_norm_tangents();
    refuse_upfirdn();
    refuse_filtered_lrelu();
  });
}
