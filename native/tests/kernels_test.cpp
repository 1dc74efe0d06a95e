// Every operation of the C ABI at one instruction set against plain double-precision loops.
// Usage: kernels_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "checks.h"

namespace {

double reference_loss(const float* row, int64_t classes, int64_t label) {
  double top = row[0];
  for (int64_t j = 1; j < classes; ++j) top = std::max<double>(top, row[j]);
  double others = 0;
  for (int64_t j = 0; j < classes; ++j) others += j == label ? 0 : std::exp(row[j] - top);
  const double own = row[label] - top;
  return own == 0 ? std::log1p(others) : std::log(others + std::exp(own)) - own;
}

void test_score() {
  for (int64_t classes : {1,  2,  3,  4,  5,  7,   8,    9,    15,   16,   17,
                          31, 33, 63, 64, 65, 129, 1000, 1023, 1024, 1025, 3000}) {
    const int64_t rows = 9;
    Unaligned logits(rows * classes);
    fill(logits.data(), rows * classes, 5);
    std::vector<int64_t> labels;
    for (int64_t i = 0; i < rows; ++i) labels.push_back((i * 131 + classes - 1) % classes);
    std::vector<float> loss(rows);
    std::vector<float> el2n(rows);
    const int32_t status =
        potstill_score(logits.data(), POTSTILL_FLOAT32, labels.data(), rows, classes, loss.data(),
                       nullptr, nullptr, el2n.data(), nullptr, 2, level);
    check(status == POTSTILL_OK, "score runs");
    for (int64_t i = 0; i < rows; ++i) {
      const double expected = reference_loss(logits.data() + i * classes, classes, labels[i]);
      check(close(loss[i], expected), "score loss, classes " + std::to_string(classes) + ": " +
                                          std::to_string(loss[i]) + " " + std::to_string(expected));
    }
  }
}

void test_score_refuses() {
  const float logits[2] = {0, 0};
  const int64_t label = 2;
  float loss = -1;
  check(potstill_score(logits, POTSTILL_FLOAT32, &label, 1, 2, &loss, nullptr, nullptr, nullptr,
                       nullptr, 1, level) == POTSTILL_INVALID_ARGUMENT,
        "a label out of range is refused");
  check(loss == -1, "nothing is written on refusal");
  check(std::strstr(potstill_last_error(), "label 2 of row 0") != nullptr, "the message names it");
  check(potstill_score(nullptr, POTSTILL_FLOAT32, nullptr, 0, 0, nullptr, nullptr, nullptr, nullptr,
                       nullptr, 1, level) == POTSTILL_OK,
        "no rows is no error");
}

void test_select() {
  for (int64_t n : {0, 1, 7, 100, 20000}) {
    const int64_t classes = 7;
    std::vector<float> scores(static_cast<size_t>(n));
    std::vector<int32_t> class_of(static_cast<size_t>(n));
    std::vector<int64_t> keep(classes, 0);
    for (int64_t i = 0; i < n; ++i) {
      scores[i] = static_cast<float>(static_cast<int>(generator() % 50) - 25);
      if (generator() % 11 == 0) scores[i] = std::numeric_limits<float>::quiet_NaN();
      class_of[i] = static_cast<int32_t>(generator() % classes);
      ++keep[class_of[i]];
    }
    for (auto& k : keep) k = k * 2 / 3;
    for (int32_t order : {POTSTILL_EASY, POTSTILL_HARD}) {
      std::vector<int64_t> expected;
      for (int64_t c = 0; c < classes; ++c) {
        std::vector<int64_t> members;
        for (int64_t i = 0; i < n; ++i) {
          if (class_of[i] == c) members.push_back(i);
        }
        const auto hardness = [&](int64_t i) {
          return std::isnan(scores[i]) ? std::numeric_limits<float>::infinity() : scores[i];
        };
        std::stable_sort(members.begin(), members.end(), [&](int64_t a, int64_t b) {
          return order == POTSTILL_EASY ? hardness(a) < hardness(b) : hardness(a) > hardness(b);
        });
        expected.insert(expected.end(), members.begin(), members.begin() + keep[c]);
      }
      std::vector<int64_t> kept(expected.size());
      std::vector<int64_t> workspace(potstill_select_workspace(n, classes) / 8);
      check(potstill_select(scores.data(), class_of.data(), n, classes, order, keep.data(),
                            kept.data(), nullptr, workspace.data(),
                            static_cast<int64_t>(workspace.size()) * 8, 2) == POTSTILL_OK,
            "select runs");
      check(kept == expected, "select equals a stable sort, n " + std::to_string(n));
    }
  }
}

void test_feature_mean() {
  for (int64_t features : {1, 3, 8, 17, 1024, 1500}) {
    const int64_t real_offsets[] = {0, 1, 10, 14};
    const int64_t synthetic_offsets[] = {0, 2, 3, 8};
    Unaligned real(14 * features);
    Unaligned synthetic(8 * features);
    Unaligned gradient(8 * features);
    fill(real.data(), 14 * features, 1);
    fill(synthetic.data(), 8 * features, 1);
    double expected = 0;
    std::vector<double> slope(static_cast<size_t>(8 * features));
    for (int c = 0; c < 3; ++c) {
      for (int64_t f = 0; f < features; ++f) {
        const auto mean = [&](float* data, const int64_t* offsets) {
          double sum = 0;
          for (int64_t r = offsets[c]; r < offsets[c + 1]; ++r) sum += data[r * features + f];
          return sum / static_cast<double>(offsets[c + 1] - offsets[c]);
        };
        const double d =
            mean(synthetic.data(), synthetic_offsets) - mean(real.data(), real_offsets);
        expected += d * d;
        for (int64_t r = synthetic_offsets[c]; r < synthetic_offsets[c + 1]; ++r) {
          slope[r * features + f] =
              2 * d / static_cast<double>(synthetic_offsets[c + 1] - synthetic_offsets[c]);
        }
      }
    }
    const int64_t bytes = potstill_feature_mean_workspace(3, features);
    std::vector<double> workspace(static_cast<size_t>(bytes) / 8);
    double loss = 0;
    check(potstill_feature_mean(real.data(), real_offsets, synthetic.data(), synthetic_offsets, 3,
                                features, &loss, nullptr, gradient.data(), workspace.data(), bytes,
                                2, level) == POTSTILL_OK,
          "feature_mean runs");
    check(close(loss, expected), "feature_mean loss");
    for (int64_t i = 0; i < 8 * features; ++i) {
      check(close(gradient.data()[i], slope[i]), "feature_mean gradient");
    }
  }
}

void test_gradient_match() {
  const int64_t rows[] = {5, 0, 1, 3};
  const int64_t sizes[] = {5 * 27, 11, 40000, 0};
  std::vector<Unaligned> buffers;
  std::vector<float*> a, b, g;
  buffers.reserve(12);
  for (int t = 0; t < 12; ++t) {
    buffers.emplace_back(sizes[t % 4]);
    fill(buffers.back().data(), sizes[t % 4], 1);
    (t < 4 ? a : t < 8 ? b : g).push_back(buffers.back().data());
  }
  std::fill(b[0], b[0] + 27, 0.0f);  // a row of zeros
  double expected = 3;               // three empty rows
  for (int t : {0, 2}) {
    const int64_t length = sizes[t] / rows[t];
    for (int64_t r = 0; r < rows[t]; ++r) {
      double ab = 0, aa = 0, bb = 0;
      for (int64_t i = r * length; i < (r + 1) * length; ++i) {
        ab += double(a[t][i]) * b[t][i];
        aa += double(a[t][i]) * a[t][i];
        bb += double(b[t][i]) * b[t][i];
      }
      expected += 1 - ab / (std::sqrt(aa * bb) + 1e-6);
    }
  }
  const int64_t bytes = potstill_gradient_match_workspace(POTSTILL_LAYERWISE, 4, rows, sizes);
  std::vector<double> workspace(static_cast<size_t>(bytes) / 8);
  double loss = 0;
  check(potstill_gradient_match(POTSTILL_LAYERWISE, 4, rows, sizes, a.data(), b.data(), g.data(),
                                &loss, workspace.data(), bytes, 2, level) == POTSTILL_OK,
        "gradient_match runs");
  check(close(loss, expected), "gradient_match loss");
  check(std::all_of(g[1], g[1] + 11, [](float v) { return v == 0; }), "a bias has gradient 0");
  check(close(g[0][3] * 1e-6, -a[0][3]), "at b = 0 the gradient is -a / 1e-6");
  check(potstill_gradient_match(POTSTILL_LAYERWISE, 4, rows, sizes, a.data(), b.data(), g.data(),
                                &loss, workspace.data(), bytes - 8, 2,
                                level) == POTSTILL_INVALID_ARGUMENT,
        "a small workspace is refused");
}

void test_trajectory() {
  const int64_t sizes[] = {1, 0, 100003, 17};
  std::vector<Unaligned> buffers;
  std::vector<float*> theta, target, start, gradient;
  std::vector<float*>* lists[] = {&theta, &target, &start, &gradient};
  buffers.reserve(16);
  for (int t = 0; t < 16; ++t) {
    buffers.emplace_back(sizes[t % 4]);
    fill(buffers.back().data(), sizes[t % 4], 1);
    lists[t / 4]->push_back(buffers.back().data());
  }
  double distance = 0, travelled = 0;
  for (int t = 0; t < 4; ++t) {
    for (int64_t i = 0; i < sizes[t]; ++i) {
      distance += std::pow(double(theta[t][i]) - target[t][i], 2);
      travelled += std::pow(double(start[t][i]) - target[t][i], 2);
    }
  }
  const int64_t bytes = potstill_trajectory_workspace(4, sizes);
  std::vector<double> workspace(static_cast<size_t>(bytes) / 8);
  double losses[2];
  for (int threads : {1, 3}) {
    check(potstill_trajectory(4, sizes, theta.data(), target.data(), start.data(), gradient.data(),
                              &losses[threads / 3], workspace.data(), bytes, threads,
                              level) == POTSTILL_OK,
          "trajectory runs");
  }
  check(losses[0] == losses[1], "the thread count does not change the result");
  check(close(losses[0], distance / travelled), "trajectory loss");
  check(close(gradient[2][77], 2 * (double(theta[2][77]) - target[2][77]) / travelled),
        "trajectory gradient");
}

// Differences whose squares, or whose factor in the gradient, single precision does not hold.
void test_trajectory_range() {
  for (const float step : {1e-40f, 1e-23f, 1e-19f, 1e18f, 1e20f, 1e38f}) {
    for (const int64_t size : {1, 100, 127, 128, 511, 512, 1024, 20000}) {
      Unaligned theta(size), target(size), start(size), gradient(size);
      for (int64_t i = 0; i < size; ++i) {
        theta.data()[i] = step;
        target.data()[i] = -step;
        start.data()[i] = i % 3 == 0 ? step : -step;
      }
      const float* lists[] = {theta.data(), target.data(), start.data()};
      float* into[] = {gradient.data()};
      std::vector<double> workspace(
          static_cast<size_t>(potstill_trajectory_workspace(1, &size)) / 8);
      const auto bytes = static_cast<int64_t>(workspace.size()) * 8;
      double loss = 0;
      check(potstill_trajectory(1, &size, lists, lists + 1, lists + 2, into, &loss,
                                workspace.data(), bytes, 2, level) == POTSTILL_OK,
            "trajectory of extremes runs");
      const double moved = static_cast<double>((size + 2) / 3), d = 2 * double{step};
      const double expected = 2 / (moved * d);
      const std::string of =
          ", steps of 10^" + std::to_string(std::log10(step)) + ", " + std::to_string(size);
      check(close(loss, static_cast<double>(size) / moved), "trajectory loss" + of);
      for (const int64_t i : {int64_t{0}, size - 1}) {
        const double found = gradient.data()[i];
        check(expected > std::numeric_limits<float>::max()
                  ? std::isinf(found)
                  : std::abs(found - expected) <= kRelative * expected + 1e-44,
              "trajectory gradient" + of);
      }
    }
  }
}

void test_quantise() {
  for (int64_t width : {1, 3, 8}) {
    for (int64_t codes : {1, 63, 64, 65, 200}) {
      const int64_t count = 301;
      Unaligned points(count * width), codebook(codes * width);
      fill(points.data(), count * width, 1);
      fill(codebook.data(), codes * width, 1);
      const int64_t bytes = potstill_quantise_workspace(codes, width);
      std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1);
      std::vector<int64_t> indices(count), again(count);
      for (auto* out : {&indices, &again}) {
        check(potstill_quantise(points.data(), count, codebook.data(), codes, width, out->data(),
                                workspace.data(), bytes, out == &indices ? 1 : 3,
                                level) == POTSTILL_OK,
              "quantise runs");
      }
      check(indices == again, "the thread count does not change the indices");
      for (int64_t i = 0; i < count; ++i) {
        double least = INFINITY, chosen = INFINITY;
        for (int64_t k = 0; k < codes; ++k) {
          double distance = 0;
          for (int64_t d = 0; d < width; ++d) {
            distance +=
                std::pow(double(points.data()[i * width + d]) - codebook.data()[k * width + d], 2);
          }
          least = std::min(least, distance);
          if (k == indices[static_cast<size_t>(i)]) chosen = distance;
        }
        check(chosen <= least * (1 + 1e-5) + 1e-12, "quantise takes the nearest code");
      }
    }
  }
  const float point[] = {0, NAN}, same[] = {1, -1, 1};
  int64_t index[2] = {-1, -1};
  double workspace[32];
  check(potstill_quantise(point, 2, same, 3, 1, index, workspace, sizeof workspace, 1, level) ==
                POTSTILL_OK &&
            index[0] == 0 && index[1] == 0,
        "ties go to the lower index, NaN to the first");
  check(potstill_quantise(point, 2, same, 0, 1, index, workspace, sizeof workspace, 1, level) ==
            POTSTILL_INVALID_ARGUMENT,
        "an empty codebook is refused");
}

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
          std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1);
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

void test_norm_relu_pool_tangents() {
  const float epsilon = 1e-3f;
  int64_t compared = 0, sums_compared = 0;
  for (int64_t channels : {1, 3, 17, 64, 65, 100, 128}) {
    for (int64_t height : {2, 5, 8}) {
      for (int64_t width : {4, 7}) {
        for (int64_t window : {1, 2}) {
          const int64_t images = 3, size = height * width * channels;
          const int64_t pooled = (height / window) * (width / window) * channels;
          Unaligned x(images * size), dx(images * size), scale(2 * channels), shift(2 * channels);
          Unaligned out(images * pooled), mean(images * channels), rstd(images * channels);
          Unaligned given(2 * images * pooled), out_tangent(images * pooled);
          Unaligned x_mean(images * channels), x_product(images * channels), found(images * size);
          Unaligned found_scale(channels), found_shift(channels);
          const int64_t bytes = potstill_norm_relu_pool_gradient_workspace(images, channels);
          std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1);
          fill(x.data(), images * size, 2);
          fill(dx.data(), images * size, 1);
          fill(scale.data(), 2 * channels, 1);
          fill(shift.data(), 2 * channels, 1);
          fill(given.data(), 2 * images * pooled, 1);
          for (int64_t i = 0; i < images * size; ++i) x.data()[i] += 5;
          const float* gradient = given.data();
          const float* gradient_tangent = given.data() + images * pooled;
          const auto w = static_cast<int32_t>(window);
          std::vector<float> first;
          for (int32_t threads : {1, 3}) {
            const bool ran =
                potstill_norm_relu_pool(x.data(), images, height, width, channels, scale.data(),
                                        shift.data(), epsilon, w, 1, out.data(), mean.data(),
                                        rstd.data(), threads, level) == POTSTILL_OK &&
                potstill_norm_relu_pool_tangent(
                    x.data(), images, height, width, channels, scale.data(), shift.data(), w,
                    mean.data(), rstd.data(), dx.data(), scale.data() + channels,
                    shift.data() + channels, out_tangent.data(), x_mean.data(), x_product.data(),
                    threads, level) == POTSTILL_OK &&
                potstill_norm_relu_pool_gradient_tangent(
                    x.data(), images, height, width, channels, scale.data(), shift.data(), w,
                    mean.data(), rstd.data(), dx.data(), scale.data() + channels, x_mean.data(),
                    x_product.data(), gradient, gradient_tangent, found.data(), found_scale.data(),
                    found_shift.data(), workspace.data(), bytes, threads, level) == POTSTILL_OK;
            check(ran, "the tangents of norm_relu_pool run");
            std::vector<float> all(out_tangent.data(), out_tangent.data() + images * pooled);
            all.insert(all.end(), found.data(), found.data() + images * size);
            all.insert(all.end(), found_scale.data(), found_scale.data() + channels);
            all.insert(all.end(), found_shift.data(), found_shift.data() + channels);
            check(threads == 1 || std::memcmp(all.data(), first.data(), 4 * all.size()) == 0,
                  "the thread count does not change the tangents of norm_relu_pool");
            first = all;
          }
          const std::string sizes = " of " + std::to_string(height) + " x " +
                                    std::to_string(width) + " x " + std::to_string(channels);
          for (int64_t c = 0; c < channels; ++c) {
            double of_scale = 0, of_shift = 0, largest = 0;
            int64_t summed = 0;
            for (int64_t i = 0; i < images; ++i) {
              const double r = rstd.data()[i * channels + c];
              const double scales[] = {scale.data()[c], scale.data()[channels + c]};
              const double shifts[] = {shift.data()[c], shift.data()[channels + c]};
              const float* map = x.data() + i * size + c;
              if (near_kink(map, height * width, channels, mean.data()[i * channels + c],
                            scales[0] * r, shifts[0], 1e-3)) {
                continue;
              }
              ++compared;
              const NormTangentReference expected(map, dx.data() + i * size + c, height, width,
                                                  channels, scales, shifts, epsilon, window,
                                                  gradient + i * pooled + c,
                                                  gradient_tangent + i * pooled + c);
              for (size_t p = 0; p < expected.out.size(); ++p) {
                const double value = out_tangent.data()[i * pooled + int64_t(p) * channels + c];
                check(std::abs(value - expected.out[p]) <= 5e-5 * (1 + r), "tangent" + sizes);
              }
              for (size_t p = 0; p < expected.dx.size(); ++p) {
                const double value = found.data()[i * size + int64_t(p) * channels + c];
                check(std::abs(value - expected.dx[p]) <= 2e-4 * (1 + r * r),
                      "tangent of the gradient" + sizes);
              }
              of_scale += expected.of_scale;
              of_shift += expected.of_shift;
              largest = std::max(largest, r);
              ++summed;
            }
            if (summed < images) continue;
            ++sums_compared;
            check(std::abs(found_scale.data()[c] - of_scale) <= 1e-3 * (1 + largest),
                  "tangent of the scale's gradient" + sizes);
            check(std::abs(found_shift.data()[c] - of_shift) <= 1e-3 * (1 + largest),
                  "tangent of the shift's gradient" + sizes);
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
  check(potstill_norm_relu_pool(nan, 1, 2, 2, 1, one, zero, 1e-5f, 2, 1, out, mean, rstd, 1, level) ==
                POTSTILL_OK &&
            std::isnan(out[0]),
        "NaN goes through norm and ReLU");
  check(potstill_norm_relu_pool(one, 1, 2, 2, 1, one, zero, 1e-5f, 1, 1, out, mean, rstd, 1, level) ==
                POTSTILL_OK &&
            out[3] == 0 && mean[0] == 1,
        "a flat map becomes the shift");
  check(potstill_norm_relu_pool(one, 1, 2, 2, 1, one, zero, 1e-5f, 3, 1, out, mean, rstd, 1, level) ==
            POTSTILL_INVALID_ARGUMENT,
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
  check(
      potstill_norm_relu_pool_gradient(one, 1, 2, 2, 1, one, zero, 2, 1, mean, rstd, one, out, dscale,
                                       dshift, nullptr, 0, 1, level) == POTSTILL_INVALID_ARGUMENT,
      "a missing workspace is refused");
}

// Pages that the system has made for this process.
long faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

// Those that it makes for 64 MB that are written to and freed.
long faults_of_maps() {
  const long before = faults();
  std::vector<std::unique_ptr<char[]>> maps;
  for (int i = 0; i < 4; ++i) {
    maps.emplace_back(new char[16 << 20]);
    for (int byte = 0; byte < 16 << 20; byte += 1024) maps.back()[byte] = 1;
  }
  return faults() - before;
}

void test_freed_memory_is_kept() {
  if (faults_of_maps() < 1000) return;  // the system makes huge pages
  if (potstill_keep_freed_memory() == 0) return;  // another C library, or a sanitizer's malloc
  faults_of_maps();
  check(faults_of_maps() < 100, "freed memory is kept for the next maps");
  potstill_give_back_memory();
  check(faults_of_maps() > 1000, "freed memory is given back when asked for");
}

int64_t resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  int64_t size = 0, resident = 0;
  pages >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

void test_memory_of_other_threads_is_given_back() {
  if (potstill_keep_freed_memory() == 0) return;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([] {
      std::vector<std::unique_ptr<char[]>> blocks;
      for (int block = 0; block < 32; ++block) {
        blocks.emplace_back(new char[1 << 20]);
        std::memset(blocks.back().get(), 1, 1 << 20);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const int64_t before = resident_bytes();
  potstill_give_back_memory();
  check(before - resident_bytes() > (30 << 20), "memory that ended threads kept is given back");
}

void test_sgd() {
  const int64_t sizes[] = {1, 0, 100003, 17};
  std::vector<Unaligned> buffers;
  std::vector<float*> gradients;
  std::vector<std::vector<float*>> parameters(2), velocities(2);
  buffers.reserve(20);
  const auto add = [&](int64_t size) {
    buffers.emplace_back(size);
    return buffers.back().data();
  };
  for (const int64_t size : sizes) {
    gradients.push_back(add(size));
    fill(gradients.back(), size, 1);
    for (int way = 0; way < 2; ++way) {
      parameters[way].push_back(add(size));
      velocities[way].push_back(add(size));
    }
    fill(parameters[0].back(), size, 1);
    fill(velocities[0].back(), size, 1);
    std::copy_n(parameters[0].back(), size, parameters[1].back());
    std::copy_n(velocities[0].back(), size, velocities[1].back());
  }
  const double velocity = 0.9 * velocities[0][2][77] + gradients[2][77] + 0.1 * parameters[0][2][77];
  const double moved = parameters[0][2][77] - 0.5 * velocity;
  const int64_t bytes = potstill_sgd_workspace(4, sizes);
  std::vector<int64_t> workspace(static_cast<size_t>(bytes) / 8);
  for (int way = 0; way < 2; ++way) {
    check(potstill_sgd(4, sizes, parameters[way].data(), gradients.data(), velocities[way].data(),
                       0.5, 0.9, 0.1, workspace.data(), bytes, 1 + 2 * way, level) == POTSTILL_OK,
          "sgd runs");
  }
  check(close(velocities[0][2][77], velocity) && close(parameters[0][2][77], moved), "sgd moves");
  for (int t = 0; t < 4; ++t) {
    check(std::equal(parameters[0][t], parameters[0][t] + sizes[t], parameters[1][t]) &&
              std::equal(velocities[0][t], velocities[0][t] + sizes[t], velocities[1][t]),
          "the thread count does not change the step");
  }
  check(potstill_sgd(4, sizes, parameters[0].data(), gradients.data(), velocities[0].data(), 0.5,
                     0.9, 0.1, workspace.data(), bytes - 8, 1, level) == POTSTILL_INVALID_ARGUMENT,
        "a small workspace is refused");
}

void test_threads() {
  for (const int32_t threads : {-1, 0, 1025}) {
    const auto refused = [&](int32_t status, const char* operation) {
      check(status == POTSTILL_INVALID_ARGUMENT &&
                std::strstr(potstill_last_error(), "threads are from 1 to 1024") != nullptr,
            std::to_string(threads) + " threads are refused by " + operation);
    };
    const int64_t none = 0;
    double loss = 0;
    refused(potstill_score(nullptr, POTSTILL_FLOAT32, nullptr, 0, 0, nullptr, nullptr, nullptr,
                           nullptr, nullptr, threads, level),
            "score");
    refused(potstill_select(nullptr, nullptr, 0, 0, POTSTILL_EASY, nullptr, nullptr, nullptr,
                            nullptr, 0, threads),
            "select");
    refused(potstill_feature_mean(nullptr, &none, nullptr, &none, 0, 0, &loss, nullptr, nullptr,
                                  nullptr, 0, threads, level),
            "feature_mean");
    refused(potstill_gradient_match(POTSTILL_MSE, 0, nullptr, nullptr, nullptr, nullptr, nullptr,
                                    &loss, nullptr, 0, threads, level),
            "gradient_match");
    refused(potstill_trajectory(0, nullptr, nullptr, nullptr, nullptr, nullptr, &loss, nullptr, 0,
                                threads, level),
            "trajectory");
    refused(potstill_sgd(0, nullptr, nullptr, nullptr, nullptr, 0, 0, 0, nullptr, 0, threads, level),
            "sgd");
    refused(potstill_quantise(nullptr, 0, nullptr, 1, 1, nullptr, nullptr, 0, threads, level),
            "quantise");
    refused(potstill_norm_relu_pool(nullptr, 0, 1, 1, 1, nullptr, nullptr, 0, 1, 1, nullptr,
                                    nullptr, nullptr, threads, level),
            "norm_relu_pool");
    refused(potstill_convolution(nullptr, 0, 8, 8, 16, nullptr, 0, nullptr, 16, nullptr, nullptr,
                                 0, threads, level),
            "convolution");
    const int32_t one[2] = {1, 1};
    const int64_t flush[4] = {};
    check(potstill_convolution_workspace(1, 8, 8, 16, 16, threads) == -1 &&
              potstill_upfirdn_workspace(8, 8, one, one, flush, 0, 0, threads) == -1 &&
              potstill_filtered_lrelu_workspace(8, 8, 1, 1, flush, 0, 0, 0, 0, threads) == -1,
          std::to_string(threads) + " threads have no workspace");
  }
}

void test_sizes_out_of_range() {
  const int64_t sizes[] = {INT64_MAX, 1, -1}, rows[] = {0, 0, 0};
  for (const int64_t count : {2, 3}) {
    check(potstill_trajectory_workspace(count, sizes) == -1 &&
              potstill_sgd_workspace(count, sizes) == -1 &&
              potstill_gradient_match_workspace(POTSTILL_LAYERWISE, count, rows, sizes) == -1,
          "lists of more elements than can be counted have no workspace");
  }
  check(potstill_sgd_workspace(1, sizes) == 16, "a tensor may be of any size");
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    check(potstill_abi_version() == POTSTILL_ABI_VERSION, "header and library agree");
    test_score();
    test_score_refuses();
    test_select();
    test_feature_mean();
    test_gradient_match();
    test_trajectory();
    test_trajectory_range();
    test_quantise();
    test_norm_relu_pool(true);
    test_norm_relu_pool(false);
    test_norm_relu_pool_tangents();
    test_norm_relu_pool_edges();
    test_freed_memory_is_kept();
    test_memory_of_other_threads_is_given_back();
    test_sgd();
    test_threads();
    test_sizes_out_of_range();
  });
}
