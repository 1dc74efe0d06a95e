// gradient_match (Zhao, Mopuri and Bilen 2021): the distance of two lists of f32 gradients, a real
// and b synthetic, and its gradient with respect to b. With d = |a||b| + 1e-6, 1 - a.b / d has the
// gradient -a / d + (a.b)|a| b / (|b| d^2), whose second term is 0 at b = 0.
//
// LAYERWISE: one launch, a block to a row: it reads the row (8 bytes an element), adds up in double,
// and writes the row's gradient (4 bytes) while the row is still in the caches. MSE: one launch, 8
// bytes read and 4 written. COSINE: two launches, 8 read and then 8 read and 4 written. Partial sums
// are added in order by the block that ends last. Deterministic: no atomics on values.
#include "lists.h"

namespace potstill {
namespace {

constexpr int kRowThreads = 128;
constexpr int kThreads = 256;
constexpr double kEpsilon = 1e-6;
constexpr int64_t kMostRows = int64_t{1} << 48;  // of all tensors: those without elements count too

// Of row a with row b: a.b, a.a, b.b.
struct Moments {
  double sums[3] = {0, 0, 0};

  template <int kCount>
  __device__ void add(const float (&x)[2][4], Width<kCount>) {
    for (int k = 0; k < kCount; ++k) {
      const double a = x[0][k];
      const double b = x[1][k];
      sums[0] += a * b;
      sums[1] += a * a;
      sums[2] += b * b;
    }
  }

  __device__ double denominator() const { return sqrt(sums[1]) * sqrt(sums[2]) + kEpsilon; }
  __device__ double distance() const { return 1 - sums[0] / denominator(); }
  __device__ double factor_of_a() const { return -1 / denominator(); }
  __device__ double factor_of_b() const {
    const double d = denominator();
    return sums[2] == 0 ? 0 : sums[0] * sqrt(sums[1]) / (sqrt(sums[2]) * d * d);
  }
};

// output = of_a a + of_b b from begin to end.
__device__ __forceinline__ void write_affine(const Tensor& tensor, int64_t begin, int64_t end,
                                             double of_a, double of_b) {
  for_each_element<2>(tensor, begin, end, [&](int64_t i, const auto& x, auto width) {
    float gradient[4];
    for (int k = 0; k < decltype(width)::value; ++k) {
      gradient[k] = static_cast<float>(of_a * x[0][k] + of_b * x[1][k]);
    }
    store(tensor.output + i, gradient, width);
  });
}

__global__ void __launch_bounds__(kRowThreads)
    match_rows(TensorList list, double* partials, unsigned* ended, double* loss) {
  double share[1] = {0};
  for_each_item(list, blockIdx.x, [&](const Tensor& tensor, int64_t item) {
    if (tensor.rows == 0) {  // a tensor that counts nothing
      const int64_t end = min((item + 1) * kPiece, tensor.size);
      for (int64_t i = item * kPiece + threadIdx.x; i < end && tensor.output != nullptr;
           i += kRowThreads) {
        tensor.output[i] = 0;
      }
      return;
    }
    const int64_t length = tensor.size / tensor.rows;
    const int64_t begin = item * length;
    Moments row;
    for_each_element<2>(tensor, begin, begin + length,
                        [&](int64_t, const auto& x, auto width) { row.add(x, width); });
    block_sums<kRowThreads>(row.sums);
    if (threadIdx.x == 0) share[0] += row.distance();
    if (tensor.output == nullptr) return;
    write_affine(tensor, begin, begin + length, row.factor_of_a(), row.factor_of_b());
  });
  if (sum_launch<kRowThreads>(share, partials, ended) && threadIdx.x == 0) *loss = share[0];
}

__global__ void __launch_bounds__(kThreads)
    match_squares(TensorList list, double* partials, unsigned* ended, double* loss) {
  double share[1] = {0};
  for_each_item(list, blockIdx.x, [&](const Tensor& tensor, int64_t piece) {
    const int64_t begin = piece * kPiece;
    for_each_element<2>(tensor, begin, min(begin + kPiece, tensor.size),
                        [&](int64_t i, const auto& x, auto width) {
                          float gradient[4];
                          for (int k = 0; k < decltype(width)::value; ++k) {
                            const double d = static_cast<double>(x[1][k]) - x[0][k];
                            share[0] += d * d;
                            gradient[k] = static_cast<float>(2 * d);
                          }
                          if (tensor.output != nullptr) store(tensor.output + i, gradient, width);
                        });
  });
  if (sum_launch<kThreads>(share, partials, ended) && threadIdx.x == 0) *loss = share[0];
}

__global__ void __launch_bounds__(kThreads)
    add_moments(TensorList list, double* partials, double* factors, unsigned* ended,
                double* loss) {
  Moments all;
  for_each_item(list, blockIdx.x, [&](const Tensor& tensor, int64_t piece) {
    const int64_t begin = piece * kPiece;
    for_each_element<2>(tensor, begin, min(begin + kPiece, tensor.size),
                        [&](int64_t, const auto& x, auto width) { all.add(x, width); });
  });
  if (!sum_launch<kThreads>(all.sums, partials, ended) || threadIdx.x != 0) return;
  *loss = all.distance();
  factors[0] = all.factor_of_a();
  factors[1] = all.factor_of_b();
}

__global__ void __launch_bounds__(kThreads) write_cosine(TensorList list, const double* factors) {
  const double of_a = factors[0];
  const double of_b = factors[1];
  const int64_t range = gridDim.x - 1 - blockIdx.x;
  for_each_item(list, range, [&](const Tensor& tensor, int64_t piece) {
    const int64_t begin = piece * kPiece;
    write_affine(tensor, begin, min(begin + kPiece, tensor.size), of_a, of_b);
  });
}

void require_arguments(int32_t distance, int64_t count, const int64_t* rows,
                       const int64_t* sizes) {
  require(distance >= POTSTILL_CUDA_LAYERWISE && distance <= POTSTILL_CUDA_COSINE,
          "unknown distance");
  require_list(count, sizes);
  if (distance != POTSTILL_CUDA_LAYERWISE) return;
  require(count == 0 || rows != nullptr, "rows is NULL");
  int64_t left = kMostRows;
  for (int64_t t = 0; t < count; ++t) {
    if (rows[t] < 0 || rows[t] > left || (rows[t] > 0 && sizes[t] % rows[t] != 0)) {
      throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "tensor %lld: %lld rows, %lld elements",
                    static_cast<long long>(t), static_cast<long long>(rows[t]),
                    static_cast<long long>(sizes[t]));
    }
    left -= rows[t];
  }
}

}  // namespace
}  // namespace potstill

int64_t potstill_cuda_gradient_match_workspace(int32_t distance, int64_t count,
                                               const int64_t* rows,
                                               const int64_t* sizes) noexcept {
  using namespace potstill;
  return guard_size("gradient_match_workspace", [&] {
    require_arguments(distance, count, rows, sizes);
    Workspace plan;
    ListPlace(&plan, count, 3);
    return plan.used();
  });
}

int32_t potstill_cuda_gradient_match(int32_t distance, int64_t count, const int64_t* rows,
                                     const int64_t* sizes, const float* const* real,
                                     const float* const* synthetic, float* const* gradients,
                                     double* loss, void* workspace, int64_t workspace_bytes,
                                     int32_t device, void* stream) noexcept {
  using namespace potstill;
  return guard("gradient_match", [&] {
    require_arguments(distance, count, rows, sizes);
    require_pointers("real", real, count, sizes);
    require_pointers("synthetic", synthetic, count, sizes);
    if (gradients != nullptr) require_pointers("gradients", gradients, count, sizes);
    require(loss != nullptr, "loss is NULL");
    Workspace memory(workspace);
    const ListPlace place(&memory, count, 3);
    require_workspace(workspace, workspace_bytes, memory.used());

    const bool by_row = distance == POTSTILL_CUDA_LAYERWISE;
    std::vector<Tensor> tensors;
    for (int64_t t = 0; t < count; ++t) {
      float* out = gradients == nullptr ? nullptr : gradients[t];
      tensors.push_back({{real[t], synthetic[t], nullptr}, out, sizes[t], by_row ? rows[t] : 0, 0});
    }
    const DeviceScope scope(device);
    const auto on = static_cast<cudaStream_t>(stream);
    const TensorList list = upload_tensors(tensors, place, on);
    if (by_row) {
      launch("match_rows", match_rows, list.blocks(), kRowThreads, on, list, place.partials,
             place.ended(), loss);
    } else if (distance == POTSTILL_CUDA_MSE) {
      launch("match_squares", match_squares, list.blocks(), kThreads, on, list, place.partials,
             place.ended(), loss);
    } else {
      launch("add_moments", add_moments, list.blocks(), kThreads, on, list, place.partials,
             place.factors, place.ended(), loss);
      if (gradients != nullptr && list.items > 0) {
        launch("write_cosine", write_cosine, list.blocks(), kThreads, on, list, place.factors);
      }
    }
  });
}
