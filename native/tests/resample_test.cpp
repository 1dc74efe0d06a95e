// upfirdn and filtered_lrelu at one instruction set against their definitions in double precision.
// Usage: resample_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <limits>

#include "checks.h"

namespace {

constexpr char kUnwritten = -1;  // four of them are NaN

struct Taps {
  int64_t rows;
  int64_t columns;
  std::vector<float> values;

  int64_t height() const { return columns == 0 ? 1 : rows == 0 ? columns : rows; }
  int64_t width() const { return columns == 0 ? 1 : columns; }
  const float* data() const { return columns == 0 ? nullptr : values.data(); }

  double at(int64_t y, int64_t x, bool flip) const {
    if (columns == 0) return 1;
    if (!flip) y = height() - 1 - y;
    if (!flip) x = width() - 1 - x;
    return rows == 0 ? double(values[y]) * values[x] : values[y * columns + x];
  }
};

Taps random_taps(int64_t rows, int64_t columns) {
  Taps taps = {rows, columns, std::vector<float>((rows == 0 ? 1 : rows) * columns)};
  fill(taps.values.data(), static_cast<int64_t>(taps.values.size()), 0.4f);
  return taps;
}

struct Image {
  int64_t height;
  int64_t width;
  std::vector<double> values;

  Image(int64_t h, int64_t w) : height(h), width(w), values(h * w) {}
  Image(int64_t h, int64_t w, const float* from)
      : height(h), width(w), values(from, from + h * w) {}
  double& at(int64_t y, int64_t x) { return values[y * width + x]; }
};

struct Setting {
  int32_t up[2];
  int32_t down[2];
  int64_t padding[4];
  bool flip;
  double gain;
};

// The definition, tap by tap.
Image upfirdn(Image& image, const Setting& s, const Taps& taps) {
  const auto out = [](int64_t in, int up, int down, int64_t padding, int64_t taps) {
    return (in * up + padding - taps) / down + 1;
  };
  Image result(out(image.height, s.up[1], s.down[1], s.padding[2] + s.padding[3], taps.height()),
               out(image.width, s.up[0], s.down[0], s.padding[0] + s.padding[1], taps.width()));
  for (int64_t oy = 0; oy < result.height; ++oy) {
    for (int64_t ox = 0; ox < result.width; ++ox) {
      double sum = 0;
      for (int64_t ty = 0; ty < taps.height(); ++ty) {
        const int64_t y = oy * s.down[1] + ty - s.padding[2];
        if (y < 0 || y % s.up[1] != 0 || y / s.up[1] >= image.height) continue;
        for (int64_t tx = 0; tx < taps.width(); ++tx) {
          const int64_t x = ox * s.down[0] + tx - s.padding[0];
          if (x < 0 || x % s.up[0] != 0 || x / s.up[0] >= image.width) continue;
          sum += taps.at(ty, tx, s.flip) * image.at(y / s.up[1], x / s.up[0]);
        }
      }
      result.at(oy, ox) = sum * s.gain;
    }
  }
  return result;
}

// The transposed operation, which the header describes.
Setting transposed(const Setting& s, const Image& in, const Image& out, const Taps& taps) {
  return {{s.down[0], s.down[1]},
          {s.up[0], s.up[1]},
          {taps.width() - 1 - s.padding[0],
           in.width * s.up[0] - out.width * s.down[0] + s.padding[0] - s.up[0] + 1,
           taps.height() - 1 - s.padding[2],
           in.height * s.up[1] - out.height * s.down[1] + s.padding[2] - s.up[1] + 1},
          !s.flip,
          s.gain};
}

void same(const float* found, const std::vector<double>& expected, const std::string& claim) {
  double scale = 1;
  for (const double value : expected) {
    if (std::isfinite(value)) scale = std::max(scale, std::abs(value));
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const bool fits = std::isnan(expected[i])   ? std::isnan(found[i])
                      : std::isinf(expected[i]) ? found[i] == expected[i]
                                                : std::abs(found[i] - expected[i]) <= 2e-6 * scale;
    if (!fits) {
      check(false, claim + " at " + std::to_string(i) + ": " + std::to_string(found[i]) + " for " +
                       std::to_string(expected[i]));
      return;
    }
  }
}

std::vector<double> run_upfirdn(float* input, int64_t planes, int64_t height, int64_t width,
                                const Setting& s, const Taps& taps, const std::string& claim) {
  std::vector<double> expected;
  for (int64_t p = 0; p < planes; ++p) {
    Image plane(height, width, input + p * height * width);
    const Image result = upfirdn(plane, s, taps);
    expected.insert(expected.end(), result.values.begin(), result.values.end());
  }
  std::vector<std::vector<float>> found;
  for (const int threads : {1, 3}) {
    const int64_t bytes = potstill_upfirdn_workspace(height, width, s.up, s.down, s.padding,
                                                     taps.rows, taps.columns, threads);
    std::vector<char> workspace(static_cast<size_t>(std::max<int64_t>(bytes, 0)) + 8, kUnwritten);
    Unaligned output(static_cast<int64_t>(expected.size()) + 1);
    output.data()[expected.size()] = 77;
    check(potstill_upfirdn(input, planes, height, width, s.up, s.down, s.padding, taps.data(),
                           taps.rows, taps.columns, s.flip, s.gain, output.data(),
                           workspace.data() + 4, bytes, threads, level) == POTSTILL_OK,
          claim + " runs");
    check(output.data()[expected.size()] == 77, claim + " writes nothing behind its output");
    same(output.data(), expected, claim);
    found.emplace_back(output.data(), output.data() + expected.size());
  }
  check(std::equal(found[0].begin(), found[0].end(), found[1].begin(),
                   [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }),
        claim + " does not depend on the thread count");
  return expected;
}

std::string name_of(const Setting& s, const Taps& taps, int64_t height, int64_t width) {
  std::string name = "upfirdn " + std::to_string(height) + "x" + std::to_string(width);
  for (const int32_t v : {s.up[0], s.up[1], s.down[0], s.down[1]}) name += " " + std::to_string(v);
  for (const int64_t v : s.padding) name += " " + std::to_string(v);
  return name + " taps " + std::to_string(taps.rows) + "," + std::to_string(taps.columns);
}

void test_upfirdn() {
  const Taps filters[] = {random_taps(0, 0), random_taps(0, 12), random_taps(0, 5),
                          random_taps(3, 4), random_taps(1, 4), random_taps(0, 1)};
  const int32_t factors[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 2},
                                {2, 4}, {3, 2}, {1, 4}, {5, 7}};
  for (const auto& taps : filters) {
    for (const auto& f : factors) {
      for (const int64_t width : {1, 7, 8, 9, 16, 17, 33, 65, 130}) {
        const int64_t height = width == 130 ? 40 : 6;
        Setting s = {{f[0], f[0]}, {f[1], f[1]}, {11, 12, 13, 14}, width % 2 == 0, 1.5};
        Unaligned input(2 * height * width);
        fill(input.data(), 2 * height * width, 1);
        run_upfirdn(input.data(), 2, height, width, s, taps, name_of(s, taps, height, width));
      }
    }
  }
}

// The transpose is the adjoint: <A x, y> = <x, A' y>, through the kernel itself; with mixed factors
// and negative padding.
void test_upfirdn_gradient() {
  const Setting settings[] = {{{2, 2}, {1, 1}, {5, 4, 5, 4}, false, 4},
                              {{1, 1}, {2, 2}, {6, 5, 4, 7}, false, 1},
                              {{3, 3}, {2, 2}, {-2, 5, 3, -1}, true, 2.5},
                              {{2, 1}, {1, 2}, {1, 9, 9, 0}, false, 1.5},
                              {{4, 4}, {2, 2}, {-3, -4, -1, 30}, true, -2}};
  const Taps filters[] = {random_taps(0, 0), random_taps(0, 12), random_taps(3, 4)};
  for (const auto& s : settings) {
    for (const auto& taps : filters) {
      const int64_t height = 9, width = 11;
      Unaligned input(height * width);
      fill(input.data(), height * width, 1);
      const std::string name = name_of(s, taps, height, width);
      const std::vector<double> y = run_upfirdn(input.data(), 1, height, width, s, taps, name);
      Image in(height, width, input.data());
      const Image out = upfirdn(in, s, taps);
      Unaligned upstream(out.height * out.width);
      fill(upstream.data(), out.height * out.width, 1);
      const std::vector<double> x =
          run_upfirdn(upstream.data(), 1, out.height, out.width, transposed(s, in, out, taps), taps,
                      "gradient of " + name);
      check(x.size() == in.values.size(), name + ": the gradient has the input's size");
      double forward = 0, backward = 0;
      for (size_t i = 0; i < y.size(); ++i) forward += y[i] * upstream.data()[i];
      for (size_t i = 0; i < in.values.size(); ++i) backward += in.values[i] * x[i];
      check(std::abs(forward - backward) < 1e-9 * (1 + std::abs(forward)), name + ": adjoint");
    }
  }
}

void test_upfirdn_not_finite() {
  const Taps taps = random_taps(0, 6);
  const Setting s = {{2, 2}, {1, 1}, {3, 2, 3, 2}, false, 1};
  for (const float value : {NAN, INFINITY, -INFINITY, 3e38f}) {
    Unaligned input(20 * 20);
    fill(input.data(), 400, 1);
    input.data()[7 * 20 + 13] = value;
    if (std::isfinite(value)) input.data()[0] = value / 64;
    run_upfirdn(input.data(), 1, 20, 20, s, taps, "upfirdn with " + std::to_string(value));
  }
}

void test_upfirdn_refuses() {
  const float x[4] = {1, 2, 3, 4};
  float y = -1;
  const int32_t one[2] = {1, 1}, none[2] = {0, 1};
  const int64_t flush[4] = {0, 0, 0, 0}, cropped[4] = {-1, -1, 0, 0};
  char workspace[1];
  check(potstill_upfirdn(x, 1, 2, 2, none, one, flush, nullptr, 0, 0, 0, 1, &y, workspace, 0, 1,
                         level) == POTSTILL_INVALID_ARGUMENT,
        "a factor of 0 is refused");
  check(potstill_upfirdn(x, 1, 2, 2, one, one, cropped, nullptr, 0, 0, 0, 1, &y, workspace, 0, 1,
                         level) == POTSTILL_INVALID_ARGUMENT,
        "an empty output is refused");
  check(potstill_upfirdn_workspace(2, 2, one, one, cropped, 0, 0, 1) == -1, "and has no workspace");
  check(potstill_upfirdn(x, 1, 2, 2, one, one, flush, nullptr, 0, 0, 0, 1, &y, workspace, 0, 1,
                         level) == POTSTILL_INVALID_ARGUMENT,
        "a small workspace is refused");
  check(y == -1, "nothing is written on refusal");
  std::vector<char> enough(potstill_upfirdn_workspace(2, 2, one, one, flush, 0, 0, 1));
  check(
      potstill_upfirdn(nullptr, 0, 2, 2, one, one, flush, nullptr, 0, 0, 0, 1, nullptr,
                       enough.data(), static_cast<int64_t>(enough.size()), 1, level) == POTSTILL_OK,
      "no planes is no error");
}

struct Activated {
  int32_t up;
  int32_t down;
  int64_t padding[4];
  bool flip;
  double gain;
  double slope;
  double clamp;
};

void test_filtered_lrelu(const Activated& a, const Taps& fu, const Taps& fd, int64_t height,
                         int64_t width, float special) {
  const int64_t planes = 6, channels = 3, size = height * width;
  Unaligned input(planes * size);
  fill(input.data(), planes * size, 1);
  if (!(special == 0)) input.data()[size / 2] = special;
  Unaligned bias(channels);
  fill(bias.data(), channels, 0.5f);
  const std::string name = "filtered_lrelu " + std::to_string(height) + "x" +
                           std::to_string(width) + " up " + std::to_string(a.up) + " down " +
                           std::to_string(a.down) + " taps " + std::to_string(fu.columns) + " " +
                           std::to_string(fd.columns);
  const Setting larger = {{a.up, a.up},
                          {1, 1},
                          {a.padding[0], a.padding[1], a.padding[2], a.padding[3]},
                          a.flip,
                          double(a.up * a.up)};
  const Setting smaller = {{1, 1}, {a.down, a.down}, {0, 0, 0, 0}, a.flip, 1};
  std::vector<double> expected, expected_gradient;
  std::vector<float> upstream;
  for (int64_t p = 0; p < planes; ++p) {
    Image x(height, width, input.data() + p * size);
    for (double& v : x.values) v += bias.data()[p % channels];
    Image u = upfirdn(x, larger, fu);
    Image v = u;
    for (double& e : v.values) {
      e = a.gain * (e > 0 ? e : a.slope * e);
      e = e > a.clamp ? a.clamp : e < -a.clamp ? -a.clamp : e;
    }
    const Image y = upfirdn(v, smaller, fd);
    expected.insert(expected.end(), y.values.begin(), y.values.end());
    std::vector<float> g(y.values.size());
    fill(g.data(), static_cast<int64_t>(g.size()), 1);
    upstream.insert(upstream.end(), g.begin(), g.end());
    Image gy(y.height, y.width, g.data());
    Image gv = upfirdn(gy, transposed(smaller, v, y, fd), fd);
    for (size_t i = 0; i < gv.values.size(); ++i) {
      const double factor = a.gain * (u.values[i] > 0 ? 1 : a.slope);
      gv.values[i] = std::abs(factor * u.values[i]) <= a.clamp ? gv.values[i] * factor : 0;
    }
    const Image gx = upfirdn(gv, transposed(larger, x, u, fu), fu);
    expected_gradient.insert(expected_gradient.end(), gx.values.begin(), gx.values.end());
  }
  std::vector<float> found[2][2];
  for (const int threads : {1, 3}) {
    const int64_t bytes = potstill_filtered_lrelu_workspace(
        height, width, a.up, a.down, a.padding, fu.rows, fu.columns, fd.rows, fd.columns, threads);
    std::vector<char> workspace(static_cast<size_t>(std::max<int64_t>(bytes, 0)), kUnwritten);
    Unaligned y(static_cast<int64_t>(expected.size()) + 1), gx(planes * size + 1);
    y.data()[expected.size()] = gx.data()[planes * size] = 77;
    check(potstill_filtered_lrelu(input.data(), bias.data(), planes, channels, height, width, a.up,
                                  a.down, a.padding, fu.data(), fu.rows, fu.columns, fd.data(),
                                  fd.rows, fd.columns, a.flip, a.gain, a.slope, a.clamp, y.data(),
                                  workspace.data(), bytes, threads, level) == POTSTILL_OK,
          name + " runs");
    check(potstill_filtered_lrelu_gradient(input.data(), bias.data(), planes, channels, height,
                                           width, a.up, a.down, a.padding, fu.data(), fu.rows,
                                           fu.columns, fd.data(), fd.rows, fd.columns, a.flip,
                                           a.gain, a.slope, a.clamp, upstream.data(), gx.data(),
                                           workspace.data(), bytes, threads, level) == POTSTILL_OK,
          name + ": the gradient runs");
    check(y.data()[expected.size()] == 77 && gx.data()[planes * size] == 77,
          name + " writes nothing behind its output");
    same(y.data(), expected, name);
    same(gx.data(), expected_gradient, name + ", gradient");
    found[0][threads / 3].assign(y.data(), y.data() + expected.size());
    found[1][threads / 3].assign(gx.data(), gx.data() + planes * size);
  }
  for (auto& pair : found) {
    check(std::equal(pair[0].begin(), pair[0].end(), pair[1].begin(),
                     [](float p, float q) { return p == q || (std::isnan(p) && std::isnan(q)); }),
          name + " does not depend on the thread count");
  }
}

void test_filtered_lrelu() {
  const double root = std::sqrt(2), free = std::numeric_limits<double>::infinity();
  const Taps none = random_taps(0, 0), f12 = random_taps(0, 12), f24 = random_taps(0, 24),
             f5 = random_taps(0, 5), square = random_taps(3, 4), flat = random_taps(1, 4),
             large = random_taps(12, 12);
  for (const int64_t width : {1, 2, 7, 8, 9, 15, 16, 17, 33, 38, 70}) {
    const int64_t height = width == 70 ? 40 : 9;
    test_filtered_lrelu({2, 2, {11, 12, 9, 8}, false, root, 0.2, 256}, f12, f12, height, width, 0);
    test_filtered_lrelu({4, 2, {20, 14, 20, 18}, false, root, 0.2, 1.5}, f24, f12, height, width,
                        0);
    test_filtered_lrelu({2, 4, {25, 26, 23, 24}, false, root, 0.2, 1}, f12, f24, height, width, 0);
    test_filtered_lrelu({1, 1, {0, 0, 0, 0}, false, 1, 1, 1}, none, none, height, width, 0);
    test_filtered_lrelu({2, 1, {6, 5, 6, 5}, false, 0.5, 0.3, free}, f5, none, height, width, 0);
    test_filtered_lrelu({2, 2, {11, 12, 9, 8}, true, root, 0, 2}, square, f12, height, width, 0);
    test_filtered_lrelu({2, 2, {14, 15, 16, 14}, false, root, 0.2, 256}, large, large, height,
                        width, 0);
    test_filtered_lrelu({3, 2, {12, 5, 8, 9}, true, root, 0.2, 1}, f5, square, height, width, 0);
    test_filtered_lrelu({1, 2, {4, 5, 6, 7}, false, root, 0.2, 1}, none, f5, height, width, 0);
    test_filtered_lrelu({2, 1, {4, 5, 6, 7}, false, root, 0.2, 1}, flat, flat, height, width, 0);
    test_filtered_lrelu({2, 3, {8, 5, 6, 9}, false, root, 0.2, 1}, f5, flat, height, width, 0);
  }
  test_filtered_lrelu({2, 2, {-3, 8, 9, -4}, false, root, 0.2, 256}, f12, f12, 21, 25, 0);
  test_filtered_lrelu({4, 2, {-30, -28, -17, -31}, false, root, 0.2, 256}, f24, f12, 36, 36, 0);
  test_filtered_lrelu({2, 1, {-1, -1, -1, -1}, false, root, 0.2, 256}, none, none, 9, 17, 0);
  // Padded by less than the taps, so that the gradient is padded as well.
  test_filtered_lrelu({2, 2, {1, 2, 0, 3}, false, root, 0.2, 256}, large, square, 21, 25, 0);
  test_filtered_lrelu({2, 2, {1, 2, 0, 3}, true, root, 0.2, 256}, f12, large, 21, 25, 0);
  test_filtered_lrelu({1, 3, {0, 0, 0, 0}, false, root, 0.2, 256}, square, f5, 21, 25, 0);
  for (const float special : {NAN, INFINITY, -INFINITY}) {
    test_filtered_lrelu({2, 2, {9, 8, 9, 8}, false, root, 0.2, 256}, f12, f12, 20, 24, special);
    test_filtered_lrelu({1, 1, {0, 0, 0, 0}, false, 1, 1, 1}, none, none, 20, 24, special);
  }
}

// The gradient of 20 samples, of which only the last is above 0, by a slope of 0.
void test_slope_of_zero() {
  for (const float special : {NAN, INFINITY}) {
    Unaligned x(20), upstream(20), gradient(20);
    for (int i = 0; i < 20; ++i) {
      x.data()[i] = i < 19 ? -1.0f : 1.0f;
      upstream.data()[i] = special;
    }
    const auto passed = [&](const int64_t* padding, const Taps& taps) {
      const int64_t bytes =
          potstill_filtered_lrelu_workspace(1, 20, 1, 1, padding, taps.rows, taps.columns, 0, 0, 1);
      std::vector<char> workspace(static_cast<size_t>(bytes), kUnwritten);
      check(potstill_filtered_lrelu_gradient(x.data(), nullptr, 1, 1, 1, 20, 1, 1, padding,
                                             taps.data(), taps.rows, taps.columns, nullptr, 0, 0, 0,
                                             1, 0, INFINITY, upstream.data(), gradient.data(),
                                             workspace.data(), bytes, 1, level) == POTSTILL_OK,
            "the gradient by a slope of 0 runs");
      return std::all_of(gradient.data(), gradient.data() + 19, [](float v) { return v == 0; }) &&
             !std::isfinite(gradient.data()[19]);
    };
    const int64_t flush[4] = {0, 0, 0, 0};
    check(passed(flush, {0, 0, {}}), "a slope of 0 passes nothing");
    check(passed(flush, {1, 1, {0.5f}}), "a slope of 0 passes nothing between filters");
  }
}

void test_filtered_lrelu_refuses() {
  const int64_t flush[4] = {0, 0, 0, 0};
  float x = 1, y = -1;
  const Taps f12 = random_taps(0, 12);
  std::vector<char> workspace(100000, kUnwritten);
  const auto status = [&](int64_t columns, int64_t channels, double clamp) {
    return potstill_filtered_lrelu(&x, nullptr, 1, channels, 1, 1, 1, 1, flush, f12.data(), 0,
                                   columns, nullptr, 0, 0, 0, 1, 1, clamp, &y, workspace.data(),
                                   100000, 1, level);
  };
  check(status(12, 1, 1) == POTSTILL_INVALID_ARGUMENT, "more taps than samples are refused");
  check(status(0, 0, 1) == POTSTILL_INVALID_ARGUMENT, "no channels are refused");
  check(status(0, 1, -1) == POTSTILL_INVALID_ARGUMENT, "a negative clamp is refused");
  check(status(5000, 1, 1) == POTSTILL_INVALID_ARGUMENT, "too many taps are refused");
  check(y == -1, "nothing is written on refusal");
  check(status(0, 1, 1) == POTSTILL_OK && y == 1, "a single sample passes, without a bias");
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    test_upfirdn();
    test_upfirdn_gradient();
    test_upfirdn_not_finite();
    test_upfirdn_refuses();
    test_filtered_lrelu();
    test_slope_of_zero();
    test_filtered_lrelu_refuses();
  });
}
