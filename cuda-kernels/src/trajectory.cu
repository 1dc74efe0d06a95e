// trajectory (Cazenavette et al. 2022, eq. 2): ||theta - target||^2 / ||start - target||^2 over
// lists of f32 tensors, and its gradient 2 (theta - target) / ||start - target||^2.
//
// Two launches. The first reads 12 bytes an element; each block leaves two double sums and the last
// one adds them up in order. The second reads 8 and writes 4, from the far end, where theta and
// target are still in the second-level cache. Deterministic: no atomics on values.
#include "lists.h"

namespace potstill {
namespace {

constexpr int kThreads = 256;

__global__ void __launch_bounds__(kThreads)
    distances(TensorList list, double* partials, double* factors, unsigned* ended, double* loss) {
  double sums[2] = {0, 0};  // ||theta - target||^2, ||start - target||^2
  for_each_item(list, blockIdx.x, [&](const Tensor& tensor, int64_t piece) {
    const int64_t begin = piece * kPiece;
    for_each_element<3>(tensor, begin, min(begin + kPiece, tensor.size),
                        [&](int64_t, const auto& x, auto width) {
                          for (int k = 0; k < decltype(width)::value; ++k) {
                            const double d = static_cast<double>(x[0][k]) - x[1][k];
                            const double e = static_cast<double>(x[2][k]) - x[1][k];
                            sums[0] += d * d;
                            sums[1] += e * e;
                          }
                        });
  });
  if (!sum_launch<kThreads>(sums, partials, ended) || threadIdx.x != 0) return;
  const double nan = __longlong_as_double(0x7FF8000000000000LL);
  *loss = sums[1] == 0 ? nan : sums[0] / sums[1];
  factors[0] = sums[1] == 0 ? nan : 2 / sums[1];
}

__global__ void __launch_bounds__(kThreads) gradients(TensorList list, const double* factors) {
  const double scale = factors[0];
  const int64_t range = gridDim.x - 1 - blockIdx.x;
  for_each_item(list, range, [&](const Tensor& tensor, int64_t piece) {
    const int64_t begin = piece * kPiece;
    for_each_element<2>(tensor, begin, min(begin + kPiece, tensor.size),
                        [&](int64_t i, const auto& x, auto width) {
                          float gradient[4];
                          for (int k = 0; k < decltype(width)::value; ++k) {
                            const double d = static_cast<double>(x[0][k]) - x[1][k];
                            gradient[k] = static_cast<float>(scale * d);
                          }
                          store(tensor.output + i, gradient, width);
                        });
  });
}

}  // namespace
}  // namespace potstill

int64_t potstill_cuda_trajectory_workspace(int64_t count, const int64_t* sizes) noexcept {
  using namespace potstill;
  return guard_size("trajectory_workspace", [&] {
    require_list(count, sizes);
    Workspace plan;
    ListPlace(&plan, count, 2);
    return plan.used();
  });
}

int32_t potstill_cuda_trajectory(int64_t count, const int64_t* sizes, const float* const* theta,
                                 const float* const* target, const float* const* start,
                                 float* const* gradients_of, double* loss, void* workspace,
                                 int64_t workspace_bytes, int32_t device, void* stream) noexcept {
  using namespace potstill;
  return guard("trajectory", [&] {
    require_list(count, sizes);
    require_pointers("theta", theta, count, sizes);
    require_pointers("target", target, count, sizes);
    require_pointers("start", start, count, sizes);
    if (gradients_of != nullptr) require_pointers("gradients", gradients_of, count, sizes);
    require(loss != nullptr, "loss is NULL");
    Workspace memory(workspace);
    const ListPlace place(&memory, count, 2);
    require_workspace(workspace, workspace_bytes, memory.used());

    std::vector<Tensor> tensors;
    for (int64_t t = 0; t < count; ++t) {
      float* out = gradients_of == nullptr ? nullptr : gradients_of[t];
      tensors.push_back({{theta[t], target[t], start[t]}, out, sizes[t], 0, 0});
    }
    const DeviceScope scope(device);
    const auto on = static_cast<cudaStream_t>(stream);
    const TensorList list = upload_tensors(tensors, place, on);
    launch("distances", distances, list.blocks(), kThreads, on, list, place.partials,
           place.factors, place.ended(), loss);
    if (gradients_of != nullptr && list.items > 0) {
      launch("gradients", gradients, list.blocks(), kThreads, on, list, place.factors);
    }
  });
}
