// trajectory, gradient_match and feature_mean at sizes that fill the device; the sizes of a ConvNet
// are compared with PyTorch (bench_torch.py).
#include <memory>

#include "harness.h"

namespace {

constexpr int64_t kTensors = 32;
constexpr int64_t kRows = 1024;
constexpr int64_t kSize = int64_t{1} << 21;  // elements of a tensor

struct List {
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  std::vector<float*> tensors;

  explicit List(uint64_t seed) {
    for (int64_t t = 0; t < kTensors; ++t) {
      memory.emplace_back(new DeviceMemory(kSize * 4));
      tensors.push_back(memory.back()->as<float>());
      fill_floats(tensors.back(), kSize, 1, seed + static_cast<uint64_t>(t) * 16);
    }
  }
};

const std::string kShape =
    std::to_string(kTensors) + " tensors of " + std::to_string(kSize) + " elements";

void bench_trajectory() {
  const List theta(1);
  const List target(2);
  const List start(3);
  const List gradients(4);
  const DeviceMemory loss(8);
  const std::vector<int64_t> sizes(kTensors, kSize);
  const DeviceMemory memory(potstill_cuda_trajectory_workspace(kTensors, sizes.data()));
  for (bool gradient : {true, false}) {
    const double ms = medians({[&](cudaStream_t stream) {
      check_status(potstill_cuda_trajectory(
                       kTensors, sizes.data(), theta.tensors.data(), target.tensors.data(),
                       start.tensors.data(), gradient ? gradients.tensors.data() : nullptr,
                       loss.as<double>(), memory.get(), memory.bytes(), 0, stream),
                   "trajectory");
    }})[0];
    const double bytes = static_cast<double>(kTensors * kSize) * (gradient ? 24 : 12);
    report({"trajectory", kShape + (gradient ? "" : ", loss alone"), ms, bytes, 0.8, "", 0, 0});
  }
}

void bench_gradient_match() {
  const List real(1);
  const List synthetic(2);
  const List gradients(3);
  const DeviceMemory loss(8);
  const std::vector<int64_t> sizes(kTensors, kSize);
  const std::vector<int64_t> rows(kTensors, kRows);
  const char* names[] = {"layer-wise", "mse", "cosine"};
  for (int32_t distance : {POTSTILL_CUDA_LAYERWISE, POTSTILL_CUDA_MSE, POTSTILL_CUDA_COSINE}) {
    const DeviceMemory memory(
        potstill_cuda_gradient_match_workspace(distance, kTensors, rows.data(), sizes.data()));
    const double ms = medians({[&](cudaStream_t stream) {
      check_status(potstill_cuda_gradient_match(distance, kTensors, rows.data(), sizes.data(),
                                                real.tensors.data(), synthetic.tensors.data(),
                                                gradients.tensors.data(), loss.as<double>(),
                                                memory.get(), memory.bytes(), 0, stream),
                   "gradient_match");
    }})[0];
    const double bytes =
        static_cast<double>(kTensors * kSize) * (distance == POTSTILL_CUDA_COSINE ? 20 : 12);
    report(
        {"gradient_match", std::string(names[distance]) + ", " + kShape, ms, bytes, 0, "", 0, 0});
  }
}

void bench_feature_mean() {
  const int64_t classes = 100;
  const int64_t features = 8192;
  const int64_t real_rows = 256;
  const int64_t synthetic_rows = 50;
  const DeviceMemory real(classes * real_rows * features * 4);
  const DeviceMemory synthetic(classes * synthetic_rows * features * 4);
  const DeviceMemory gradient(synthetic.bytes());
  const DeviceMemory loss(8);
  fill_floats(real.as<float>(), real.bytes() / 4, 1, 1);
  fill_floats(synthetic.as<float>(), synthetic.bytes() / 4, 1, 2);
  std::vector<int64_t> of_real;
  std::vector<int64_t> of_synthetic;
  for (int64_t c = 0; c <= classes; ++c) {
    of_real.push_back(c * real_rows);
    of_synthetic.push_back(c * synthetic_rows);
  }
  const DeviceMemory memory(potstill_cuda_feature_mean_workspace(classes, features));
  const double ms = medians({[&](cudaStream_t stream) {
    check_status(potstill_cuda_feature_mean(real.as<float>(), of_real.data(), synthetic.as<float>(),
                                            of_synthetic.data(), classes, features,
                                            loss.as<double>(), nullptr, gradient.as<float>(),
                                            memory.get(), memory.bytes(), 0, stream),
                 "feature_mean");
  }})[0];
  report({"feature_mean", "100 classes of 256 and 50 rows, 8192 features", ms,
          static_cast<double>(real.bytes() + 2 * synthetic.bytes()), 0, "", 0, 0});
}

}  // namespace

void bench_lists() {
  bench_trajectory();
  bench_gradient_match();
  bench_feature_mean();
}
