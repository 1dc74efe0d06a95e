// convolution: 3 x 3 or 5 x 5, stride 1, zeros that keep the size, maps with the channels last, by
// Winograd's minimal filtering (Lavin and Gray 2016; simd/winograd.h has the arithmetic).
//
// A tile of 4 x 4 outputs takes 36 multiplications per pair of channels where the direct sum takes
// 144. Tiles become 36 planes (tiles, terms), each is multiplied by the weights' plane (terms,
// out), and the products become outputs; the terms are the channels in. Two orders keep what is
// worked on in the caches:
//
// - By blocks: the weights' planes are made once, and the tiles go by in blocks. With 128 channels
//   the products take two thirds of the time.
// - By chunks, for few tiles and for many weights: a block of tiles stays while the weights go by
//   in chunks of 64 by 64 channels, whose planes are used as soon as they are made. Of 512 by 512
//   channels all planes are 38 MB.
//
// Squares of 5 x 5 become four of 3 x 3, whose sums have four times as many terms (squares.h). Maps
// of few pixels go tap by tap instead (taps.h), and to few channels it goes directly
// (few_channels.h), both by 3 x 3 only; what follows is about tiles.
//
// Of every channel of an image the mean is taken off first, and what it comes to is added to the
// outputs with the bias: tiles round what all their pixels share several times as much as a direct
// sum does, and maps behind a ReLU, or that hardly vary, are mostly that. Pixels outside are 0 less
// the mean, so that one number per image and output makes up for it.
//
// The gradient of the weights goes the same ways, from tiles of the maps to planes (terms, out)
// that become weights, added up over the blocks. How sums are cut depends on the sizes alone, so
// results do not depend on the number of threads.
#include <omp.h>

#include <cstring>

#include "arena.h"
#include "few_channels.h"
#include "loops.h"
#include "partition.h"
#include "squares.h"
#include "status.h"
#include "taps.h"

namespace potstill {
namespace {

// Tiles of a block; a multiple of the runs that sums are cut into, and of the rows of a product.
constexpr int64_t kBlockTiles = 96;

// Pairs of terms and channels out from which on all planes at once leave the caches: by chunks, 512
// by 512 channels are 1.4 times as fast, 256 by 256 as fast, and 128 by 128 slower by a tenth.
constexpr int64_t kManyWeights = int64_t{1} << 17;

// Channels in and out of a chunk of weights.
constexpr int64_t kChunkIn = 64;
constexpr int64_t kChunkOut = 64;

// Room between planes beyond what they hold: the 36 vectors of a tile would fall into one set of a
// cache where planes are a power of 2 apart.
constexpr int64_t kGap = 16;

constexpr int64_t kChunkPlane = kChunkIn * kChunkOut + kGap;
constexpr int64_t kPanelPlane = kBlockTiles * kChunkOut + kGap;

enum class Route { kFewChannels, kTaps, kBlocks, kChunks };

// Some of the terms that a square has.
struct Terms {
  int64_t square;
  int64_t first;
  int64_t count;
};

struct Sizes {
  TileMap in;
  TileMap out;
  Squares squares;
  int64_t terms;  // of a sum: the channels that every square sees
  int64_t images;
  int64_t tiles;  // of all images
  int64_t weight_plane;
  int64_t in_plane;  // of a block
  int64_t out_plane;

  static constexpr int64_t kLargest = int64_t{1} << 40;  // of a product of sizes

  Sizes(int64_t images, int64_t height, int64_t width, int64_t in_channels, int64_t out_channels,
        int64_t side) {
    require(images >= 0 && height >= 0 && width >= 0, "a size is negative");
    require(images == 0 || (height >= 1 && width >= 1), "a map has no position");
    require(Squares::takes(side), "squares are neither of 3 x 3 nor of 5 x 5");
    const bool few = side == 3 && FewChannels::takes(in_channels, out_channels);
    require(in_channels > 0 && out_channels > 0 && in_channels % kRow == 0 &&
                (out_channels % kRow == 0 || few),
            "channels are not multiples of 16");
    squares = {side, in_channels, out_channels};
    const int64_t channels = std::max(in_channels, out_channels);
    int64_t elements = 0;
    if (__builtin_mul_overflow(std::max<int64_t>(height, kTileSide),
                               std::max<int64_t>(width, kTileSide), &elements) ||
        __builtin_mul_overflow(elements, channels, &elements) ||
        __builtin_mul_overflow(elements, std::max<int64_t>(images, 1), &elements) ||
        elements > kLargest || channels > kLargest / kPlanes / squares.count() / channels) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "the maps are too large");
    }
    const int64_t in_image =
        ((height + kTileSide - 1) / kTileSide) * ((width + kTileSide - 1) / kTileSide);
    in = {height, width, in_channels, in_image};
    out = {height, width, out_channels, in_image};
    this->images = images;
    tiles = images * in_image;
    terms = squares.terms();
    weight_plane = terms * out_channels + kGap;
    in_plane = kBlockTiles * terms + kGap;
    out_plane = kBlockTiles * out_channels + kGap;
  }

  Route route() const {
    if (FewChannels::takes(in.channels, out.channels)) return Route::kFewChannels;
    if (squares.side == 3 && TapConvolution::takes(in.height, in.width)) return Route::kTaps;
    const bool many = terms * out.channels >= kManyWeights;
    return tiles <= kBlockTiles || many ? Route::kChunks : Route::kBlocks;
  }

  // Chunks of the terms; none has those of two squares.
  int64_t chunks() const { return squares.count() * chunks_of_square(); }
  Terms chunk(int64_t index) const {
    const int64_t channel = index % chunks_of_square() * kChunkIn;
    const int64_t square = index / chunks_of_square();
    return {square, square * in.channels + channel, std::min(kChunkIn, in.channels - channel)};
  }
  int64_t chunks_of_square() const { return (in.channels + kChunkIn - 1) / kChunkIn; }

  bool serial() const { return tiles * kTileSide * kTileSide * pixel() <= kSerialElements; }

  // Channels of a pixel, and terms or outputs of all images, whichever way the convolution goes.
  int64_t pixel() const { return std::max(in.channels, out.channels); }
  int64_t of_images() const { return images * std::max(terms, out.channels); }
};

// The planes of a block of tiles.
struct Block {
  float* in;
  float* out;

  static Block of(const Sizes& sizes, Arena& arena) {
    return {arena.take<float>(kPlanes * sizes.in_plane),
            arena.take<float>(kPlanes * sizes.out_plane)};
  }
};

// What the threads share of the workspace; NULL what the route does not use.
struct Shared {
  float* zeros;              // a pixel of either map
  float* centres;            // (images, terms)
  float* squares;            // (out, terms, 3, 3); NULL where the weights are of 3 x 3
  Block block = {};          // by chunks
  float* weights = nullptr;  // by blocks: the planes of all
  float* sums = nullptr;     // by blocks: of nine weights each, (terms, out)
  float* shifts = nullptr;   // by blocks: (images, out)

  Shared(const Sizes& sizes, Arena& arena)
      : zeros(arena.take<float>(sizes.pixel())),
        centres(arena.take<float>(sizes.of_images())),
        squares(sizes.squares.packed() == 0 ? nullptr
                                            : arena.take<float>(sizes.squares.packed())) {
    if (sizes.route() == Route::kChunks) {
      block = Block::of(sizes, arena);
    } else {
      weights = arena.take<float>(kPlanes * sizes.weight_plane);
      sums = arena.take<float>(sizes.terms * sizes.out.channels);
      shifts = arena.take<float>(sizes.of_images());
    }
  }
};

// What a thread has for itself; NULL what the route does not use.
struct Own {
  Block block = {};           // by blocks
  float* weights = nullptr;   // by chunks: the planes of one, and below what belongs to it
  float* products = nullptr;  // planes (tiles of a block, columns)
  float* sums = nullptr;      // (rows, columns)
  float* shifts = nullptr;    // (images of a block, columns)

  Own(const Sizes& sizes, Arena& arena) {
    if (sizes.route() == Route::kChunks) {
      weights = arena.take<float>(kPlanes * kChunkPlane);
      products = arena.take<float>(kPlanes * kPanelPlane);
      sums = arena.take<float>(kChunkIn * kChunkOut);
      shifts = arena.take<float>(kBlockTiles * kChunkOut);
    } else {
      block = Block::of(sizes, arena);
    }
  }
};

// The workspace of a convolution by tiles; without memory it measures.
struct Workspace {
  const Sizes& sizes;
  Arena arena;
  Shared shared;
  char* threads;

  Workspace(const Sizes& of, void* memory)
      : sizes(of),
        arena(Arena::aligned(memory)),
        shared(of, arena),
        threads(static_cast<char*>(memory) + arena.used()) {}

  int64_t own_bytes() const {
    Arena measured(nullptr);
    Own(sizes, measured);
    return measured.used();
  }

  int64_t bytes(int32_t count) const { return workspace_of(arena.used(), own_bytes(), count); }

  Own of_thread(int thread) const {
    Arena own(Arena::aligned(threads + thread * own_bytes()));
    return Own(sizes, own);
  }
  Own own() const { return of_thread(omp_get_thread_num()); }
};

// The convolution; weights that are flipped and turned around make it that of the gradient.
struct Forward {
  const Loops& loops;
  const Sizes& sizes;
  const Workspace& memory;
  const float* x;
  const TileWeights& weights;
  const float* bias;
  float* y;
  int32_t threads;

  void run() const {
    if (sizes.route() == Route::kChunks) {
      by_chunks();
    } else {
      by_blocks();
    }
  }

  // What is added to the outputs of an image, (out): what its centre comes to, and the bias. The
  // sums of nine weights are (terms, columns).
  void shifts(int64_t image, int64_t images, int64_t first_term, int64_t terms, const float* sums,
              int64_t columns, bool add, float* into) const {
    const float* centres = memory.shared.centres + image * sizes.terms + first_term;
    loops.multiply({LeftFactor::by_rows(centres, sizes.terms),
                    RightFactor::by_terms(sums, columns),
                    {into, columns, add},
                    {images, terms, columns}});
  }

  void add_bias(int64_t images, int64_t column, int64_t columns, float* into) const {
    if (bias == nullptr) return;
    for (int64_t i = 0; i < images; ++i) {
      for (int64_t c = 0; c < columns; ++c) into[i * columns + c] += bias[column + c];
    }
  }

  void by_blocks() const {
    const int64_t in = sizes.in.channels, terms = sizes.terms, out = sizes.out.channels;
    const Shared& shared = memory.shared;
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static) nowait
      for (int64_t row = 0; row < terms; ++row) {
        loops.tile_of_weights(weights, row, sizes.weight_plane, shared.weights,
                              shared.sums + row * out);
      }
#pragma omp for schedule(static)
      for (int64_t image = 0; image < sizes.images; ++image) centre(image);
#pragma omp for schedule(static)
      for (int64_t image = 0; image < sizes.images; ++image) {
        float* shift = shared.shifts + image * out;
        // As by chunks: sums are cut where a square ends.
        for (int64_t square = 0; square < sizes.squares.count(); ++square) {
          const int64_t term = square * in;
          shifts(image, 1, term, in, shared.sums + term * out, out, square > 0, shift);
        }
        add_bias(1, 0, out, shift);
      }
    }
    // Outputs do not depend on the cut: small enough that every thread has its share.
    const int64_t share = (sizes.tiles + threads - 1) / threads;
    const int64_t pieces = (share + kBlockTiles - 1) / kBlockTiles;
    const int64_t length = (share + pieces - 1) / pieces;
    const int64_t blocks = (sizes.tiles + length - 1) / length;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t block = 0; block < blocks; ++block) {
      const Block planes = memory.own().block;
      const int64_t first = block * length;
      const int64_t count = std::min(length, sizes.tiles - first);
      for (int64_t t = 0; t < count; ++t) tile_of_input(first + t, planes.in + t * terms);
      for (int64_t plane = 0; plane < kPlanes; ++plane) {
        for (int64_t square = 0; square < sizes.squares.count(); ++square) {
          if (!Squares::sees(square, plane)) continue;
          const int64_t term = square * in;
          const float* weights_of_plane = shared.weights + plane * sizes.weight_plane;
          loops.multiply({LeftFactor::by_rows(planes.in + plane * sizes.in_plane + term, terms),
                          RightFactor::in_panels(weights_of_plane, terms, term),
                          {planes.out + plane * sizes.out_plane, out, square > 0},
                          {count, in, out}});
        }
      }
      for (int64_t t = 0; t < count; ++t) {
        const int64_t image = (first + t) / sizes.in.tiles;
        loops.tile_to_output(sizes.out, out, planes.out + t * out, sizes.out_plane,
                             shared.shifts + image * out, first + t, y);
      }
    }
  }

  void by_chunks() const {
    const int64_t terms = sizes.terms, out = sizes.out.channels;
    const int64_t blocks = (sizes.tiles + kBlockTiles - 1) / kBlockTiles;
    const int64_t length = (sizes.tiles + blocks - 1) / blocks;
#pragma omp parallel num_threads(threads) if (!sizes.serial())
    {
#pragma omp for schedule(static)
      for (int64_t image = 0; image < sizes.images; ++image) centre(image);
      for (int64_t first = 0; first < sizes.tiles; first += length) {
        const int64_t count = std::min(length, sizes.tiles - first);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < count; ++t) {
          tile_of_input(first + t, memory.shared.block.in + t * terms);
        }
#pragma omp for schedule(static)
        for (int64_t column = 0; column < out; column += kChunkOut) panel(first, count, column);
      }
    }
  }

  // Some channels of the output of a block whose planes are made.
  void panel(int64_t first, int64_t count, int64_t column) const {
    const int64_t terms = sizes.terms;
    const int64_t columns = std::min(kChunkOut, sizes.out.channels - column);
    const int64_t image = first / sizes.in.tiles;
    const int64_t images = (first + count - 1) / sizes.in.tiles - image + 1;
    const Own own = memory.own();
    for (int64_t index = 0; index < sizes.chunks(); ++index) {
      const auto [square, row, rows] = sizes.chunk(index);
      const TileWeights part = weights.part(row, rows, column, columns);
      for (int64_t r = 0; r < rows; ++r) {
        loops.tile_of_weights(part, r, kChunkPlane, own.weights, own.sums + r * columns);
      }
      shifts(image, images, row, rows, own.sums, columns, row > 0, own.shifts);
      const float* tiles = memory.shared.block.in + row;
      for (int64_t plane = 0; plane < kPlanes; ++plane) {
        if (!Squares::sees(square, plane)) continue;
        loops.multiply({LeftFactor::by_rows(tiles + plane * sizes.in_plane, terms),
                        RightFactor::in_panels(own.weights + plane * kChunkPlane, rows),
                        {own.products + plane * kPanelPlane, columns, row > 0},
                        {count, rows, columns}});
      }
    }
    add_bias(images, column, columns, own.shifts);
    for (int64_t t = 0; t < count; ++t) {
      const int64_t of = (first + t) / sizes.in.tiles - image;
      loops.tile_to_output(sizes.out, columns, own.products + t * columns, kPanelPlane,
                           own.shifts + of * columns, first + t, y + column);
    }
  }

  // The centre of an image, for every square anew.
  void centre(int64_t image) const {
    const TileMap& map = sizes.in;
    float* centre = memory.shared.centres + image * sizes.terms;
    loops.centre_of(map, x + image * map.height * map.width * map.channels, centre);
    for (int64_t square = 1; square < sizes.squares.count(); ++square) {
      std::copy_n(centre, map.channels, centre + square * map.channels);
    }
  }

  void tile_of_input(int64_t tile, float* planes) const {
    const Shared& shared = memory.shared;
    const float* centre = shared.centres + tile / sizes.in.tiles * sizes.terms;
    for (int64_t square = 0; square < sizes.squares.count(); ++square) {
      loops.tile_of_input(sizes.in, x, shared.zeros, centre, sizes.squares.margin(square), tile,
                          sizes.in_plane, planes + square * sizes.in.channels);
    }
  }
};

struct WeightGradient {
  const Loops& loops;
  const Sizes& sizes;
  const Workspace& memory;
  const float* x;
  const float* y_gradient;
  float* weight_gradient;
  int32_t threads;

  void run() const {
    if (sizes.route() == Route::kChunks) {
      by_chunks();
    } else {
      by_blocks();
    }
    if (sizes.squares.packed() == 0) return;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t output = 0; output < sizes.out.channels; ++output) {
      sizes.squares.unpack(memory.shared.squares, output, weight_gradient);
    }
  }

  float* squares() const {
    return sizes.squares.packed() == 0 ? weight_gradient : memory.shared.squares;
  }

  // Tile first + t as number t of a block, no mean taken off.
  void tiles(int64_t first, int64_t t, const Block& planes) const {
    const float* zeros = memory.shared.zeros;
    for (int64_t square = 0; square < sizes.squares.count(); ++square) {
      loops.tile_of_input(sizes.in, x, zeros, zeros, sizes.squares.margin(square), first + t,
                          sizes.in_plane, planes.in + t * sizes.terms + square * sizes.in.channels);
    }
    loops.tile_of_gradient(sizes.out, y_gradient, zeros, first + t, sizes.out_plane,
                           planes.out + t * sizes.out.channels);
  }

  void by_blocks() const {
    const int64_t in = sizes.in.channels, terms = sizes.terms, out = sizes.out.channels;
    const Block planes = memory.of_thread(0).block;  // used by all
    float* weights = memory.shared.weights;
#pragma omp parallel num_threads(threads)
    {
      for (int64_t first = 0; first < sizes.tiles; first += kBlockTiles) {
        const int64_t count = std::min(kBlockTiles, sizes.tiles - first);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < count; ++t) tiles(first, t, planes);
#pragma omp for schedule(static)
        for (int64_t plane = 0; plane < kPlanes; ++plane) {
          for (int64_t square = 0; square < sizes.squares.count(); ++square) {
            if (!Squares::sees(square, plane)) continue;
            const int64_t term = square * in;
            loops.multiply(
                {LeftFactor::by_terms(planes.in + plane * sizes.in_plane + term, terms),
                 RightFactor::by_terms(planes.out + plane * sizes.out_plane, out),
                 {weights + plane * sizes.weight_plane + term * out, out, first > 0},
                 {in, count, out}});
          }
        }
      }
#pragma omp for schedule(static)
      for (int64_t row = 0; row < terms; ++row) {
        loops.tile_to_weights(weights + row * out, sizes.weight_plane, out, 9 * terms, false,
                              squares() + 9 * row);
      }
    }
  }

  void by_chunks() const {
    const int64_t terms = sizes.terms, out = sizes.out.channels;
    const Block& planes = memory.shared.block;
#pragma omp parallel num_threads(threads) if (!sizes.serial())
    {
      float* weights = memory.own().weights;
      for (int64_t first = 0; first < sizes.tiles; first += kBlockTiles) {
        const int64_t count = std::min(kBlockTiles, sizes.tiles - first);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < count; ++t) tiles(first, t, planes);
#pragma omp for collapse(2) schedule(static)
        for (int64_t column = 0; column < out; column += kChunkOut) {
          for (int64_t index = 0; index < sizes.chunks(); ++index) {
            const int64_t columns = std::min(kChunkOut, out - column);
            const auto [square, row, rows] = sizes.chunk(index);
            for (int64_t plane = 0; plane < kPlanes; ++plane) {
              if (!Squares::sees(square, plane)) continue;
              loops.multiply(
                  {LeftFactor::by_terms(planes.in + plane * sizes.in_plane + row, terms),
                   RightFactor::by_terms(planes.out + plane * sizes.out_plane + column, out),
                   {weights + plane * kChunkPlane, columns, false},
                   {rows, count, columns}});
            }
            for (int64_t r = 0; r < rows; ++r) {
              loops.tile_to_weights(weights + r * columns, kChunkPlane, columns, 9 * terms,
                                    first > 0, squares() + 9 * (column * terms + row + r));
            }
          }
        }
      }
    }
  }
};

// -1 where they are too many.
int64_t workspace_bytes_of(const Sizes& sizes, int32_t threads) {
  constexpr int64_t kFloat = sizeof(float);
  switch (sizes.route()) {
    case Route::kFewChannels:
      return workspace_of(Arena(nullptr).used() + kFloat * FewChannels::shared(sizes.in.channels),
                          kFloat * FewChannels::of_thread(sizes.in.width), threads);
    case Route::kTaps:
      return workspace_of(Arena(nullptr).used(),
                          kFloat * TapConvolution::of_thread(sizes.in.height, sizes.in.width),
                          threads);
    default:
      return Workspace(sizes, nullptr).bytes(threads);
  }
}

Workspace zeroed(const Sizes& sizes, void* workspace) {
  const Workspace memory(sizes, workspace);
  std::fill_n(memory.shared.zeros, sizes.pixel(), 0.0f);
  return memory;
}

TileWeights packed(const Sizes& sizes, const float* weight, bool transposed, int32_t threads,
                   const Workspace& memory) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t output = 0; output < sizes.out.channels; ++output) {
    sizes.squares.pack(weight, transposed, output, memory.shared.squares);
  }
  const int64_t terms = sizes.terms;
  return {memory.shared.squares, terms, sizes.out.channels, kTaps, kTaps * terms, false};
}

// Where FewChannels and TapConvolution begin.
float* aligned(void* workspace) { return static_cast<float*>(Arena::aligned(workspace)); }

}  // namespace
}  // namespace potstill

int64_t potstill_convolution_workspace(int64_t images, int64_t height, int64_t width, int64_t in,
                                       int64_t out, int64_t side, int32_t threads) noexcept {
  using namespace potstill;
  int64_t bytes = -1;
  guard("convolution_workspace", [&] {
    require_threads(threads);
    bytes = workspace_bytes_of(Sizes(images, height, width, in, out, side), threads);
  });
  return bytes;
}

int32_t potstill_convolution(const float* x, int64_t images, int64_t height, int64_t width,
                             int64_t in, const float* weight, int64_t side, int32_t transposed,
                             const float* bias, int64_t out, float* y, void* workspace,
                             int64_t workspace_bytes, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("convolution", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    const Sizes sizes(images, height, width, in, out, side);
    require_workspace(workspace, workspace_bytes, workspace_bytes_of(sizes, threads));
    if (images == 0) return;
    require(x != nullptr && weight != nullptr && y != nullptr, "x, weight or y is NULL");
    const TileWeights weights =
        transposed != 0 ? TileWeights{weight, in, out, 9 * out, 9, true}
                        : TileWeights{weight, in, out, 9, 9 * in, false};
    switch (sizes.route()) {
      case Route::kFewChannels:
        return FewChannels{loops, images, height, width, in, out}.forward(
            x, weights, bias, y, aligned(workspace), threads);
      case Route::kTaps:
        return TapConvolution{loops, images, height, width, in, out}.forward(
            x, weights, bias, y, aligned(workspace), threads);
      default:
        const Workspace memory = zeroed(sizes, workspace);
        const TileWeights squares =
            side == 3 ? weights : packed(sizes, weight, transposed != 0, threads, memory);
        Forward{loops, sizes, memory, x, squares, bias, y, threads}.run();
    }
  });
}

int32_t potstill_convolution_weight_gradient(const float* x, int64_t images, int64_t height,
                                             int64_t width, int64_t in, const float* y_gradient,
                                             int64_t out, int64_t side, float* weight_gradient,
                                             void* workspace, int64_t workspace_bytes,
                                             int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("convolution_weight_gradient", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    const Sizes sizes(images, height, width, in, out, side);
    require(sizes.route() != Route::kFewChannels, "channels are not multiples of 16");
    require_workspace(workspace, workspace_bytes, workspace_bytes_of(sizes, threads));
    require(weight_gradient != nullptr, "weight_gradient is NULL");
    if (images == 0) {
      std::memset(weight_gradient, 0, static_cast<size_t>(side * side * in * out) * sizeof(float));
      return;
    }
    require(x != nullptr && y_gradient != nullptr, "x or y_gradient is NULL");
    if (sizes.route() == Route::kTaps) {
      return TapConvolution{loops, images, height, width, in, out}.weight_gradient(
          x, y_gradient, weight_gradient, aligned(workspace), threads);
    }
    const Workspace memory = zeroed(sizes, workspace);
    WeightGradient{loops, sizes, memory, x, y_gradient, weight_gradient, threads}.run();
  });
}
