// feature_mean, distribution matching (Zhao and Bilen 2023, eq. 5): sum_c ||mean(real_c) -
// mean(synthetic_c)||^2 of f32 features (rows, features) stored class after class, and its gradient
// 2 (mean_syn - mean_real) / rows_c for each synthetic row.
//
// One launch; a block takes a class and 32 features: eight lanes of four features by 32 lanes of
// rows, sums in double. Reads both buffers once, writes the gradient once. Each block leaves its
// share of the loss; the last one adds them up in order. Deterministic: no atomics on values.
#include <vector>

#include "lists.h"

namespace potstill {
namespace {

constexpr int kThreads = 256;
constexpr int kTile = 32;        // features of a block
constexpr int kRowLanes = 32;
constexpr int kFeatureLanes = 8;  // of four features each
constexpr int64_t kMostClasses = int64_t{1} << 24;
constexpr int64_t kMostFeatures = int64_t{1} << 24;
static_assert(kRowLanes * kFeatureLanes == kThreads && kFeatureLanes * 4 == kTile, "tile");

struct Features {
  const float* real;
  const float* synthetic;
  float* gradient;
  const int64_t* real_offsets;
  const int64_t* synthetic_offsets;
  int64_t classes;
  int64_t features;
  int64_t tiles;
  bool aligned;  // every row begins on 16 bytes
};

// The feature that this thread's k-th value is of: four neighbours where that is one load.
__device__ __forceinline__ int64_t feature_of(const Features& f, int64_t tile, int k) {
  const int lane = static_cast<int>(threadIdx.x) % kFeatureLanes;
  return tile * kTile + (f.aligned ? lane * 4 + k : k * kFeatureLanes + lane);
}

__device__ __forceinline__ void add_row(const Features& f, const float* row, int64_t tile,
                                        double (&sums)[4]) {
  float x[4] = {0, 0, 0, 0};
  if (f.aligned) {
    if (feature_of(f, tile, 0) < f.features) load_four(row + feature_of(f, tile, 0), x);
  } else {
    for (int k = 0; k < 4; ++k) {
      if (feature_of(f, tile, k) < f.features) x[k] = row[feature_of(f, tile, k)];
    }
  }
  for (int k = 0; k < 4; ++k) sums[k] += x[k];
}

// The mean of feature threadIdx.x of the tile over rows begin to end - 1, for the first 32 threads.
__device__ __forceinline__ double mean_of(const Features& f, const float* rows, int64_t begin,
                                          int64_t end, int64_t tile) {
  __shared__ double of_lane[kRowLanes][kTile];
  const int row_lane = static_cast<int>(threadIdx.x) / kFeatureLanes;
  double sums[4] = {0, 0, 0, 0};
#pragma unroll 4
  for (int64_t r = begin + row_lane; r < end; r += kRowLanes) {
    add_row(f, rows + r * f.features, tile, sums);
  }
  __syncthreads();  // an earlier mean has been read
  for (int k = 0; k < 4; ++k) of_lane[row_lane][feature_of(f, 0, k)] = sums[k];
  __syncthreads();
  double total = 0;
  if (threadIdx.x < kTile) {
    for (int lane = 0; lane < kRowLanes; ++lane) total += of_lane[lane][threadIdx.x];
  }
  return total / static_cast<double>(end - begin);
}

__device__ __forceinline__ void write_gradient(const Features& f, int64_t begin, int64_t end,
                                               int64_t tile, const float* gradient) {
  const int row_lane = static_cast<int>(threadIdx.x) / kFeatureLanes;
  float values[4];
  for (int k = 0; k < 4; ++k) values[k] = gradient[feature_of(f, 0, k)];
  for (int64_t r = begin + row_lane; r < end; r += kRowLanes) {
    float* row = f.gradient + r * f.features;
    if (f.aligned) {
      if (feature_of(f, tile, 0) < f.features) {
        store(row + feature_of(f, tile, 0), values, Width<4>());
      }
      continue;
    }
    for (int k = 0; k < 4; ++k) {
      if (feature_of(f, tile, k) < f.features) row[feature_of(f, tile, k)] = values[k];
    }
  }
}

// A warp adds up a class, the block adds up the classes. Class by class in fixed order.
__device__ __forceinline__ void finish(const Features& f, const double* shares, double* loss,
                                       double* per_class) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  double total = 0;
  for (int64_t c = warp; c < f.classes; c += kThreads / 32) {
    double of_class = 0;
    for (int64_t t = lane; t < f.tiles; t += 32) of_class += load_fresh(shares + c * f.tiles + t);
    of_class = warp_sum(of_class);
    if (lane == 0) {
      if (per_class != nullptr) per_class[c] = of_class;
      total += of_class;
    }
  }
  total = block_sum<kThreads>(total);
  if (threadIdx.x == 0) *loss = total;
}

__global__ void __launch_bounds__(kThreads)
    match_means(Features f, double* shares, unsigned* ended, double* loss, double* per_class) {
  __shared__ float gradient[kTile];
  for (int64_t item = blockIdx.x; item < f.classes * f.tiles; item += gridDim.x) {
    const int64_t c = item / f.tiles;
    const int64_t tile = item % f.tiles;
    const int64_t begin = f.synthetic_offsets[c];
    const int64_t end = f.synthetic_offsets[c + 1];
    const double real = mean_of(f, f.real, f.real_offsets[c], f.real_offsets[c + 1], tile);
    const double difference = mean_of(f, f.synthetic, begin, end, tile) - real;
    if (threadIdx.x < kTile) {  // exactly the first warp
      gradient[threadIdx.x] = static_cast<float>(2 * difference / static_cast<double>(end - begin));
      const double share = warp_sum(difference * difference);
      if (threadIdx.x == 0) shares[item] = share;
    }
    __syncthreads();
    if (f.gradient != nullptr) write_gradient(f, begin, end, tile, gradient);
  }
  if (is_last_block(ended)) finish(f, shares, loss, per_class);
}

struct Place {
  int64_t* head;  // 0 (the count of ended blocks), then the offsets, real and synthetic
  double* shares;

  Place(Workspace* workspace, int64_t classes, int64_t features)
      : head(workspace->take<int64_t>(1 + 2 * (classes + 1))),
        shares(workspace->take<double>(classes * ((features + kTile - 1) / kTile))) {}
};

void require_sizes(int64_t classes, int64_t features) {
  require(classes >= 0 && classes <= kMostClasses, "the number of classes is out of range");
  require(features >= 0 && features <= kMostFeatures, "the number of features is out of range");
}

void require_offsets(const char* name, const int64_t* offsets, int64_t classes) {
  if (offsets == nullptr || offsets[0] != 0) {
    throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "%s offsets must begin with 0", name);
  }
  for (int64_t c = 0; c < classes; ++c) {
    if (offsets[c] >= offsets[c + 1]) {
      throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "class %lld has no %s row",
                    static_cast<long long>(c), name);
    }
  }
}

}  // namespace
}  // namespace potstill

int64_t potstill_cuda_feature_mean_workspace(int64_t classes, int64_t features) noexcept {
  using namespace potstill;
  return guard_size("feature_mean_workspace", [&] {
    require_sizes(classes, features);
    Workspace plan;
    Place(&plan, classes, features);
    return plan.used();
  });
}

int32_t potstill_cuda_feature_mean(const float* real, const int64_t* real_offsets,
                                   const float* synthetic, const int64_t* synthetic_offsets,
                                   int64_t classes, int64_t features, double* loss,
                                   double* per_class, float* gradient, void* workspace,
                                   int64_t workspace_bytes, int32_t device,
                                   void* stream) noexcept {
  using namespace potstill;
  return guard("feature_mean", [&] {
    require_sizes(classes, features);
    require_offsets("real", real_offsets, classes);
    require_offsets("synthetic", synthetic_offsets, classes);
    const bool empty = classes == 0 || features == 0;
    require(empty || (real != nullptr && synthetic != nullptr), "real or synthetic is NULL");
    require(loss != nullptr, "loss is NULL");
    Workspace memory(workspace);
    const Place place(&memory, classes, features);
    require_workspace(workspace, workspace_bytes, memory.used());

    const int64_t tiles = (features + kTile - 1) / kTile;
    const bool aligned = features % 4 == 0 && is_aligned(real) && is_aligned(synthetic) &&
                         (gradient == nullptr || is_aligned(gradient));
    std::vector<int64_t> words = {0};
    words.insert(words.end(), real_offsets, real_offsets + classes + 1);
    words.insert(words.end(), synthetic_offsets, synthetic_offsets + classes + 1);
    const int64_t* offsets = place.head + 1;
    const Features all = {real,     synthetic, gradient, offsets, offsets + classes + 1, classes,
                          features, tiles,     aligned};
    const int64_t blocks = std::max<int64_t>(1, std::min(classes * tiles, kMostBlocks));

    const DeviceScope scope(device);
    const auto on = static_cast<cudaStream_t>(stream);
    upload(words.data(), static_cast<int64_t>(words.size()), place.head, on);
    launch("match_means", match_means, blocks, kThreads, on, all, place.shares,
           reinterpret_cast<unsigned*>(place.head), loss, per_class);
  });
}
