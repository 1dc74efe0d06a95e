#include <algorithm>
#include <memory>

#include "cases.h"

namespace {

typedef std::vector<std::vector<float>> List;

List draw_list(const std::vector<int64_t>& sizes, float scale) {
  List list;
  for (int64_t size : sizes) list.push_back(normal(size, scale));
  return list;
}

// A list on the device; every second tensor begins off a boundary of 16 bytes where `skewed`.
struct DeviceList {
  std::vector<std::unique_ptr<Buffer<float>>> buffers;
  std::vector<float*> pointers;

  DeviceList(const List& list, bool skewed) {
    for (const auto& tensor : list) {
      buffers.emplace_back(new Buffer<float>(tensor, skewed ? buffers.size() % 2 : 0));
      pointers.push_back(buffers.back()->data());
    }
  }

  List read() const {
    List list;
    for (const auto& buffer : buffers) list.push_back(buffer->read());
    return list;
  }
};

List unwritten(const std::vector<int64_t>& sizes) {
  List list;
  for (int64_t size : sizes) list.emplace_back(static_cast<size_t>(size), kUnwritten);
  return list;
}

void check_lists(const List& values, const std::vector<std::vector<double>>& expected,
                 const std::string& claim) {
  double largest = 0;  // so that a list of small numbers is looked at closely
  for (const auto& tensor : expected) {
    for (double value : tensor) largest = std::fmax(largest, std::fabs(value));
  }
  const double absolute = kAbsolute * std::fmin(1, largest);
  for (size_t t = 0; t < expected.size(); ++t) {
    for (size_t i = 0; i < expected[t].size(); ++i) {
      check_close(values[t][i], expected[t][i],
                  claim + ", tensor " + std::to_string(t) + " [" + std::to_string(i) + "]",
                  absolute);
    }
  }
}

// ---- feature_mean ----

void check_feature_mean(const std::vector<int64_t>& real_rows,
                        const std::vector<int64_t>& synthetic_rows, int64_t features,
                        size_t offset, float poison, size_t offset_of_gradient) {
  const auto classes = static_cast<int64_t>(real_rows.size());
  std::vector<int64_t> real_offsets(1, 0);
  std::vector<int64_t> synthetic_offsets(1, 0);
  for (int64_t rows : real_rows) real_offsets.push_back(real_offsets.back() + rows);
  for (int64_t rows : synthetic_rows) synthetic_offsets.push_back(synthetic_offsets.back() + rows);
  auto real = normal(real_offsets.back() * features, 2);
  const auto synthetic = normal(synthetic_offsets.back() * features, 2);
  if (poison != 0 && !real.empty()) real[real.size() / 2] = poison;

  std::vector<double> per_class;
  std::vector<double> slope(synthetic.size());
  double loss = 0;
  for (size_t c = 0; c < real_rows.size(); ++c) {
    double of_class = 0;
    for (int64_t f = 0; f < features; ++f) {
      const auto mean = [&](const std::vector<float>& rows, int64_t begin, int64_t end) {
        double sum = 0;
        for (int64_t r = begin; r < end; ++r) sum += rows[static_cast<size_t>(r * features + f)];
        return sum / static_cast<double>(end - begin);
      };
      const double d = mean(synthetic, synthetic_offsets[c], synthetic_offsets[c + 1]) -
                       mean(real, real_offsets[c], real_offsets[c + 1]);
      of_class += d * d;
      for (int64_t r = synthetic_offsets[c]; r < synthetic_offsets[c + 1]; ++r) {
        slope[static_cast<size_t>(r * features + f)] =
            2 * d / static_cast<double>(synthetic_rows[c]);
      }
    }
    per_class.push_back(of_class);
    loss += of_class;
  }

  Buffer<float> device_real(real, offset);
  Buffer<float> device_synthetic(synthetic, offset);
  Buffer<float> gradient(std::vector<float>(synthetic.size(), kUnwritten), offset_of_gradient);
  Buffer<double> device_loss(std::vector<double>(1, kUnwritten));
  Buffer<double> device_classes(std::vector<double>(real_rows.size(), kUnwritten));
  const int64_t bytes = potstill_cuda_feature_mean_workspace(classes, features);
  auto memory = workspace(bytes);
  for (bool all : {true, false}) {
    check_status(potstill_cuda_feature_mean(
                     device_real.data(), real_offsets.data(), device_synthetic.data(),
                     synthetic_offsets.data(), classes, features, device_loss.data(),
                     all ? device_classes.data() : nullptr, all ? gradient.data() : nullptr,
                     memory.data(), bytes, 0, nullptr),
                 POTSTILL_CUDA_OK, "feature_mean");
    check_close(device_loss.read()[0], loss, "feature_mean loss");
  }
  const std::string claim = "feature_mean, features " + std::to_string(features);
  const auto of_classes = device_classes.read();
  for (size_t c = 0; c < per_class.size(); ++c) {
    check_close(of_classes[c], per_class[c], claim + ", class " + std::to_string(c));
  }
  const auto slopes = gradient.read();
  for (size_t i = 0; i < slope.size(); ++i) check_close(slopes[i], slope[i], claim + ", gradient");
}

// ---- gradient_match ----

// The loss, and the gradient with respect to b. `rows` as in the ABI.
double reference_match(int32_t distance, const std::vector<int64_t>& rows, const List& a,
                       const List& b, std::vector<std::vector<double>>* gradient) {
  struct Span {
    size_t tensor, begin, end;
  };
  std::vector<std::vector<Span>> vectors;  // each a cosine or a sum of squares of its own
  if (distance != POTSTILL_CUDA_LAYERWISE) vectors.emplace_back();
  gradient->clear();
  for (size_t t = 0; t < a.size(); ++t) {
    gradient->emplace_back(a[t].size(), 0.0);
    const auto count = static_cast<size_t>(rows[t]);
    if (distance != POTSTILL_CUDA_LAYERWISE) vectors[0].push_back({t, 0, a[t].size()});
    for (size_t r = 0; distance == POTSTILL_CUDA_LAYERWISE && r < count; ++r) {
      const size_t length = a[t].size() / count;
      vectors.push_back({{t, r * length, (r + 1) * length}});
    }
  }
  double loss = 0;
  for (const auto& vector : vectors) {
    double ab = 0, aa = 0, bb = 0, squares = 0;
    for (const Span& s : vector) {
      for (size_t i = s.begin; i < s.end; ++i) {
        const double x = a[s.tensor][i], y = b[s.tensor][i];
        ab += x * y, aa += x * x, bb += y * y, squares += (y - x) * (y - x);
      }
    }
    const double d = std::sqrt(aa) * std::sqrt(bb) + 1e-6;
    const bool mse = distance == POTSTILL_CUDA_MSE;
    loss += mse ? squares : 1 - ab / d;
    const double of_b = bb == 0 ? 0 : ab * std::sqrt(aa) / (std::sqrt(bb) * d * d);
    for (const Span& s : vector) {
      for (size_t i = s.begin; i < s.end; ++i) {
        const double x = a[s.tensor][i], y = b[s.tensor][i];
        (*gradient)[s.tensor][i] = mse ? 2 * (y - x) : -x / d + of_b * y;
      }
    }
  }
  return loss;
}

void check_gradient_match(int32_t distance, const std::vector<int64_t>& rows,
                          const std::vector<int64_t>& sizes, const List& a, const List& b,
                          bool skewed, bool value_alone = true) {
  const auto count = static_cast<int64_t>(sizes.size());
  std::vector<std::vector<double>> slope;
  const double loss = reference_match(distance, rows, a, b, &slope);
  DeviceList real(a, skewed);
  DeviceList synthetic(b, skewed);
  DeviceList gradient(unwritten(sizes), skewed);
  Buffer<double> device_loss(std::vector<double>(1, kUnwritten));
  const int64_t bytes =
      potstill_cuda_gradient_match_workspace(distance, count, rows.data(), sizes.data());
  auto memory = workspace(bytes);
  const std::string claim = "gradient_match, distance " + std::to_string(distance);
  for (bool all : {true, false}) {
    if (!all && !value_alone) continue;
    check_status(
        potstill_cuda_gradient_match(distance, count, rows.data(), sizes.data(),
                                     real.pointers.data(), synthetic.pointers.data(),
                                     all ? gradient.pointers.data() : nullptr, device_loss.data(),
                                     memory.data(), bytes, 0, nullptr),
        POTSTILL_CUDA_OK, claim);
    check_close(device_loss.read()[0], loss, claim + ", loss");
  }
  check_lists(gradient.read(), slope, claim);
}

// ---- trajectory ----

void check_trajectory(const std::vector<int64_t>& sizes, const List& theta, const List& target,
                      const List& start, bool skewed) {
  const auto count = static_cast<int64_t>(sizes.size());
  double distance = 0;
  double travelled = 0;
  for (size_t t = 0; t < sizes.size(); ++t) {
    for (size_t i = 0; i < theta[t].size(); ++i) {
      const double d = double(theta[t][i]) - target[t][i], e = double(start[t][i]) - target[t][i];
      distance += d * d, travelled += e * e;
    }
  }
  const double nan = std::nan("");
  std::vector<std::vector<double>> slope;
  for (size_t t = 0; t < sizes.size(); ++t) {
    slope.emplace_back();
    for (size_t i = 0; i < theta[t].size(); ++i) {
      const double d = double(theta[t][i]) - target[t][i];
      slope[t].push_back(travelled == 0 ? nan : 2 / travelled * d);
    }
  }
  DeviceList device_theta(theta, skewed);
  DeviceList device_target(target, skewed);
  DeviceList device_start(start, skewed);
  DeviceList gradient(unwritten(sizes), skewed);
  Buffer<double> loss(std::vector<double>(1, kUnwritten));
  const int64_t bytes = potstill_cuda_trajectory_workspace(count, sizes.data());
  auto memory = workspace(bytes);
  for (bool all : {true, false}) {
    check_status(potstill_cuda_trajectory(
                     count, sizes.data(), device_theta.pointers.data(),
                     device_target.pointers.data(), device_start.pointers.data(),
                     all ? gradient.pointers.data() : nullptr, loss.data(), memory.data(), bytes, 0,
                     nullptr),
                 POTSTILL_CUDA_OK, "trajectory");
    check_close(loss.read()[0], travelled == 0 ? nan : distance / travelled, "trajectory loss");
  }
  check_lists(gradient.read(), slope, "trajectory");
}

}  // namespace

void test_feature_mean() {
  for (int64_t features : {0, 1, 3, 4, 31, 32, 33, 36, 64, 100}) {
    for (size_t offset : {0, 1}) {
      for (size_t of_gradient : {0, 1}) {
        check_feature_mean({1, 9, 33, 130}, {2, 1, 5, 34}, features, offset, 0, of_gradient);
      }
    }
  }
  check_feature_mean({}, {}, 5, 0, 0, 0);
  check_feature_mean(std::vector<int64_t>(300, 2), std::vector<int64_t>(300, 1), 8, 0, 0, 0);
  check_feature_mean({4, 4}, {1, 1}, 40, 0, kNan, 0);
  check_feature_mean({4, 4}, {1, 1}, 40, 0, kInfinity, 0);
  float some = 0;
  double loss = 0;
  const int64_t fine[] = {0, 1};
  const int64_t empty[] = {0, 0};
  check_status(potstill_cuda_feature_mean(&some, empty, &some, fine, 1, 1, &loss, nullptr, nullptr,
                                          nullptr, 0, 0, nullptr),
               POTSTILL_CUDA_INVALID_ARGUMENT, "a class without rows");
}

void test_gradient_match() {
  for (int32_t distance :
       {POTSTILL_CUDA_LAYERWISE, POTSTILL_CUDA_MSE, POTSTILL_CUDA_COSINE}) {
    for (bool skewed : {false, true}) {
      const std::vector<int64_t> sizes = {8 * 27, 8, 6 * 72, 0, 5, 3 * 1030, 0, 2 * 4099, 10, 0};
      const std::vector<int64_t> rows = {8, 0, 6, 4, 0, 3, 0, 2, 10, 0};
      auto a = draw_list(sizes, 1);
      auto b = draw_list(sizes, 1);
      for (size_t t = 0; t < sizes.size(); ++t) {  // alike, so that both terms of a cosine count
        for (size_t i = 0; i < b[t].size(); ++i) b[t][i] += a[t][i] / 2;
      }
      check_gradient_match(distance, rows, sizes, a, b, skewed);
      std::fill(b[0].begin(), b[0].begin() + 27, 0.0f);  // a synthetic row of zeros
      std::fill(a[2].begin(), a[2].begin() + 72, 0.0f);  // a real one
      check_gradient_match(distance, rows, sizes, a, b, skewed);
      a[5][7] = kNan;
      check_gradient_match(distance, rows, sizes, a, b, skewed);
    }
    check_gradient_match(distance, {}, {}, {}, {}, false);
    check_gradient_match(distance, {1}, {4}, {{0, 0, 0, 0}}, {{0, 0, 0, 0}}, false);
    const std::vector<int64_t> one(600, 3);  // more tensors than travel at once
    check_gradient_match(distance, std::vector<int64_t>(600, 1), one, draw_list(one, 1),
                         draw_list(one, 1), false);
  }
  // More rows than ranges, of the host execution and of a GPU.
  for (const auto& shape : {std::make_pair(620, 130), std::make_pair(4200, 1)}) {
    const std::vector<int64_t> all = {int64_t{shape.first} * shape.second};
    check_gradient_match(POTSTILL_CUDA_LAYERWISE, {shape.first}, all, draw_list(all, 1),
                         draw_list(all, 1), false, false);
  }
  const int64_t rows = 2;
  const int64_t size = 5;
  check(potstill_cuda_gradient_match_workspace(POTSTILL_CUDA_LAYERWISE, 1, &rows, &size) == -1,
        "rows of unequal length are refused");
  check(potstill_cuda_gradient_match_workspace(7, 1, &rows, &size) == -1, "unknown distance");
  const int64_t many[] = {INT64_MAX, INT64_MAX};
  const int64_t none[] = {0, 0};
  check(potstill_cuda_gradient_match_workspace(POTSTILL_CUDA_LAYERWISE, 2, many, none) == -1,
        "more rows than can be counted are refused");
}

void test_trajectory() {
  const std::vector<int64_t> sizes = {0, 1, 3, 4, 5, 255, 1024, 4095, 4096, 4097, 8197, 20000, 0};
  for (bool skewed : {false, true}) {
    auto theta = draw_list(sizes, 1);
    const auto target = draw_list(sizes, 1);
    const auto start = draw_list(sizes, 1);
    check_trajectory(sizes, theta, target, start, skewed);
    check_trajectory(sizes, theta, target, target, skewed);
    theta[4][2] = kInfinity;
    check_trajectory(sizes, theta, target, start, skewed);
    theta[9][1] = kNan;
    check_trajectory(sizes, theta, target, start, skewed);
  }
  check_trajectory({}, {}, {}, {}, false);
  const std::vector<int64_t> many(600, 2);  // more than travel at once
  check_trajectory(many, draw_list(many, 1), draw_list(many, 1), draw_list(many, 1), false);
  const int64_t negative = -1;
  check(potstill_cuda_trajectory_workspace(1, &negative) == -1, "a negative size is refused");
}
