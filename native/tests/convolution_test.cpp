// convolution and the gradient of its weights at one instruction set against sums in double precision.
// Usage: convolution_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <cmath>
#include <cstring>

#include "checks.h"

namespace {

// Of the result, in the mean square: a direct sum in single precision comes to 4e-7 to 1e-6.
constexpr double kRounding = 1e-6;

struct Case {
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out;
  int64_t side = 3;

  int64_t taps() const { return side * side; }
  int64_t positions() const { return images * height * width; }

  std::string name() const {
    return std::to_string(images) + " x " + std::to_string(height) + " x " + std::to_string(width) +
           " x " + std::to_string(in) + " to " + std::to_string(out) +
           " by " + std::to_string(side);
  }
};

// Calls visit(output position, input position, tap) for every pixel that an output is a sum over.
template <typename Visit>
void every_tap(const Case& c, Visit visit) {
  for (int64_t image = 0; image < c.images; ++image) {
    for (int64_t row = 0; row < c.height; ++row) {
      for (int64_t column = 0; column < c.width; ++column) {
        for (int64_t tap = 0; tap < c.taps(); ++tap) {
          const int64_t y = row + tap / c.side - c.side / 2, x = column + tap % c.side - c.side / 2;
          if (y < 0 || y >= c.height || x < 0 || x >= c.width) continue;
          const int64_t start = image * c.height * c.width;
          visit(start + row * c.width + column, start + y * c.width + x, tap);
        }
      }
    }
  }
}

double rounding(const float* found, const std::vector<double>& expected) {
  double error = 0, size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += (found[i] - expected[i]) * (found[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  return std::sqrt(error / size);
}

struct Data {
  Unaligned x, weight, bias, given;

  explicit Data(const Case& c)
      : x(c.positions() * c.in),
        weight(c.taps() * c.in * c.out),
        bias(c.out),
        given(c.positions() * c.out) {
    fill(x.data(), c.positions() * c.in, 1);
    fill(weight.data(), c.taps() * c.in * c.out, 0.1f);
    fill(bias.data(), c.out, 1);
    fill(given.data(), c.positions() * c.out, 1);
  }
};

std::vector<double> expected_output(const Case& c, Data& data) {
  std::vector<double> y(static_cast<size_t>(c.positions() * c.out));
  for (size_t i = 0; i < y.size(); ++i) y[i] = data.bias.data()[int64_t(i) % c.out];
  every_tap(c, [&](int64_t to, int64_t from, int64_t tap) {
    for (int64_t o = 0; o < c.out; ++o) {
      double sum = 0;
      for (int64_t i = 0; i < c.in; ++i) {
        sum += double(data.x.data()[from * c.in + i]) * data.weight.data()[(o * c.in + i) * c.taps() + tap];
      }
      y[size_t(to * c.out + o)] += sum;
    }
  });
  return y;
}

std::vector<double> expected_input_gradient(const Case& c, Data& data) {
  std::vector<double> dx(static_cast<size_t>(c.positions() * c.in));
  every_tap(c, [&](int64_t to, int64_t from, int64_t tap) {
    for (int64_t i = 0; i < c.in; ++i) {
      double sum = 0;
      for (int64_t o = 0; o < c.out; ++o) {
        sum += double(data.given.data()[to * c.out + o]) *
               data.weight.data()[(o * c.in + i) * c.taps() + tap];
      }
      dx[size_t(from * c.in + i)] += sum;
    }
  });
  return dx;
}

std::vector<double> expected_weight_gradient(const Case& c, Data& data) {
  std::vector<double> dw(static_cast<size_t>(c.taps() * c.in * c.out));
  every_tap(c, [&](int64_t to, int64_t from, int64_t tap) {
    for (int64_t o = 0; o < c.out; ++o) {
      for (int64_t i = 0; i < c.in; ++i) {
        dw[size_t((o * c.in + i) * c.taps() + tap)] +=
            double(data.given.data()[to * c.out + o]) * data.x.data()[from * c.in + i];
      }
    }
  });
  return dw;
}

void test(const Case& c) {
  Data data(c);
  Unaligned y(c.positions() * c.out), dx(c.positions() * c.in), dw(c.taps() * c.in * c.out);
  std::vector<float> first;
  for (int32_t threads : {1, 3}) {
    const int64_t bytes = std::max(
        potstill_convolution_workspace(c.images, c.height, c.width, c.in, c.out, c.side, threads),
        potstill_convolution_workspace(c.images, c.height, c.width, c.out, c.in, c.side, threads));
    // Nothing that lies in the workspace counts.
    std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1, NAN);
    const bool ran =
        potstill_convolution(data.x.data(), c.images, c.height, c.width, c.in, data.weight.data(), c.side, 0,
                             data.bias.data(), c.out, y.data(), workspace.data(), bytes, threads,
                             level) == POTSTILL_OK &&
        potstill_convolution(data.given.data(), c.images, c.height, c.width, c.out,
                             data.weight.data(), c.side, 1, nullptr, c.in, dx.data(), workspace.data(),
                             bytes, threads, level) == POTSTILL_OK &&
        potstill_convolution_weight_gradient(data.x.data(), c.images, c.height, c.width, c.in,
                                             data.given.data(), c.out, c.side, dw.data(), workspace.data(),
                                             bytes, threads, level) == POTSTILL_OK;
    check(ran, "convolution runs, " + c.name());
    std::vector<float> all(y.data(), y.data() + c.positions() * c.out);
    all.insert(all.end(), dx.data(), dx.data() + c.positions() * c.in);
    all.insert(all.end(), dw.data(), dw.data() + c.taps() * c.in * c.out);
    check(threads == 1 || std::memcmp(all.data(), first.data(), 4 * all.size()) == 0,
          "the thread count does not change convolution, " + c.name());
    first = all;
  }
  check(rounding(y.data(), expected_output(c, data)) < kRounding, "output, " + c.name());
  check(rounding(dx.data(), expected_input_gradient(c, data)) < kRounding,
        "gradient of the input, " + c.name());
  check(rounding(dw.data(), expected_weight_gradient(c, data)) < kRounding,
        "gradient of the weights, " + c.name());
}

// A convolution to few channels, and the same as the gradient of the input of one from few.
void test_to_few(const Case& c) {
  Data data(c);
  const Case turned{c.images, c.height, c.width, c.out, c.in, c.side};
  Unaligned y(c.positions() * c.out), dx(c.positions() * c.out);
  std::vector<float> first;
  for (int32_t threads : {1, 3}) {
    const int64_t bytes =
        potstill_convolution_workspace(c.images, c.height, c.width, c.in, c.out, c.side, threads);
    std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1, NAN);
    check(potstill_convolution(data.x.data(), c.images, c.height, c.width, c.in, data.weight.data(), c.side, 0,
                               data.bias.data(), c.out, y.data(), workspace.data(), bytes, threads,
                               level) == POTSTILL_OK &&
              potstill_convolution(data.x.data(), c.images, c.height, c.width, c.in,
                                   data.weight.data(), c.side, 1, nullptr, c.out, dx.data(), workspace.data(),
                                   bytes, threads, level) == POTSTILL_OK,
          "convolution to few channels runs, " + c.name());
    std::vector<float> all(y.data(), y.data() + c.positions() * c.out);
    all.insert(all.end(), dx.data(), dx.data() + c.positions() * c.out);
    check(threads == 1 || std::memcmp(all.data(), first.data(), 4 * all.size()) == 0,
          "the thread count does not change convolution, " + c.name());
    first = all;
  }
  check(rounding(y.data(), expected_output(c, data)) < kRounding, "output, " + c.name());
  Data back(turned);
  std::copy(data.x.data(), data.x.data() + c.positions() * c.in, back.given.data());
  std::copy(data.weight.data(), data.weight.data() + c.taps() * c.in * c.out, back.weight.data());
  check(rounding(dx.data(), expected_input_gradient(turned, back)) < kRounding,
        "gradient of the input, " + turned.name());
}

// Maps with a mean far from zero, as behind a ReLU, are to be as exact as by a direct sum.
void test_common_part(const Case& c) {
  Data data(c);
  for (int64_t i = 0; i < c.positions() * c.in; ++i) data.x.data()[i] += 5;
  std::vector<float> direct(static_cast<size_t>(c.positions() * c.out));
  for (size_t i = 0; i < direct.size(); ++i) direct[i] = data.bias.data()[int64_t(i) % c.out];
  every_tap(c, [&](int64_t to, int64_t from, int64_t tap) {
    for (int64_t o = 0; o < c.out; ++o) {
      float sum = 0;
      for (int64_t i = 0; i < c.in; ++i) {
        sum += data.x.data()[from * c.in + i] * data.weight.data()[(o * c.in + i) * c.taps() + tap];
      }
      direct[size_t(to * c.out + o)] += sum;
    }
  });
  Unaligned y(c.positions() * c.out);
  const int64_t bytes = potstill_convolution_workspace(c.images, c.height, c.width, c.in, c.out, c.side, 1);
  std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1, NAN);
  check(potstill_convolution(data.x.data(), c.images, c.height, c.width, c.in, data.weight.data(), c.side, 0,
                             data.bias.data(), c.out, y.data(), workspace.data(), bytes, 1,
                             level) == POTSTILL_OK,
        "convolution with a common part runs, " + c.name());
  const std::vector<double> expected = expected_output(c, data);
  const double ours = rounding(y.data(), expected), theirs = rounding(direct.data(), expected);
  check(ours < theirs, "as exact as a direct sum, " + c.name());
}

void test_edges() {
  const int64_t bytes = potstill_convolution_workspace(1, 8, 8, 16, 16, 3, 1);
  std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1, NAN);
  Unaligned x(64 * 16), weight(9 * 256), y(64 * 16);
  fill(x.data(), 64 * 16, 1);
  fill(weight.data(), 9 * 256, 1);
  x.data()[0] = NAN;
  check(potstill_convolution(x.data(), 1, 8, 8, 16, weight.data(), 3, 0, nullptr, 16, y.data(),
                             workspace.data(), bytes, 1, level) == POTSTILL_OK,
        "convolution of NaN runs");
  check(std::isnan(y.data()[0]) && std::isnan(y.data()[(8 + 1) * 16]), "NaN goes through");
  check(std::isfinite(y.data()[63 * 16]), "NaN stays where it is");
  check(potstill_convolution_workspace(1, 8, 8, 8, 16, 3, 1) == -1 &&
            potstill_convolution(x.data(), 1, 8, 8, 8, weight.data(), 3, 0, nullptr, 16, y.data(),
                                 workspace.data(), bytes, 1, level) == POTSTILL_INVALID_ARGUMENT &&
            potstill_convolution_workspace(1, 8, 8, 24, 3, 3, 1) == -1 &&
            potstill_convolution_workspace(1, 8, 8, 3, 16, 3, 1) == -1 &&
            potstill_convolution_workspace(1, 8, 8, 16, 5, 3, 1) == -1 &&
            potstill_convolution_workspace(1, 8, 8, 16, 0, 3, 1) == -1 &&
            potstill_convolution_weight_gradient(x.data(), 1, 8, 8, 16, x.data(), 3, 3, y.data(),
                                                 workspace.data(), bytes, 1,
                                                 level) == POTSTILL_INVALID_ARGUMENT,
        "channels that are no multiple of 16 are refused, but for few outputs");
  check(potstill_convolution_workspace(1, 8, 8, 16, 16, 4, 1) == -1 &&
            potstill_convolution_workspace(1, 8, 8, 16, 16, 0, 1) == -1 &&
            potstill_convolution_workspace(1, 8, 8, 16, 3, 5, 1) == -1,
        "other squares are refused, and few channels but by 3 x 3");
  check(potstill_convolution_workspace(-1, 8, 8, 16, 16, 3, 1) == -1 &&
            potstill_convolution_workspace(INT64_MAX / 8, 8, 8, 16, 16, 3, 1) == -1 &&
            potstill_convolution_workspace(1, 1, 1, INT64_MAX / 16 * 16, 16, 3, 1) == -1 &&
            potstill_convolution_workspace(1, 8, 8, 16, 16, 3, 0) == -1,
        "sizes out of range have no workspace");
  check(potstill_convolution(x.data(), 1, 8, 8, 16, weight.data(), 3, 0, nullptr, 16, y.data(),
                             workspace.data(), bytes - 1, 1, level) == POTSTILL_INVALID_ARGUMENT,
        "a small workspace is refused");
  check(potstill_convolution(nullptr, 0, 8, 8, 16, nullptr, 3, 0, nullptr, 16, nullptr,
                             workspace.data(), bytes, 1, level) == POTSTILL_OK,
        "no image is fine");
  check(potstill_convolution_weight_gradient(nullptr, 0, 8, 8, 16, nullptr, 16, 3, weight.data(),
                                             workspace.data(), bytes, 1, level) == POTSTILL_OK &&
            std::all_of(weight.data(), weight.data() + 9 * 256, [](float v) { return v == 0; }),
        "no image has no gradient");
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    for (int64_t side = 1; side <= 9; ++side) test({2, side, 10 - side, 16, 32});
    // Panels of every width, and rows that fill none.
    for (int64_t channels : {16, 32, 48, 64, 80, 112}) {
      test({1, 5, 6, channels, 48});
      test({3, 4, 4, 32, channels});
    }
    test({7, 14, 14, 32, 32});    // several blocks of tiles
    test({2, 8, 8, 128, 128});
    test({97, 4, 2, 512, 256});   // the same, chunk by chunk
    // Of few pixels, most of them tap by tap; several chunks of channels and several blocks of images.
    for (int64_t height = 1; height <= 8; ++height) {
      for (int64_t width = 1; height * width <= 8; ++width) test({3, height, width, 16, 48});
    }
    test({5, 2, 2, 144, 80});
    test({203, 2, 1, 16, 96});
    test({390, 1, 1, 80, 16});
    test({1, 3, 130, 16, 16});
    // To few channels: rows alone and together, shorter and longer than a block.
    for (int64_t channels = 1; channels <= 4; ++channels) {
      for (int64_t side = 1; side <= 5; ++side) test_to_few({3, side, 6 - side, 48, channels});
      test_to_few({2, 16, 16, 128, channels});
    }
    test_to_few({11, 28, 28, 64, 1});
    test_to_few({2, 3, 130, 16, 3});
    test_to_few({1, 33, 31, 272, 4});
    // Squares of 5 x 5: every size; panels; several blocks; the same, chunk by chunk.
    for (int64_t side = 3; side <= 9; ++side) test({2, side, 12 - side, 16, 32, 5});
    test({3, 4, 4, 48, 112, 5});
    test({7, 14, 14, 32, 32, 5});
    test({26, 8, 8, 256, 144, 5});
    test_common_part({7, 14, 14, 256, 32, 5});
    test_common_part({7, 14, 14, 128, 32});   // by blocks
    test_common_part({2, 12, 12, 512, 256});  // by chunks
    test_common_part({9, 2, 2, 128, 32});     // by taps
    test_edges();
  });
}
