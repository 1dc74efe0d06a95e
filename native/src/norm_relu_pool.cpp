// norm_relu_pool: instance norm (Ulyanov et al. 2016), ReLU (or none) and average pooling of maps with the
// channels last, x (N, H, W, C) float32, forward and backward.
//
// One block of channels of one image is one piece of work: 64 channels of a map of 32 x 32 are 256
// KiB, which stay in the second cache from the statistics to the pooling. As three operators the
// same costs three ways through memory forward and four backward. Reads 8 N H W C bytes (10
// backward), writes N H W C for windows of 2 x 2 (4 backward). Of both there are tangents, by
// which a gradient is differentiated once more (Pearlmutter 1994). Pieces are independent, and the
// gradients of scale and shift are added over the images in order, so results do not depend on the
// thread count.
#include "loops.h"
#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

struct Call {
  NormMap map;
  int64_t images;
  int64_t positions;
  int64_t pooled;  // positions of an image of the output
  int64_t blocks;
  int which;  // in the tables of loops

  Call(int64_t images, int64_t height, int64_t width, int64_t channels, int32_t window)
      : map{height, width, channels},
        images(images),
        positions(0),
        pooled(0),
        blocks(0),
        which(window - 1) {
    require(images >= 0 && height >= 0 && width >= 0 && channels >= 0, "a size is negative");
    require(window == 1 || window == 2, "window must be 1 or 2");
    int64_t elements = 0;
    if (__builtin_mul_overflow(height, width, &elements) ||
        __builtin_mul_overflow(elements, channels, &elements) ||
        __builtin_mul_overflow(elements, images, &elements) || elements > INT64_MAX / 4) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "the maps are too large");
    }
    require(images == 0 || (height >= 1 && width >= 1), "a map has no position");
    positions = height * width;
    pooled = (height / window) * (width / window);
    blocks = (channels + kNormChannels - 1) / kNormChannels;
  }

  bool serial() const { return images * positions * map.channels <= kSerialElements; }

  // Runs body(image, first channel, channels) for every piece.
  template <typename Body>
  void run(int32_t threads, Body body) const {
    const int64_t pieces = images * blocks;
#pragma omp parallel for num_threads(threads) schedule(static) if (!serial())
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t first = piece % blocks * kNormChannels;
      body(piece / blocks, first, std::min(kNormChannels, map.channels - first));
    }
  }
};

// What the images contribute to the gradients of scale and shift, or to their tangents; in the
// workspace, (images, channels) each.
struct Shares {
  float* of_scale;
  float* of_shift;

  Shares(void* workspace, int64_t count)
      : of_scale(static_cast<float*>(workspace)), of_shift(of_scale + count) {}

  void sum(int64_t images, int64_t channels, float* scale, float* shift) const {
    for (int64_t c = 0; c < channels; ++c) {
      double scale_sum = 0, shift_sum = 0;
      for (int64_t image = 0; image < images; ++image) {
        scale_sum += of_scale[image * channels + c];
        shift_sum += of_shift[image * channels + c];
      }
      scale[c] = static_cast<float>(scale_sum);
      shift[c] = static_cast<float>(shift_sum);
    }
  }
};

}  // namespace
}  // namespace potstill

int32_t potstill_norm_relu_pool(const float* x, int64_t images, int64_t height, int64_t width,
                                int64_t channels, const float* scale, const float* shift,
                                float epsilon, int32_t window, int32_t relu, float* out,
                                float* mean, float* rstd, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("norm_relu_pool", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    require(epsilon >= 0, "epsilon is negative");
    const Call call(images, height, width, channels, window);
    if (call.images * call.blocks == 0) return;
    require(x != nullptr && scale != nullptr && shift != nullptr, "x, scale or shift is NULL");
    require(call.pooled == 0 || out != nullptr, "out is NULL");
    require(mean != nullptr && rstd != nullptr, "mean or rstd is NULL");
    call.run(threads, [&](int64_t image, int64_t first, int64_t count) {
      const int64_t at = image * channels + first;
      loops.norm_forward[call.which][relu != 0](
          call.map, count, x + image * call.positions * channels + first,
          {scale + first, shift + first, nullptr, nullptr}, epsilon,
          out + image * call.pooled * channels + first, mean + at, rstd + at);
    });
  });
}

// The shares of the images in the gradients of scale and shift.
int64_t potstill_norm_relu_pool_gradient_workspace(int64_t images, int64_t channels) noexcept {
  int64_t bytes = 0;
  if (images < 0 || channels < 0 || __builtin_mul_overflow(images, channels, &bytes) ||
      bytes > INT64_MAX / 8) {
    return -1;
  }
  return 8 * bytes;
}

int32_t potstill_norm_relu_pool_gradient(
    const float* x, int64_t images, int64_t height, int64_t width, int64_t channels,
    const float* scale, const float* shift, int32_t window, int32_t relu, const float* mean,
    const float* rstd, const float* out_gradient, float* x_gradient, float* scale_gradient,
    float* shift_gradient, void* workspace, int64_t workspace_bytes, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("norm_relu_pool_gradient", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    const Call call(images, height, width, channels, window);
    require(channels == 0 || (scale_gradient != nullptr && shift_gradient != nullptr),
            "scale_gradient or shift_gradient is NULL");
    require_workspace(workspace, workspace_bytes,
                      potstill_norm_relu_pool_gradient_workspace(images, channels));
    if (call.images * call.blocks > 0) {
      require(x != nullptr && scale != nullptr && shift != nullptr, "x, scale or shift is NULL");
      require(mean != nullptr && rstd != nullptr, "mean or rstd is NULL");
      require(call.pooled == 0 || out_gradient != nullptr, "out_gradient is NULL");
      require(x_gradient != nullptr, "x_gradient is NULL");
    }
    const Shares shares(workspace, images * channels);
    call.run(threads, [&](int64_t image, int64_t first, int64_t count) {
      const int64_t at = image * channels + first;
      const int64_t start = image * call.positions * channels + first;
      loops.norm_backward[call.which][relu != 0](
          call.map, count, x + start, {scale + first, shift + first, mean + at, rstd + at},
          out_gradient + image * call.pooled * channels + first, x_gradient + start,
          shares.of_scale + at, shares.of_shift + at);
    });
    shares.sum(images, channels, scale_gradient, shift_gradient);
  });
}

int32_t potstill_norm_relu_pool_tangent(
    const float* x, int64_t images, int64_t height, int64_t width, int64_t channels,
    const float* scale, const float* shift, int32_t window, const float* mean, const float* rstd,
    const float* x_tangent, const float* scale_tangent, const float* shift_tangent,
    float* out_tangent, float* x_mean, float* x_product, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("norm_relu_pool_tangent", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    const Call call(images, height, width, channels, window);
    if (call.images * call.blocks == 0) return;
    require(x != nullptr && scale != nullptr && shift != nullptr, "x, scale or shift is NULL");
    require(mean != nullptr && rstd != nullptr, "mean or rstd is NULL");
    require(x_tangent != nullptr && scale_tangent != nullptr && shift_tangent != nullptr,
            "x_tangent, scale_tangent or shift_tangent is NULL");
    require(call.pooled == 0 || out_tangent != nullptr, "out_tangent is NULL");
    require(x_mean != nullptr && x_product != nullptr, "x_mean or x_product is NULL");
    call.run(threads, [&](int64_t image, int64_t first, int64_t count) {
      const int64_t at = image * channels + first;
      const int64_t start = image * call.positions * channels + first;
      loops.norm_tangent[call.which](call.map, count, x + start,
                                     {scale + first, shift + first, mean + at, rstd + at},
                                     {scale_tangent + first, shift_tangent + first,
                                      x_tangent + start, x_mean + at, x_product + at},
                                     out_tangent + image * call.pooled * channels + first);
    });
  });
}

int32_t potstill_norm_relu_pool_gradient_tangent(
    const float* x, int64_t images, int64_t height, int64_t width, int64_t channels,
    const float* scale, const float* shift, int32_t window, const float* mean, const float* rstd,
    const float* x_tangent, const float* scale_tangent, const float* x_mean,
    const float* x_product, const float* out_gradient, const float* out_gradient_tangent,
    float* x_gradient_tangent, float* scale_gradient_tangent, float* shift_gradient_tangent,
    void* workspace, int64_t workspace_bytes, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("norm_relu_pool_gradient_tangent", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    const Call call(images, height, width, channels, window);
    require(channels == 0 || (scale_gradient_tangent != nullptr && shift_gradient_tangent != nullptr),
            "scale_gradient_tangent or shift_gradient_tangent is NULL");
    require_workspace(workspace, workspace_bytes,
                      potstill_norm_relu_pool_gradient_workspace(images, channels));
    if (call.images * call.blocks > 0) {
      require(x != nullptr && scale != nullptr && shift != nullptr, "x, scale or shift is NULL");
      require(mean != nullptr && rstd != nullptr, "mean or rstd is NULL");
      require(x_tangent != nullptr && scale_tangent != nullptr,
              "x_tangent or scale_tangent is NULL");
      require(x_mean != nullptr && x_product != nullptr, "x_mean or x_product is NULL");
      require(call.pooled == 0 || (out_gradient != nullptr && out_gradient_tangent != nullptr),
              "out_gradient or out_gradient_tangent is NULL");
      require(x_gradient_tangent != nullptr, "x_gradient_tangent is NULL");
    }
    const Shares shares(workspace, images * channels);
    call.run(threads, [&](int64_t image, int64_t first, int64_t count) {
      const int64_t at = image * channels + first;
      const int64_t start = image * call.positions * channels + first;
      const int64_t pooled = image * call.pooled * channels + first;
      loops.norm_gradient_tangent[call.which](
          call.map, count, x + start, {scale + first, shift + first, mean + at, rstd + at},
          {scale_tangent + first, x_tangent + start, x_mean + at, x_product + at},
          out_gradient + pooled, out_gradient_tangent + pooled, x_gradient_tangent + start,
          shares.of_scale + at, shares.of_shift + at);
    });
    shares.sum(images, channels, scale_gradient_tangent, shift_gradient_tangent);
  });
}
