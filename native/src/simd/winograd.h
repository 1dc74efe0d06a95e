// A 3 x 3 convolution of stride 1 by Winograd's minimal filtering (Lavin and Gray 2016), F(4 x 4,
// 3 x 3), for the level being compiled. The points are 0, 5/8, -5/8, 3/2, -3/2 and infinity: of the
// dyadic ones that were tried these round least, half as much as 0, 1, -1, 2, -2 (Barabasz et al.
// 2020 on the choice). With B, G and A the matrices of these points, d a tile of 6 x 6, g the
// weights:
//
//   output = A' (G g G' * B' d B) A,   gradient of g = G' (sum over tiles of A y A' * B' d B) G
//
// where * is by element and becomes, over channels and tiles, one product of matrices per element: 36
// planes. A plane lies `plane` floats after the one before; the caller chooses that so that the 36
// stores of a tile don't meet in one set of a cache.
#ifndef POTSTILL_SIMD_WINOGRAD_H
#define POTSTILL_SIMD_WINOGRAD_H

#include "../loops.h"
#include "vec.h"

namespace potstill {
namespace POTSTILL_LEVEL {
namespace {

constexpr float kA = 0.625f, kB = 1.5f;  // the points besides 0 and infinity, and their negatives
constexpr float kA2 = kA * kA, kB2 = kB * kB;
constexpr float kA3 = kA2 * kA, kB3 = kB2 * kB;
constexpr float kSum = kA2 + kB2, kProduct = kA2 * kB2;
// One over the product of a point's differences to the others.
constexpr float kN0 = 1 / kProduct;
constexpr float kNA = 1 / (2 * kA2 * (kA2 - kB2));
constexpr float kNB = 1 / (2 * kB2 * (kB2 - kA2));

// B' d.
struct ToTile {
  static void apply(const Floats* d, Floats* out) {
    const Floats even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
    const Floats even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
    out[0] = d[4] - kSum * d[2] + kProduct * d[0];
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = d[5] - kSum * d[3] + kProduct * d[1];
  }
};

// A' m.
struct FromTile {
  static void apply(const Floats* m, Floats* out) {
    const Floats even_a = m[1] + m[2], odd_a = m[1] - m[2];
    const Floats even_b = m[3] + m[4], odd_b = m[3] - m[4];
    out[0] = m[0] + even_a + even_b;
    out[1] = kA * odd_a + kB * odd_b;
    out[2] = kA2 * even_a + kB2 * even_b;
    out[3] = kA3 * odd_a + kB3 * odd_b + m[5];
  }
};

// A y.
struct SpreadTile {
  static void apply(const Floats* y, Floats* out) {
    const Floats even_a = y[0] + kA2 * y[2], odd_a = kA * y[1] + kA3 * y[3];
    const Floats even_b = y[0] + kB2 * y[2], odd_b = kB * y[1] + kB3 * y[3];
    out[0] = y[0];
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = y[3];
  }
};

// G g.
struct ToWeights {
  static void apply(const Floats* g, Floats* out) {
    const Floats even_a = kNA * g[0] + (kNA * kA2) * g[2], odd_a = (kNA * kA) * g[1];
    const Floats even_b = kNB * g[0] + (kNB * kB2) * g[2], odd_b = (kNB * kB) * g[1];
    out[0] = kN0 * g[0];
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = g[2];
  }
};

// G' c.
struct FromWeights {
  static void apply(const Floats* c, Floats* out) {
    const Floats even_a = kNA * (c[1] + c[2]), odd_a = (kNA * kA) * (c[1] - c[2]);
    const Floats even_b = kNB * (c[3] + c[4]), odd_b = (kNB * kB) * (c[3] - c[4]);
    out[0] = kN0 * c[0] + even_a + even_b;
    out[1] = odd_a + odd_b;
    out[2] = kA2 * even_a + kB2 * even_b + c[5];
  }
};

constexpr int kCentred = 4 * 16;  // channels whose mean is taken at a time

constexpr int kSide = 6;  // of a tile with the points as its rows and columns

// Image and first pixel of a tile.
struct TilePlace {
  int64_t image;
  int64_t row;
  int64_t column;
};

inline TilePlace place_of(const TileMap& map, int64_t tile) {
  const int64_t wide = (map.width + kTileSide - 1) / kTileSide;
  const int64_t in_image = tile % map.tiles;
  return {tile / map.tiles, in_image / wide * kTileSide, in_image % wide * kTileSide};
}

// Where the pixels of a tile lie, Size x Size of them; zeros outside the map.
template <int Size>
struct Pixels {
  const float* at[Size][Size];

  Pixels(const TileMap& map, const float* x, const float* zeros, int64_t tile,
         const Margin& margin) {
    const TilePlace place = place_of(map, tile);
    const float* image = x + place.image * map.height * map.width * map.channels;
    for (int i = 0; i < Size; ++i) {
      for (int j = 0; j < Size; ++j) {
        const int64_t row = place.row - margin.rows + i;
        const int64_t column = place.column - margin.columns + j;
        const bool inside = row >= 0 && row < map.height && column >= 0 && column < map.width;
        at[i][j] = inside ? image + (row * map.width + column) * map.channels : zeros;
      }
    }
  }
};

// Transforms the columns of From x From values and then the rows of what comes out: To x To.
template <typename Transform, int From, int To, typename Load, typename Store>
__attribute__((always_inline)) inline void both_ways(Load from, Store into) {
  Floats half[To][From];
  for (int j = 0; j < From; ++j) {
    Floats column[From], done[To];
    for (int i = 0; i < From; ++i) column[i] = from(i, j);
    Transform::apply(column, done);
    for (int i = 0; i < To; ++i) half[i][j] = done[i];
  }
  for (int i = 0; i < To; ++i) {
    Floats done[To];
    Transform::apply(half[i], done);
    for (int j = 0; j < To; ++j) into(i, j, done[j]);
  }
}

void centre_of(const TileMap& map, const float* image, float* centre) {
  const int64_t pixels = map.height * map.width;
  const float share = 1.0f / static_cast<float>(pixels);
  for (int64_t first = 0; first < map.channels; first += kCentred) {
    const int64_t left = map.channels - first;
    const int64_t count = left < kCentred ? left : kCentred;
    Floats sums[kCentred / kLanes] = {};
    for (int64_t p = 0; p < pixels; ++p) {
      const float* pixel = image + p * map.channels + first;
      for (int64_t c = 0; c < count; c += kLanes) sums[c / kLanes] += load<Floats>(pixel + c);
    }
    for (int64_t c = 0; c < count; c += kLanes) {
      const Floats mean = share * sums[c / kLanes];
      store(centre + first + c, mean - mean == 0.0f ? mean : Floats{});
    }
  }
}

void tile_of_input(const TileMap& map, const float* x, const float* zeros, const float* centre,
                   const Margin& margin, int64_t tile, int64_t plane, float* out) {
  const Pixels<kSide> pixels(map, x, zeros, tile, margin);
  for (int64_t c = 0; c < map.channels; c += kLanes) {
    const Floats mean = load<Floats>(centre + c);
    both_ways<ToTile, kSide, kSide>(
        [&](int i, int j) { return load<Floats>(pixels.at[i][j] + c) - mean; },
        [&](int i, int j, Floats v) { store(out + (i * kSide + j) * plane + c, v); });
  }
}

void tile_of_gradient(const TileMap& map, const float* y, const float* zeros, int64_t tile,
                      int64_t plane, float* out) {
  const Pixels<kTileSide> pixels(map, y, zeros, tile, {0, 0});
  for (int64_t c = 0; c < map.channels; c += kLanes) {
    both_ways<SpreadTile, kTileSide, kSide>(
        [&](int i, int j) { return load<Floats>(pixels.at[i][j] + c); },
        [&](int i, int j, Floats v) { store(out + (i * kSide + j) * plane + c, v); });
  }
}

void tile_to_output(const TileMap& map, int64_t channels, const float* planes, int64_t plane,
                    const float* shift, int64_t tile, float* y) {
  const TilePlace place = place_of(map, tile);
  const int64_t first = (place.image * map.height + place.row) * map.width + place.column;
  const int64_t rows = map.height - place.row, columns = map.width - place.column;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Floats added = load<Floats>(shift + c);
    float* corner = y + first * map.channels + c;
    both_ways<FromTile, kSide, kTileSide>(
        [&](int i, int j) { return load<Floats>(planes + (i * kSide + j) * plane + c); },
        [&](int i, int j, Floats v) {
          if (i < rows && j < columns) store(corner + (i * map.width + j) * map.channels, v + added);
        });
  }
}

// Columns of a product that one pass over its rows computes: with the rows below, as many sums as the
// registers hold.
constexpr int kVectors = kLanes == 16 ? 4 : 2;
constexpr int kPanel = kVectors * kLanes;
constexpr int kRows = 6;

// Terms of a sum before it is added to that of a group, and of a group before it is added to the
// one in memory: sums of sums of sums, whose rounding grows more slowly. With the means taken off,
// the rounding of these sums is nearly all that tiles lose.
constexpr int64_t kTerms = 8;
constexpr int64_t kGroup = 64;

inline int64_t panel_width(int64_t columns, int64_t first) {
  return columns - first < kPanel ? columns - first : kPanel;
}

void tile_of_weights(const TileWeights& weights, int64_t k, int64_t plane, float* out,
                     float* sums) {
  for (int64_t n = 0; n < weights.columns; n += kLanes) {
    float gathered[9][kLanes];
    for (int l = 0; l < kLanes; ++l) {
      const float* g = weights.at + k * weights.row_step + (n + l) * weights.column_step;
      for (int t = 0; t < 9; ++t) gathered[t][l] = g[weights.flip ? 8 - t : t];
    }
    if (sums != nullptr) {
      Floats sum = load<Floats>(gathered[0]);
      for (int t = 1; t < 9; ++t) sum += load<Floats>(gathered[t]);
      store(sums + n, sum);
    }
    const int64_t first = n / kPanel * kPanel, width = panel_width(weights.columns, first);
    float* panel = out + first * weights.rows + k * width + n - first;
    both_ways<ToWeights, 3, kSide>(
        [&](int i, int j) { return load<Floats>(gathered[i * 3 + j]); },
        [&](int i, int j, Floats v) { store(panel + (i * kSide + j) * plane, v); });
  }
}

void tile_to_weights(const float* planes, int64_t plane, int64_t columns, int64_t column_step,
                     bool add, float* out) {
  for (int64_t n = 0; n < columns; n += kLanes) {
    float found[9][kLanes];
    both_ways<FromWeights, kSide, 3>(
        [&](int i, int j) { return load<Floats>(planes + (i * kSide + j) * plane + n); },
        [&](int i, int j, Floats v) { store(found[i * 3 + j], v); });
    for (int l = 0; l < kLanes; ++l) {
      float* g = out + (n + l) * column_step;
      for (int t = 0; t < 9; ++t) g[t] = add ? g[t] + found[t][l] : found[t][l];
    }
  }
}

// c = (c +) a b of Rows rows and Vectors vectors of columns.
template <int Rows, int Vectors>
inline void multiply_block(const float* a, int64_t row_step, int64_t term_step, const float* b,
                           int64_t b_step, int64_t terms, bool add, float* c, int64_t c_step) {
  // Set by loops: an initialiser makes GCC 12 clear the arrays in memory.
  Floats group[Rows][Vectors];
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Vectors; ++j) group[i][j] = Floats{};
  }
  for (int64_t first = 0; first < terms; first += kTerms) {
    Floats sums[Rows][Vectors];
    for (int i = 0; i < Rows; ++i) {
      for (int j = 0; j < Vectors; ++j) sums[i][j] = Floats{};
    }
    const int64_t end = terms < first + kTerms ? terms : first + kTerms;
    for (int64_t k = first; k < end; ++k) {
      Floats line[Vectors];
      for (int j = 0; j < Vectors; ++j) line[j] = load<Floats>(b + k * b_step + j * kLanes);
      for (int i = 0; i < Rows; ++i) {
        const Floats factor = splat(a[i * row_step + k * term_step]);
        for (int j = 0; j < Vectors; ++j) sums[i][j] += factor * line[j];
      }
    }
    for (int i = 0; i < Rows; ++i) {
      for (int j = 0; j < Vectors; ++j) group[i][j] += sums[i][j];
    }
  }
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Vectors; ++j) {
      float* at = c + i * c_step + j * kLanes;
      store(at, add ? load<Floats>(at) + group[i][j] : group[i][j]);
    }
  }
}

// A group of terms of a panel: b begins at its first term, c at its first column.
struct Run {
  const Product& p;
  const float* b;
  int64_t b_step;
  int64_t first;
  int64_t terms;
  int64_t column;
};

template <int Rows, int Vectors>
inline void multiply_rows(const Run& run, int64_t row) {
  const Product& p = run.p;
  multiply_block<Rows, Vectors>(p.a.at + row * p.a.row_step + run.first * p.a.term_step,
                                p.a.row_step, p.a.term_step, run.b, run.b_step, run.terms,
                                p.c.add || run.first > 0,
                                p.c.at + row * p.c.row_step + run.column, p.c.row_step);
}

template <int Vectors>
void multiply_panel(const Product& p, const float* b, int64_t b_step, int64_t column) {
  for (int64_t k = 0; k < p.sizes.terms; k += kGroup) {
    const int64_t left = p.sizes.terms - k;
    const Run run{p, b + k * b_step, b_step, k, left < kGroup ? left : kGroup, column};
    int64_t row = 0;
    for (; row + kRows <= p.sizes.rows; row += kRows) multiply_rows<kRows, Vectors>(run, row);
    switch (p.sizes.rows - row) {
      case 5: multiply_rows<5, Vectors>(run, row); break;
      case 4: multiply_rows<4, Vectors>(run, row); break;
      case 3: multiply_rows<3, Vectors>(run, row); break;
      case 2: multiply_rows<2, Vectors>(run, row); break;
      case 1: multiply_rows<1, Vectors>(run, row); break;
      default: break;
    }
  }
}

void multiply(const Product& p) {
  for (int64_t column = 0; column < p.sizes.columns; column += kPanel) {
    const int64_t width = panel_width(p.sizes.columns, column);
    const bool packed = p.b.panel_terms > 0;
    const float* b = p.b.at + (packed ? column * p.b.panel_terms + p.b.first * width : column);
    const int64_t step = packed ? width : p.b.term_step;
    switch (width / kLanes) {
      case 1: multiply_panel<1>(p, b, step, column); break;
      case 2: multiply_panel<2>(p, b, step, column); break;
#if POTSTILL_LANES == 16
      case 3: multiply_panel<3>(p, b, step, column); break;
      case 4: multiply_panel<4>(p, b, step, column); break;
#endif
      default: break;
    }
  }
}

}  // namespace
}  // namespace POTSTILL_LEVEL
}  // namespace potstill

#endif
