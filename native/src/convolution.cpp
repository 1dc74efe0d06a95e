// convolution: 3 x 3, stride 1, a zero around every map, maps with the channels last, by Winograd's
// minimal filtering (Lavin and Gray 2016; simd/winograd.h has the arithmetic).
//
// A tile of 4 x 4 outputs takes 36 multiplications per pair of channels where the direct sum takes 144.
// Tiles become 36 planes (tiles, in), each is multiplied by the weights' plane (in, out), and the
// products become outputs. Two orders keep what is worked on in the caches:
//
// - By blocks: the weights' planes are made once, and the tiles go by in blocks. With 128 channels the
//   products take two thirds of the time.
// - By chunks, for few tiles and for many weights: a block of tiles stays while the weights go by in
//   chunks of 64 by 64 channels, whose planes are used as soon as they are made. Of 512 by 512 channels
//   all planes are 38 MB.
//
// Maps of few pixels go tap by tap instead (taps.h), and to few channels it goes directly
// (few_channels.h); what follows is about tiles.
//
// Of every channel of an image the mean is taken off first, and what it comes to is added to the outputs
// with the bias: tiles round what all their pixels share several times as much as a direct sum does, and
// maps behind a ReLU, or that hardly vary, are mostly that. Pixels outside are 0 less the mean, so that
// one number per image and output makes up for it.
//
// The gradient of the weights goes the same ways, from tiles of the maps to planes (in, out) that become
// weights, added up over the blocks. How sums are cut depends on the sizes alone, so results do not
// depend on the number of threads.
#include <omp.h>

#include <cstring>

#include "few_channels.h"
#include "loops.h"
#include "partition.h"
#include "status.h"
#include "taps.h"

namespace potstill {
namespace {

// Tiles of a block; a multiple of the runs that sums are cut into, and of the rows of a product.
constexpr int64_t kBlockTiles = 96;

// Pairs of channels from which on all planes at once leave the caches: by chunks, 512 by 512 channels are
// 1.4 times as fast, 256 by 256 as fast, and 128 by 128 slower by a tenth.
constexpr int64_t kManyWeights = int64_t{1} << 17;

// Channels in and out of a chunk of weights.
constexpr int64_t kChunkIn = 64;
constexpr int64_t kChunkOut = 64;

// Room between planes beyond what they hold: the 36 vectors of a tile would fall into one set of a
// cache where planes are a power of 2 apart.
constexpr int64_t kGap = 16;

constexpr int64_t kAlignment = 64;  // bytes

constexpr int64_t kChunkPlane = kChunkIn * kChunkOut + kGap;
constexpr int64_t kPanelPlane = kBlockTiles * kChunkOut + kGap;

struct Sizes {
  TileMap in;
  TileMap out;
  int64_t images;
  int64_t tiles;  // of all images
  int64_t weight_plane;
  int64_t in_plane;  // of a block
  int64_t out_plane;

  static constexpr int64_t kLargest = int64_t{1} << 40;  // of a product of sizes

  Sizes(int64_t images, int64_t height, int64_t width, int64_t in_channels, int64_t out_channels) {
    require(images >= 0 && height >= 0 && width >= 0, "a size is negative");
    require(images == 0 || (height >= 1 && width >= 1), "a map has no position");
    require(in_channels > 0 && out_channels > 0 && in_channels % kRow == 0 &&
                (out_channels % kRow == 0 || FewChannels::takes(in_channels, out_channels)),
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
    this->images = images;
    tiles = images * in_image;
    weight_plane = in_channels * out_channels + kGap;
    in_plane = kBlockTiles * in_channels + kGap;
    out_plane = kBlockTiles * out_channels + kGap;
  }

  // Whether the weights' planes are made chunk by chunk, anew for every block.
  bool by_chunks() const {
    return tiles <= kBlockTiles || in.channels * out.channels >= kManyWeights;
  }

  bool serial() const {
    return tiles * kTileSide * kTileSide * std::max(in.channels, out.channels) <= kSerialElements;
  }

  int64_t zeros() const { return std::max(in.channels, out.channels); }

  int64_t block() const { return kPlanes * (in_plane + out_plane); }

  // What every thread has for itself, and what they share besides.
  int64_t of_thread() const {
    return by_chunks() ? kPlanes * (kChunkPlane + kPanelPlane) + kChunkIn * kChunkOut +
                             kBlockTiles * kChunkOut
                       : block();
  }
  int64_t shared() const {
    return zeros() + of_images() +
           (by_chunks() ? block()
                        : kPlanes * weight_plane + in.channels * out.channels + of_images());
  }

  // Channels of all images, whichever way the convolution goes.
  int64_t of_images() const { return images * std::max(in.channels, out.channels); }
};

float* aligned(void* memory) {
  const auto address = reinterpret_cast<uintptr_t>(memory);
  return reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

// Memory for one call, from the first aligned address on: zeros, what the threads share, what each has.
struct Workspace {
  float* zeros;
  float* centres;  // (images, in)
  float* shared;
  float* threads;

  Workspace(const Sizes& sizes, void* memory) {
    zeros = aligned(memory);
    centres = zeros + sizes.zeros();
    shared = centres + sizes.of_images();
    threads = zeros + sizes.shared();
    std::memset(zeros, 0, static_cast<size_t>(sizes.zeros()) * sizeof(float));
  }

  float* of_thread(const Sizes& sizes) const {
    return threads + sizes.of_thread() * omp_get_thread_num();
  }
};

// The convolution; weights that are flipped and turned around make it that of the gradient.
struct Forward {
  const Loops& loops;
  const Sizes& sizes;
  const Workspace& own;
  const float* x;
  const TileWeights& weights;
  const float* bias;
  float* y;
  int32_t threads;

  void run() const {
    if (sizes.by_chunks()) {
      by_chunks();
    } else {
      by_blocks();
    }
  }

  // What is added to the outputs of an image, (out): what its centre comes to, and the bias. The sums
  // of nine weights are (terms, columns).
  void shifts(int64_t image, int64_t images, int64_t first_term, int64_t terms, const float* sums,
              int64_t columns, bool add, float* into) const {
    const int64_t in = sizes.in.channels;
    loops.multiply({own.centres + image * in + first_term, in, 1, sums, columns, into, columns, images,
                    terms, columns, add});
  }

  void add_bias(int64_t images, int64_t column, int64_t columns, float* into) const {
    if (bias == nullptr) return;
    for (int64_t i = 0; i < images; ++i) {
      for (int64_t c = 0; c < columns; ++c) into[i * columns + c] += bias[column + c];
    }
  }

  void by_blocks() const {
    const int64_t in = sizes.in.channels, out = sizes.out.channels;
    float* sums = own.shared + kPlanes * sizes.weight_plane;
    float* shift = sums + in * out;
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static) nowait
      for (int64_t row = 0; row < in; ++row) {
        loops.tile_of_weights(weights, row, sizes.weight_plane, own.shared, sums + row * out);
      }
#pragma omp for schedule(static)
      for (int64_t image = 0; image < sizes.images; ++image) centre(image);
#pragma omp for schedule(static)
      for (int64_t image = 0; image < sizes.images; ++image) {
        shifts(image, 1, 0, in, sums, out, false, shift + image * out);
        add_bias(1, 0, out, shift + image * out);
      }
    }
    // Outputs do not depend on the cut: small enough that every thread has its share.
    const int64_t share = (sizes.tiles + threads - 1) / threads;
    const int64_t pieces = (share + kBlockTiles - 1) / kBlockTiles;
    const int64_t length = (share + pieces - 1) / pieces;
    const int64_t blocks = (sizes.tiles + length - 1) / length;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t block = 0; block < blocks; ++block) {
      float* in_planes = own.of_thread(sizes);
      float* out_planes = in_planes + kPlanes * sizes.in_plane;
      const int64_t first = block * length;
      const int64_t count = std::min(length, sizes.tiles - first);
      for (int64_t t = 0; t < count; ++t) {
        tile_of_input(first + t, in_planes + t * in);
      }
      for (int64_t plane = 0; plane < kPlanes; ++plane) {
        loops.multiply({in_planes + plane * sizes.in_plane, in, 1,
                        own.shared + plane * sizes.weight_plane, 0,
                        out_planes + plane * sizes.out_plane, out, count, in, out, false});
      }
      for (int64_t t = 0; t < count; ++t) {
        const int64_t image = (first + t) / sizes.in.tiles;
        loops.tile_to_output(sizes.out, out, out_planes + t * out, sizes.out_plane,
                             shift + image * out, first + t, y);
      }
    }
  }

  void by_chunks() const {
    const int64_t in = sizes.in.channels, out = sizes.out.channels;
    const int64_t blocks = (sizes.tiles + kBlockTiles - 1) / kBlockTiles;
    const int64_t length = (sizes.tiles + blocks - 1) / blocks;
#pragma omp parallel num_threads(threads) if (!sizes.serial())
    {
#pragma omp for schedule(static)
      for (int64_t image = 0; image < sizes.images; ++image) centre(image);
      for (int64_t first = 0; first < sizes.tiles; first += length) {
        const int64_t count = std::min(length, sizes.tiles - first);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < count; ++t) tile_of_input(first + t, own.shared + t * in);
#pragma omp for schedule(static)
        for (int64_t column = 0; column < out; column += kChunkOut) panel(first, count, column);
      }
    }
  }

  // Some channels of the output of a block whose planes are made.
  void panel(int64_t first, int64_t count, int64_t column) const {
    const int64_t in = sizes.in.channels;
    const int64_t columns = std::min(kChunkOut, sizes.out.channels - column);
    const int64_t image = first / sizes.in.tiles;
    const int64_t images = (first + count - 1) / sizes.in.tiles - image + 1;
    float* chunk = own.of_thread(sizes);
    float* products = chunk + kPlanes * kChunkPlane;
    float* sums = products + kPlanes * kPanelPlane;
    float* shift = sums + kChunkIn * kChunkOut;
    for (int64_t row = 0; row < in; row += kChunkIn) {
      const int64_t rows = std::min(kChunkIn, in - row);
      const TileWeights part = weights.part(row, rows, column, columns);
      for (int64_t r = 0; r < rows; ++r) {
        loops.tile_of_weights(part, r, kChunkPlane, chunk, sums + r * columns);
      }
      shifts(image, images, row, rows, sums, columns, row > 0, shift);
      for (int64_t plane = 0; plane < kPlanes; ++plane) {
        loops.multiply({own.shared + plane * sizes.in_plane + row, in, 1,
                        chunk + plane * kChunkPlane, 0, products + plane * kPanelPlane, columns, count,
                        rows, columns, row > 0});
      }
    }
    add_bias(images, column, columns, shift);
    for (int64_t t = 0; t < count; ++t) {
      const int64_t of = (first + t) / sizes.in.tiles - image;
      loops.tile_to_output(sizes.out, columns, products + t * columns, kPanelPlane,
                           shift + of * columns, first + t, y + column);
    }
  }

  void centre(int64_t image) const {
    const TileMap& map = sizes.in;
    loops.centre_of(map, x + image * map.height * map.width * map.channels,
                    own.centres + image * map.channels);
  }

  void tile_of_input(int64_t tile, float* planes) const {
    const float* centre = own.centres + tile / sizes.in.tiles * sizes.in.channels;
    loops.tile_of_input(sizes.in, x, own.zeros, centre, tile, sizes.in_plane, planes);
  }
};

struct WeightGradient {
  const Loops& loops;
  const Sizes& sizes;
  const Workspace& own;
  const float* x;
  const float* y_gradient;
  float* weight_gradient;
  int32_t threads;

  void run() const {
    if (sizes.by_chunks()) {
      by_chunks();
    } else {
      by_blocks();
    }
  }

  void tiles(int64_t first, int64_t t, float* in_planes, float* out_planes) const {
    loops.tile_of_input(sizes.in, x, own.zeros, own.zeros, first + t, sizes.in_plane,
                        in_planes + t * sizes.in.channels);
    loops.tile_of_gradient(sizes.out, y_gradient, own.zeros, first + t, sizes.out_plane,
                           out_planes + t * sizes.out.channels);
  }

  void by_blocks() const {
    const int64_t in = sizes.in.channels, out = sizes.out.channels;
    float* in_planes = own.threads;  // of the first thread, used by all
    float* out_planes = in_planes + kPlanes * sizes.in_plane;
#pragma omp parallel num_threads(threads)
    {
      for (int64_t first = 0; first < sizes.tiles; first += kBlockTiles) {
        const int64_t count = std::min(kBlockTiles, sizes.tiles - first);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < count; ++t) tiles(first, t, in_planes, out_planes);
#pragma omp for schedule(static)
        for (int64_t plane = 0; plane < kPlanes; ++plane) {
          loops.multiply({in_planes + plane * sizes.in_plane, 1, in,
                          out_planes + plane * sizes.out_plane, out,
                          own.shared + plane * sizes.weight_plane, out, in, count, out, first > 0});
        }
      }
#pragma omp for schedule(static)
      for (int64_t row = 0; row < in; ++row) {
        loops.tile_to_weights(own.shared + row * out, sizes.weight_plane, out, 9 * in, false,
                              weight_gradient + 9 * row);
      }
    }
  }

  void by_chunks() const {
    const int64_t in = sizes.in.channels, out = sizes.out.channels;
    float* in_planes = own.shared;
    float* out_planes = in_planes + kPlanes * sizes.in_plane;
#pragma omp parallel num_threads(threads) if (!sizes.serial())
    {
      float* chunk = own.of_thread(sizes);
      for (int64_t first = 0; first < sizes.tiles; first += kBlockTiles) {
        const int64_t count = std::min(kBlockTiles, sizes.tiles - first);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < count; ++t) tiles(first, t, in_planes, out_planes);
#pragma omp for collapse(2) schedule(static)
        for (int64_t column = 0; column < out; column += kChunkOut) {
          for (int64_t row = 0; row < in; row += kChunkIn) {
            const int64_t columns = std::min(kChunkOut, out - column);
            const int64_t rows = std::min(kChunkIn, in - row);
            for (int64_t plane = 0; plane < kPlanes; ++plane) {
              loops.multiply({in_planes + plane * sizes.in_plane + row, 1, in,
                              out_planes + plane * sizes.out_plane + column, out,
                              chunk + plane * kChunkPlane, columns, rows, count, columns, false});
            }
            for (int64_t r = 0; r < rows; ++r) {
              loops.tile_to_weights(chunk + r * columns, kChunkPlane, columns, 9 * in, first > 0,
                                    weight_gradient + 9 * (column * in + row + r));
            }
          }
        }
      }
    }
  }
};

}  // namespace
}  // namespace potstill

int64_t potstill_convolution_workspace(int64_t images, int64_t height, int64_t width, int64_t in,
                                       int64_t out, int32_t threads) noexcept {
  using namespace potstill;
  int64_t bytes = -1;
  guard("convolution_workspace", [&] {
    require_threads(threads);
    const Sizes sizes(images, height, width, in, out);
    int64_t shared = 0, of_thread = 0, floats = 0;
    if (FewChannels::takes(in, out)) {
      shared = FewChannels::shared(in);
      of_thread = FewChannels::of_thread(width);
    } else if (TapConvolution::takes(height, width)) {
      of_thread = TapConvolution::of_thread(height, width);
    } else {
      shared = sizes.shared();
      of_thread = sizes.of_thread();
    }
    if (__builtin_mul_overflow(of_thread, threads, &floats) || floats > INT64_MAX / 16) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "the workspace is too large");
    }
    bytes = (shared + floats) * 4 + kAlignment;
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
    require_threads(threads);
    const Sizes sizes(images, height, width, in, out);
    require_workspace(workspace, workspace_bytes,
                      potstill_convolution_workspace(images, height, width, in, out, threads));
    if (images == 0) return;
    require(x != nullptr && weight != nullptr && y != nullptr, "x, weight or y is NULL");
    const TileWeights weights =
        transposed != 0 ? TileWeights{weight, in, out, 9 * out, 9, true}
                        : TileWeights{weight, in, out, 9, 9 * in, false};
    if (FewChannels::takes(in, out)) {
      const FewChannels few{loops, images, height, width, in, out};
      few.forward(x, weights, bias, y, aligned(workspace), threads);
      return;
    }
    if (TapConvolution::takes(height, width)) {
      const TapConvolution taps{loops, images, height, width, in, out};
      taps.forward(x, weights, bias, y, aligned(workspace), threads);
      return;
    }
    const Workspace own(sizes, workspace);
    Forward{loops, sizes, own, x, weights, bias, y, threads}.run();
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
    require_threads(threads);
    const Sizes sizes(images, height, width, in, out);
    require(!FewChannels::takes(in, out), "channels are not multiples of 16");
    require_workspace(workspace, workspace_bytes,
                      potstill_convolution_workspace(images, height, width, in, out, threads));
    require(weight_gradient != nullptr, "weight_gradient is NULL");
    if (images == 0) {
      std::memset(weight_gradient, 0, static_cast<size_t>(9 * in * out) * sizeof(float));
      return;
    }
    require(x != nullptr && y_gradient != nullptr, "x or y_gradient is NULL");
    if (TapConvolution::takes(height, width)) {
      const TapConvolution taps{loops, images, height, width, in, out};
      taps.weight_gradient(x, y_gradient, weight_gradient, aligned(workspace), threads);
      return;
    }
    const Workspace own(sizes, workspace);
    WeightGradient{loops, sizes, own, x, y_gradient, weight_gradient, threads}.run();
  });
}
