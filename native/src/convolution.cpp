// convolution: 3 x 3, stride 1, a zero around every map, maps with the channels last, by Winograd's
// minimal filtering (Lavin and Gray 2016; simd/winograd.h has the arithmetic).
//
// A tile of 4 x 4 outputs takes 36 multiplications per pair of channels where the direct sum takes 144.
// The tiles go in blocks: the tiles of a block become 36 planes (tiles, in), each is multiplied by the
// weights' plane (in, out), and the products become outputs, so that the planes of a block stay in the
// caches. With 128 channels the products take two thirds of the time.
//
// The gradient of the weights goes the same way, its planes (in, out) added up over the blocks. How the
// tiles are cut into blocks there depends on the sizes alone, and planes are divided among the threads,
// so results do not depend on their number.
#include <omp.h>

#include <cstring>

#include "loops.h"
#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int64_t kPlanes = 36;

// Tiles of a block; a multiple of the runs that sums are cut into, and of the rows of a product.
constexpr int64_t kBlockTiles = 96;

// Room between planes beyond what they hold: the 36 vectors of a tile would fall into one set of a
// cache where planes are a power of 2 apart.
constexpr int64_t kGap = 16;

constexpr int64_t kAlignment = 64;  // bytes

struct Sizes {
  TileMap in;
  TileMap out;
  int64_t tiles;  // of all images
  int64_t weight_plane;
  int64_t in_plane;  // of a block
  int64_t out_plane;

  static constexpr int64_t kLargest = int64_t{1} << 40;  // of a product of sizes

  Sizes(int64_t images, int64_t height, int64_t width, int64_t in_channels, int64_t out_channels) {
    require(images >= 0 && height >= 0 && width >= 0, "a size is negative");
    require(images == 0 || (height >= 1 && width >= 1), "a map has no position");
    require(in_channels > 0 && out_channels > 0 && in_channels % kRow == 0 && out_channels % kRow == 0,
            "channels are not multiples of 16");
    const int64_t channels = std::max(in_channels, out_channels);
    int64_t elements = 0;
    if (__builtin_mul_overflow(std::max<int64_t>(height, kTileSide), std::max<int64_t>(width, kTileSide),
                               &elements) ||
        __builtin_mul_overflow(elements, channels, &elements) ||
        __builtin_mul_overflow(elements, images, &elements) || elements > kLargest ||
        channels > kLargest / kPlanes / channels) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "the maps are too large");
    }
    const int64_t in_image =
        ((height + kTileSide - 1) / kTileSide) * ((width + kTileSide - 1) / kTileSide);
    in = {height, width, in_channels, in_image};
    out = {height, width, out_channels, in_image};
    tiles = images * in_image;
    weight_plane = in_channels * out_channels + kGap;
    in_plane = kBlockTiles * in_channels + kGap;
    out_plane = kBlockTiles * out_channels + kGap;
  }

  bool serial() const {
    return tiles * kTileSide * kTileSide * std::max(in.channels, out.channels) <= kSerialElements;
  }

  // Zeros, the planes of the weights, and planes of a block for every thread.
  int64_t floats(int32_t threads) const {
    return std::max(in.channels, out.channels) + kPlanes * (weight_plane + threads * block());
  }

  int64_t block() const { return in_plane + out_plane; }
};

struct Workspace {
  float* zeros;
  float* weights;
  float* blocks;

  Workspace(const Sizes& sizes, void* memory) {
    const auto address = reinterpret_cast<uintptr_t>(memory);
    zeros = reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
    weights = zeros + std::max(sizes.in.channels, sizes.out.channels);
    blocks = weights + kPlanes * sizes.weight_plane;
    std::memset(zeros, 0, static_cast<size_t>(weights - zeros) * sizeof(float));
  }
};

}  // namespace
}  // namespace potstill

int64_t potstill_convolution_workspace(int64_t images, int64_t height, int64_t width, int64_t in,
                                       int64_t out, int32_t threads) noexcept {
  using namespace potstill;
  int64_t bytes = -1;
  guard("convolution_workspace", [&] {
    require(threads >= 1, "threads must be at least 1");
    const Sizes sizes(images, height, width, in, out);
    int64_t floats = 0;
    if (__builtin_mul_overflow(kPlanes * sizes.block(), threads, &floats) ||
        floats > INT64_MAX / 16) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "the workspace is too large");
    }
    bytes = sizes.floats(threads) * 4 + kAlignment;
  });
  return bytes;
}

int32_t potstill_convolution(const float* x, int64_t images, int64_t height, int64_t width,
                             int64_t in, const float* weight, int32_t transposed, const float* bias,
                             int64_t out, float* y, void* workspace, int64_t workspace_bytes,
                             int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("convolution", [&] {
    const Loops& loops = loops_of(level);
    require(threads >= 1, "threads must be at least 1");
    const Sizes sizes(images, height, width, in, out);
    require_workspace(workspace, workspace_bytes,
                      potstill_convolution_workspace(images, height, width, in, out, threads));
    if (images == 0) return;
    require(x != nullptr && weight != nullptr && y != nullptr, "x, weight or y is NULL");
    const Workspace own(sizes, workspace);
    const TileWeights weights =
        transposed != 0 ? TileWeights{weight, in, out, 9 * out, 9, true}
                        : TileWeights{weight, in, out, 9, 9 * in, false};
    const bool parallel = !sizes.serial();
#pragma omp parallel for num_threads(threads) schedule(static) if (parallel)
    for (int64_t row = 0; row < in; ++row) {
      loops.tile_of_weights(weights, row, sizes.weight_plane, own.weights);
    }
    // Outputs do not depend on the cut: small enough that every thread has its share.
    const int64_t share = (sizes.tiles + threads - 1) / threads;
    const int64_t pieces = (share + kBlockTiles - 1) / kBlockTiles;
    const int64_t length = (share + pieces - 1) / pieces;
    const int64_t blocks = (sizes.tiles + length - 1) / length;
#pragma omp parallel for num_threads(threads) schedule(static) if (parallel)
    for (int64_t block = 0; block < blocks; ++block) {
      float* in_planes = own.blocks + kPlanes * sizes.block() * omp_get_thread_num();
      float* out_planes = in_planes + kPlanes * sizes.in_plane;
      const int64_t first = block * length;
      const int64_t count = std::min(length, sizes.tiles - first);
      for (int64_t t = 0; t < count; ++t) {
        loops.tile_of_input(sizes.in, x, own.zeros, first + t, sizes.in_plane, in_planes + t * in);
      }
      for (int64_t plane = 0; plane < kPlanes; ++plane) {
        loops.multiply({in_planes + plane * sizes.in_plane, in, 1,
                        own.weights + plane * sizes.weight_plane, true,
                        out_planes + plane * sizes.out_plane, count, in, out, false});
      }
      for (int64_t t = 0; t < count; ++t) {
        loops.tile_to_output(sizes.out, out_planes + t * out, sizes.out_plane, bias, first + t, y);
      }
    }
  });
}

int32_t potstill_convolution_weight_gradient(const float* x, int64_t images, int64_t height,
                                             int64_t width, int64_t in, const float* y_gradient,
                                             int64_t out, float* weight_gradient, void* workspace,
                                             int64_t workspace_bytes, int32_t threads,
                                             int32_t level) noexcept {
  using namespace potstill;
  return guard("convolution_weight_gradient", [&] {
    const Loops& loops = loops_of(level);
    require(threads >= 1, "threads must be at least 1");
    const Sizes sizes(images, height, width, in, out);
    require_workspace(workspace, workspace_bytes,
                      potstill_convolution_workspace(images, height, width, in, out, threads));
    require(weight_gradient != nullptr, "weight_gradient is NULL");
    if (images == 0) {
      std::memset(weight_gradient, 0, static_cast<size_t>(9 * in * out) * sizeof(float));
      return;
    }
    require(x != nullptr && y_gradient != nullptr, "x or y_gradient is NULL");
    const Workspace own(sizes, workspace);
    float* in_planes = own.blocks;
    float* out_planes = in_planes + kPlanes * sizes.in_plane;
#pragma omp parallel num_threads(threads) if (!sizes.serial())
    {
      for (int64_t first = 0; first < sizes.tiles; first += kBlockTiles) {
        const int64_t count = std::min(kBlockTiles, sizes.tiles - first);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < count; ++t) {
          loops.tile_of_input(sizes.in, x, own.zeros, first + t, sizes.in_plane, in_planes + t * in);
          loops.tile_of_gradient(sizes.out, y_gradient, own.zeros, first + t, sizes.out_plane,
                                 out_planes + t * out);
        }
#pragma omp for schedule(static)
        for (int64_t plane = 0; plane < kPlanes; ++plane) {
          loops.multiply({in_planes + plane * sizes.in_plane, 1, in,
                          out_planes + plane * sizes.out_plane, false,
                          own.weights + plane * sizes.weight_plane, in, count, out, first > 0});
        }
      }
#pragma omp for schedule(static)
      for (int64_t row = 0; row < in; ++row) {
        loops.tile_to_weights(own.weights + row * out, sizes.weight_plane, out, 9 * in,
                              weight_gradient + 9 * row);
      }
    }
  });
}
