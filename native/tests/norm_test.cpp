// norm_relu_pool, its gradient and the tangents of both at one instruction set against doubles.
// Usage: norm_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "checks.h"

namespace {

// One channel of one image in double precision; dx and the shares only where a gradient is given.
struct NormReference {
  std::vector<double> out, dx;
  double of_scale = 0, of_shift = 0;

  template <typename Number>
  NormReference(const Number* x, int64_t height, int64_t width, int64_t step, double scale,
                double shift, double epsilon, int64_t window, const Number* gradient,
                bool relu = true) {
    const int64_t n = height * width, high = height / window, wide = width / window;
    double mean = 0, variance = 0;
    for (int64_t p = 0; p < n; ++p) mean += double(x[p * step]) / double(n);
    for (int64_t p = 0; p < n; ++p) variance += std::pow(x[p * step] - mean, 2) / double(n);
    const double rstd = 1 / std::sqrt(variance + epsilon);
    out.resize(static_cast<size_t>(high * wide));
    std::vector<double> dy(static_cast<size_t>(n)), normed(static_cast<size_t>(n));
    for (int64_t p = 0; p < n; ++p) {
      const int64_t row = p / width / window, column = p % width / window;
      const auto at = static_cast<size_t>(p);
      normed[at] = (x[p * step] - mean) * rstd;
      const double y = normed[at] * scale + shift;
      if ((relu && y <= 0) || row >= high || column >= wide) continue;
      const int64_t o = row * wide + column;
      out[static_cast<size_t>(o)] += y / double(window * window);
      if (gradient != nullptr) dy[at] = gradient[o * step] / double(window * window);
      of_shift += dy[at];
      of_scale += dy[at] * normed[at];
    }
    for (size_t p = 0; p < dy.size(); ++p) {
      dx.push_back(scale * rstd * (dy[p] - (of_shift + normed[p] * of_scale) / double(n)));
    }
  }
};

void test_norm_relu_pool(bool relu) {
  const float epsilon = 1e-5f;
  for (int64_t channels : {1, 3, 4, 17, 63, 64, 65, 100, 128, 192}) {
    for (int64_t height : {1, 2, 5, 16}) {
      for (int64_t width : {1, 4, 7, 13}) {
        for (int64_t window : {1, 2}) {
          const int64_t images = 3, size = height * width * channels;
          const int64_t pooled = (height / window) * (width / window) * channels;
          Unaligned x(images * size), scale(channels), shift(channels), out(images * pooled);
          Unaligned mean(images * channels), rstd(images * channels), given(images * pooled);
          Unaligned dscale(channels), dshift(channels), dx(images * size);
          fill(x.data(), images * size, 2);
          for (int64_t i = 0; i < images * size; ++i) x.data()[i] += 5;
          fill(scale.data(), channels, 1);
          fill(shift.data(), channels, 1);
          fill(given.data(), images * pooled, 1);
          const int64_t bytes = potstill_norm_relu_pool_gradient_workspace(images, channels);
          std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1, NAN);
          const auto w = static_cast<int32_t>(window);
          std::vector<float> first;
          for (int32_t threads : {1, 3}) {
            // The second time the gradient overwrites the input.
            float* into = threads == 1 ? dx.data() : x.data();
            const bool ran =
                potstill_norm_relu_pool(x.data(), images, height, width, channels, scale.data(),
                                        shift.data(), epsilon, w, relu, out.data(), mean.data(),
                                        rstd.data(), threads, level) == POTSTILL_OK &&
                potstill_norm_relu_pool_gradient(
                    x.data(), images, height, width, channels, scale.data(), shift.data(), w, relu,
                    mean.data(), rstd.data(), given.data(), into, dscale.data(), dshift.data(),
                    workspace.data(), bytes, threads, level) == POTSTILL_OK;
            check(ran, "norm_relu_pool runs");
            std::vector<float> all(out.data(), out.data() + images * pooled);
            all.insert(all.end(), into, into + images * size);
            all.insert(all.end(), dscale.data(), dscale.data() + channels);
            all.insert(all.end(), dshift.data(), dshift.data() + channels);
            check(threads == 1 || std::memcmp(all.data(), first.data(), 4 * all.size()) == 0,
                  "neither the thread count nor the place of the gradient changes norm_relu_pool");
            first = all;
            if (threads > 1) continue;
            const std::string sizes = " of " + std::to_string(height) + " x " +
                                      std::to_string(width) + " x " + std::to_string(channels);
            for (int64_t c = 0; c < channels; ++c) {
              double of_scale = 0, of_shift = 0;
              for (int64_t i = 0; i < images; ++i) {
                const NormReference expected(x.data() + i * size + c, height, width, channels,
                                             scale.data()[c], shift.data()[c], epsilon, window,
                                             given.data() + i * pooled + c, relu);
                of_scale += expected.of_scale;
                of_shift += expected.of_shift;
                // Few positions may lie close together: values and slopes then grow with rstd.
                const double grown = 1 + 0.1 * rstd.data()[i * channels + c];
                for (size_t p = 0; p < expected.out.size(); ++p) {
                  const double value = out.data()[i * pooled + int64_t(p) * channels + c];
                  check(std::abs(value - expected.out[p]) <= 2e-5 * grown, "output" + sizes);
                }
                for (size_t p = 0; p < expected.dx.size(); ++p) {
                  const double value = dx.data()[i * size + int64_t(p) * channels + c];
                  const double slope = std::abs(scale.data()[c]) * rstd.data()[i * channels + c];
                  check(std::abs(value - expected.dx[p]) <= 5e-5 * (1 + slope) * grown,
                        "gradient" + sizes);
                }
              }
              check(std::abs(dscale.data()[c] - of_scale) <= 1e-4 * (1 + std::abs(of_scale)),
                    "gradient of the scale" + sizes);
              check(std::abs(dshift.data()[c] - of_shift) <= 1e-4 * (1 + std::abs(of_shift)),
                    "gradient of the shift" + sizes);
            }
          }
        }
      }
    }
  }
}

// The tangents of one channel of one image, by central differences of the reference above in double
// precision along the direction of the tangents.
struct NormTangentReference {
  std::vector<double> out, dx;
  double of_scale, of_shift;

  // Every array has `step` floats from one position to the next; directions like what they move.
  NormTangentReference(const float* x, const float* x_tangent, int64_t height, int64_t width,
                       int64_t step, const double (&scale)[2], const double (&shift)[2],
                       double epsilon, int64_t window, const float* gradient,
                       const float* gradient_tangent) {
    const double h = 1e-5;
    const NormReference ahead = moved(x, x_tangent, height, width, step, scale, shift, epsilon,
                                      window, gradient, gradient_tangent, h);
    const NormReference behind = moved(x, x_tangent, height, width, step, scale, shift, epsilon,
                                       window, gradient, gradient_tangent, -h);
    for (size_t p = 0; p < ahead.out.size(); ++p) {
      out.push_back((ahead.out[p] - behind.out[p]) / (2 * h));
    }
    for (size_t p = 0; p < ahead.dx.size(); ++p) {
      dx.push_back((ahead.dx[p] - behind.dx[p]) / (2 * h));
    }
    of_scale = (ahead.of_scale - behind.of_scale) / (2 * h);
    of_shift = (ahead.of_shift - behind.of_shift) / (2 * h);
  }

 private:
  static NormReference moved(const float* x, const float* x_tangent, int64_t height, int64_t width,
                             int64_t step, const double (&scale)[2], const double (&shift)[2],
                             double epsilon, int64_t window, const float* gradient,
                             const float* gradient_tangent, double by) {
    std::vector<double> map, received;
    for (int64_t p = 0; p < height * width; ++p) {
      map.push_back(x[p * step] + by * double(x_tangent[p * step]));
    }
    for (int64_t p = 0; p < (height / window) * (width / window); ++p) {
      received.push_back(gradient[p * step] + by * double(gradient_tangent[p * step]));
    }
    return NormReference(map.data(), height, width, 1, scale[0] + by * scale[1],
                         shift[0] + by * shift[1], epsilon, window, received.data());
  }
};

// Whether some position is so near to the kink of the ReLU that a difference may step over it.
bool near_kink(const float* x, int64_t positions, int64_t step, double mean, double factor,
               double shift, double reach) {
  for (int64_t p = 0; p < positions; ++p) {
    if (std::abs((x[p * step] - mean) * factor + shift) < reach) return true;
  }
  return false;
}

// The tangents of norm_relu_pool and of its gradient on some maps.
struct Tangents {
  static constexpr int64_t kImages = 3;
  static constexpr float kEpsilon = 1e-3f;

  int64_t height, width, channels;
  int32_t window;
  int64_t size, pooled;                         // floats of an image, of x and of the output
  Unaligned x, x_tangent, scale, shift, given;  // the last three with their tangents behind them
  Unaligned out, mean, rstd, out_tangent, x_mean, x_product, found, found_scale, found_shift;

  Tangents(int64_t h, int64_t w, int64_t c, int64_t of_window)
      : height(h),
        width(w),
        channels(c),
        window(static_cast<int32_t>(of_window)),
        size(h * w * c),
        pooled((h / of_window) * (w / of_window) * c),
        x(kImages * size),
        x_tangent(kImages * size),
        scale(2 * c),
        shift(2 * c),
        given(2 * kImages * pooled),
        out(kImages * pooled),
        mean(kImages * c),
        rstd(kImages * c),
        out_tangent(kImages * pooled),
        x_mean(kImages * c),
        x_product(kImages * c),
        found(kImages * size),
        found_scale(c),
        found_shift(c) {
    fill(x.data(), kImages * size, 2);
    fill(x_tangent.data(), kImages * size, 1);
    fill(scale.data(), 2 * channels, 1);
    fill(shift.data(), 2 * channels, 1);
    fill(given.data(), 2 * kImages * pooled, 1);
    for (int64_t i = 0; i < kImages * size; ++i) x.data()[i] += 5;
  }

  float* gradient() { return given.data(); }
  float* gradient_tangent() { return given.data() + kImages * pooled; }

  std::string sizes() const {
    return " of " + std::to_string(height) + " x " + std::to_string(width) + " x " +
           std::to_string(channels);
  }

  // All that comes out.
  std::vector<float> run(int32_t threads) {
    const int64_t bytes = potstill_norm_relu_pool_gradient_workspace(kImages, channels);
    std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1, NAN);
    const bool ran =
        potstill_norm_relu_pool(x.data(), kImages, height, width, channels, scale.data(),
                                shift.data(), kEpsilon, window, 1, out.data(), mean.data(),
                                rstd.data(), threads, level) == POTSTILL_OK &&
        potstill_norm_relu_pool_tangent(x.data(), kImages, height, width, channels, scale.data(),
                                        shift.data(), window, mean.data(), rstd.data(),
                                        x_tangent.data(), scale.data() + channels,
                                        shift.data() + channels, out_tangent.data(), x_mean.data(),
                                        x_product.data(), threads, level) == POTSTILL_OK &&
        potstill_norm_relu_pool_gradient_tangent(
            x.data(), kImages, height, width, channels, scale.data(), shift.data(), window,
            mean.data(), rstd.data(), x_tangent.data(), scale.data() + channels, x_mean.data(),
            x_product.data(), gradient(), gradient_tangent(), found.data(), found_scale.data(),
            found_shift.data(), workspace.data(), bytes, threads, level) == POTSTILL_OK;
    check(ran, "the tangents of norm_relu_pool run");
    std::vector<float> all(out_tangent.data(), out_tangent.data() + kImages * pooled);
    all.insert(all.end(), found.data(), found.data() + kImages * size);
    all.insert(all.end(), found_scale.data(), found_scale.data() + channels);
    all.insert(all.end(), found_shift.data(), found_shift.data() + channels);
    return all;
  }

  // Channel c of an image against `expected`.
  void compare(int64_t image, int64_t c, const NormTangentReference& expected) {
    const double r = rstd.data()[image * channels + c];
    for (size_t p = 0; p < expected.out.size(); ++p) {
      const double value = out_tangent.data()[image * pooled + int64_t(p) * channels + c];
      check(std::abs(value - expected.out[p]) <= 5e-5 * (1 + r), "tangent" + sizes());
    }
    for (size_t p = 0; p < expected.dx.size(); ++p) {
      const double value = found.data()[image * size + int64_t(p) * channels + c];
      check(std::abs(value - expected.dx[p]) <= 2e-4 * (1 + r * r),
            "tangent of the gradient" + sizes());
    }
  }

  // Channel c of all images that lie off the kink, how many are; if all do, the sums over them too.
  int64_t compare(int64_t c) {
    const double scales[] = {scale.data()[c], scale.data()[channels + c]};
    const double shifts[] = {shift.data()[c], shift.data()[channels + c]};
    double of_scale = 0, of_shift = 0, largest = 0;
    int64_t compared = 0;
    for (int64_t i = 0; i < kImages; ++i) {
      const double r = rstd.data()[i * channels + c];
      const float* map = x.data() + i * size + c;
      if (near_kink(map, height * width, channels, mean.data()[i * channels + c], scales[0] * r,
                    shifts[0], 1e-3)) {
        continue;
      }
      const NormTangentReference expected(
          map, x_tangent.data() + i * size + c, height, width, channels, scales, shifts, kEpsilon,
          window, gradient() + i * pooled + c, gradient_tangent() + i * pooled + c);
      compare(i, c, expected);
      of_scale += expected.of_scale;
      of_shift += expected.of_shift;
      largest = std::max(largest, r);
      ++compared;
    }
    if (compared < kImages) return compared;
    check(std::abs(found_scale.data()[c] - of_scale) <= 1e-3 * (1 + largest),
          "tangent of the scale's gradient" + sizes());
    check(std::abs(found_shift.data()[c] - of_shift) <= 1e-3 * (1 + largest),
          "tangent of the shift's gradient" + sizes());
    return compared;
  }
};

void test_norm_relu_pool_tangents() {
  int64_t compared = 0, sums_compared = 0;
  for (int64_t channels : {1, 3, 17, 64, 65, 100, 128}) {
    for (int64_t height : {2, 5, 8}) {
      for (int64_t width : {4, 7}) {
        for (int64_t window : {1, 2}) {
          Tangents tangents(height, width, channels, window);
          const std::vector<float> first = tangents.run(1), again = tangents.run(3);
          check(std::memcmp(first.data(), again.data(), 4 * first.size()) == 0,
                "the thread count does not change the tangents of norm_relu_pool");
          for (int64_t c = 0; c < channels; ++c) {
            const int64_t images = tangents.compare(c);
            compared += images;
            sums_compared += images == Tangents::kImages ? 1 : 0;
          }
        }
      }
    }
  }
  check(compared > 5000, "most maps are compared");
  check(sums_compared > 1500, "most sums over images are compared");
}

void test_norm_relu_pool_edges() {
  const float one[4] = {1, 1, 1, 1}, nan[4] = {1, NAN, 2, 3}, zero[4] = {};
  float out[4], mean[1], rstd[1];
  check(potstill_norm_relu_pool(nan, 1, 2, 2, 1, one, zero, 1e-5f, 2, 1, out, mean, rstd, 1,
                                level) == POTSTILL_OK &&
            std::isnan(out[0]),
        "NaN goes through norm and ReLU");
  check(potstill_norm_relu_pool(one, 1, 2, 2, 1, one, zero, 1e-5f, 1, 1, out, mean, rstd, 1,
                                level) == POTSTILL_OK &&
            out[3] == 0 && mean[0] == 1,
        "a flat map becomes the shift");
  check(potstill_norm_relu_pool(one, 1, 2, 2, 1, one, zero, 1e-5f, 3, 1, out, mean, rstd, 1,
                                level) == POTSTILL_INVALID_ARGUMENT,
        "other windows are refused");
  check(potstill_norm_relu_pool(nullptr, 0, 2, 2, 4, one, zero, 1e-5f, 2, 1, out, mean, rstd, 1,
                                level) == POTSTILL_OK,
        "no image is fine");
  float dscale[1] = {7}, dshift[1] = {7};
  check(potstill_norm_relu_pool_gradient(nullptr, 0, 2, 2, 1, one, zero, 2, 1, nullptr, nullptr,
                                         nullptr, nullptr, dscale, dshift, nullptr, 0, 1,
                                         level) == POTSTILL_OK &&
            dscale[0] == 0 && dshift[0] == 0,
        "no image has no slope");
  check(potstill_norm_relu_pool_gradient(one, 1, 2, 2, 1, one, zero, 2, 1, mean, rstd, one, out,
                                         dscale, dshift, nullptr, 0, 1,
                                         level) == POTSTILL_INVALID_ARGUMENT,
        "a missing workspace is refused");
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    test_norm_relu_pool(true);
    test_norm_relu_pool(false);
    test_norm_relu_pool_tangents();
    test_norm_relu_pool_edges();
  });
}
