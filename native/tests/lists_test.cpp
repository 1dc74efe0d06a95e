// The operations on lists of tensors at one instruction set against plain double-precision loops.
// Usage: lists_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "checks.h"

namespace {

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
  for (int t : {0, 2}) {
    for (int64_t i = 0; i < sizes[t]; ++i) b[t][i] += a[t][i];
  }
  std::fill(b[0], b[0] + 27, 0.0f);  // a row of zeros
  double expected = 3;               // three empty rows
  std::vector<double> slopes[4], lengths[4];
  for (int t : {0, 2}) {
    const int64_t length = sizes[t] / rows[t];
    for (int64_t r = 0; r < rows[t]; ++r) {
      double ab = 0, aa = 0, bb = 0;
      for (int64_t i = r * length; i < (r + 1) * length; ++i) {
        ab += double(a[t][i]) * b[t][i];
        aa += double(a[t][i]) * a[t][i];
        bb += double(b[t][i]) * b[t][i];
      }
      const double d = std::sqrt(aa * bb) + 1e-6;
      expected += 1 - ab / d;
      for (int64_t i = r * length; i < (r + 1) * length; ++i) {
        const double of_b = bb == 0 ? 0 : ab * std::sqrt(aa / bb) / (d * d);
        slopes[t].push_back(-a[t][i] / d + of_b * b[t][i]);
        lengths[t].push_back(d);
      }
    }
  }
  const int64_t bytes = potstill_gradient_match_workspace(POTSTILL_LAYERWISE, 4, rows, sizes);
  std::vector<double> workspace(static_cast<size_t>(bytes) / 8, NAN);
  double loss = 0;
  check(potstill_gradient_match(POTSTILL_LAYERWISE, 4, rows, sizes, a.data(), b.data(), g.data(),
                                &loss, workspace.data(), bytes, 2, level) == POTSTILL_OK,
        "gradient_match runs");
  check(close(loss, expected), "gradient_match loss");
  check(std::all_of(g[1], g[1] + 11, [](float v) { return v == 0; }), "a bias has gradient 0");
  check(close(g[0][3] * 1e-6, -a[0][3]), "at b = 0 the gradient is -a / 1e-6");
  for (int t : {0, 2}) {
    for (int64_t i = 0; i < sizes[t]; ++i) {
      const double d = lengths[t][static_cast<size_t>(i)];
      check(close(d * g[t][i], d * slopes[t][static_cast<size_t>(i)]), "gradient of a row");
    }
  }
  double loss_alone = 0;
  check(potstill_gradient_match(POTSTILL_LAYERWISE, 4, rows, sizes, a.data(), b.data(), nullptr,
                                &loss_alone, workspace.data(), bytes, 2, level) == POTSTILL_OK &&
            loss_alone == loss,
        "gradient_match without a gradient");
  check(potstill_gradient_match(POTSTILL_LAYERWISE, 4, rows, sizes, a.data(), b.data(), g.data(),
                                &loss, workspace.data(), bytes - 8, 2,
                                level) == POTSTILL_INVALID_ARGUMENT,
        "a small workspace is refused");
}

// MSE and COSINE, which take no rows.
void test_distances_of_lists() {
  for (const int64_t size : {1, 31, 1000, 40000}) {
    const int64_t sizes[] = {size, 0, 7};
    std::vector<Unaligned> buffers;
    std::vector<float*> lists[3];
    buffers.reserve(9);
    for (int t = 0; t < 9; ++t) {
      buffers.emplace_back(sizes[t % 3]);
      fill(buffers.back().data(), sizes[t % 3], 1);
      lists[t / 3].push_back(buffers.back().data());
    }
    double ab = 0, aa = 0, bb = 0, squares = 0;
    for (int t = 0; t < 3; ++t) {
      for (int64_t i = 0; i < sizes[t]; ++i) {
        lists[1][t][i] += lists[0][t][i] / 2;
        const double a = lists[0][t][i], b = lists[1][t][i];
        ab += a * b, aa += a * a, bb += b * b, squares += (b - a) * (b - a);
      }
    }
    const double d = std::sqrt(aa * bb) + 1e-6;
    for (const int32_t distance : {POTSTILL_MSE, POTSTILL_COSINE}) {
      const bool mse = distance == POTSTILL_MSE;
      const int64_t bytes = potstill_gradient_match_workspace(distance, 3, nullptr, sizes);
      std::vector<double> workspace(static_cast<size_t>(bytes) / 8, NAN);
      double loss = 0;
      check(potstill_gradient_match(distance, 3, nullptr, sizes, lists[0].data(), lists[1].data(),
                                    lists[2].data(), &loss, workspace.data(), bytes, 2,
                                    level) == POTSTILL_OK,
            "gradient_match of lists runs");
      check(close(loss, mse ? squares : 1 - ab / d), "distance of lists");
      for (int t = 0; t < 3; ++t) {
        for (int64_t i = 0; i < sizes[t]; ++i) {
          const double a = lists[0][t][i], b = lists[1][t][i];
          // Of the scale of the lists.
          const double expected = mse ? 2 * (b - a) : -a + ab * std::sqrt(aa / bb) * b / d;
          check(close(lists[2][t][i] * (mse ? 1 : d), expected), "gradient of a distance of lists");
        }
      }
    }
  }
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
  std::vector<double> workspace(static_cast<size_t>(bytes) / 8, NAN);
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
  for (int t = 0; t < 4; ++t) {
    for (int64_t i = 0; i < sizes[t]; ++i) {
      const double expected = 2 * (double(theta[t][i]) - target[t][i]) / travelled;
      check(std::abs(gradient[t][i] - expected) <= kRelative * std::abs(expected),
            "trajectory gradient everywhere");
    }
  }
  check(potstill_trajectory(4, sizes, theta.data(), target.data(), target.data(), gradient.data(),
                            losses, workspace.data(), bytes, 2, level) == POTSTILL_OK &&
            std::isnan(losses[0]) && std::isnan(gradient[0][0]) && std::isnan(gradient[2][77]),
        "a trajectory that does not move is NaN");
}

// Lists that outgrow the caches, whose gradient is written past them.
void test_trajectory_of_many() {
  const int64_t sizes[] = {(int64_t{1} << 21) + 37, 5};
  std::vector<Unaligned> buffers;
  std::vector<float*> theta, target, start, gradient;
  std::vector<float*>* lists[] = {&theta, &target, &start, &gradient};
  buffers.reserve(8);
  for (int t = 0; t < 8; ++t) {
    const int64_t size = sizes[t % 2];
    buffers.emplace_back(size + 1);
    // Multiples of 1/8 are drawn faster than normal numbers.
    for (int64_t i = 0; i <= size; ++i) {
      buffers.back().data()[i] = static_cast<float>(generator() % 64) / 8;
    }
    lists[t / 2]->push_back(buffers.back().data());
  }
  gradient[0][sizes[0]] = gradient[1][sizes[1]] = 77;
  double travelled = 0;
  for (int t = 0; t < 2; ++t) {
    for (int64_t i = 0; i < sizes[t]; ++i) {
      travelled += std::pow(double(start[t][i]) - target[t][i], 2);
    }
  }
  const int64_t bytes = potstill_trajectory_workspace(2, sizes);
  std::vector<double> workspace(static_cast<size_t>(bytes) / 8, NAN);
  double loss = 0;
  check(potstill_trajectory(2, sizes, theta.data(), target.data(), start.data(), gradient.data(),
                            &loss, workspace.data(), bytes, 2, level) == POTSTILL_OK,
        "trajectory of many runs");
  for (int t = 0; t < 2; ++t) {
    int64_t wrong = 0;
    for (int64_t i = 0; i < sizes[t]; ++i) {
      const double expected = 2 * (double(theta[t][i]) - target[t][i]) / travelled;
      wrong += std::abs(gradient[t][i] - expected) <= kRelative * std::abs(expected) ? 0 : 1;
    }
    check(wrong == 0, "trajectory gradient of many");
    check(gradient[t][sizes[t]] == 77, "nothing is written behind a gradient");
  }
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
      const int64_t bytes = potstill_trajectory_workspace(1, &size);
      std::vector<double> workspace(static_cast<size_t>(bytes) / 8, NAN);
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
  std::vector<double> velocity[4], moved[4];
  for (int t = 0; t < 4; ++t) {
    for (int64_t i = 0; i < sizes[t]; ++i) {
      velocity[t].push_back(0.9 * velocities[0][t][i] + gradients[t][i] +
                            0.1 * parameters[0][t][i]);
      moved[t].push_back(parameters[0][t][i] - 0.5 * velocity[t].back());
    }
  }
  const int64_t bytes = potstill_sgd_workspace(4, sizes);
  std::vector<int64_t> workspace(static_cast<size_t>(bytes) / 8, -7);
  for (int way = 0; way < 2; ++way) {
    check(potstill_sgd(4, sizes, parameters[way].data(), gradients.data(), velocities[way].data(),
                       0.5, 0.9, 0.1, workspace.data(), bytes, 1 + 2 * way, level) == POTSTILL_OK,
          "sgd runs");
  }
  for (int t = 0; t < 4; ++t) {
    for (size_t i = 0; i < moved[t].size(); ++i) {
      check(close(velocities[0][t][i], velocity[t][i]) && close(parameters[0][t][i], moved[t][i]),
            "sgd moves");
    }
    check(std::equal(parameters[0][t], parameters[0][t] + sizes[t], parameters[1][t]) &&
              std::equal(velocities[0][t], velocities[0][t] + sizes[t], velocities[1][t]),
          "the thread count does not change the step");
  }
  check(potstill_sgd(4, sizes, parameters[0].data(), gradients.data(), velocities[0].data(), 0.5,
                     0.9, 0.1, workspace.data(), bytes - 8, 1, level) == POTSTILL_INVALID_ARGUMENT,
        "a small workspace is refused");
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
    test_gradient_match();
    test_distances_of_lists();
    test_trajectory();
    test_trajectory_of_many();
    test_trajectory_range();
    test_sgd();
    test_sizes_out_of_range();
  });
}
