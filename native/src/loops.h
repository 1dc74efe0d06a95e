// The inner loops that exist once per instruction set. The sources below simd/ are compiled for
// each level into a namespace of its own; an operation picks a table at run time.
#ifndef POTSTILL_LOOPS_H
#define POTSTILL_LOOPS_H

#include <cstdint>

namespace potstill {

// Where the figures of one row of logits go; every pointer but loss may be null.
struct ScoreRow {
  float* loss;
  float* margin;
  float* entropy;
  float* el2n;
  int8_t* correct;
};

// a.b, a.a and b.b.
struct Moments {
  double ab;
  double aa;
  double bb;
};

// Codes that are compared with a point at once; tables of codes are padded to a multiple of it.
constexpr int kCodes = 64;

// One map of (height, width) positions, each with its channels side by side.
struct NormMap {
  int64_t height;
  int64_t width;
  int64_t channels;  // of the whole map, the distance of two positions
};

// What belongs to the channels of a block; without mean and rstd forward.
struct NormChannels {
  const float* scale;
  const float* shift;
  const float* mean;
  const float* rstd;
};

// Tangents of the operands of a norm, and what its tangent leaves for that of its gradient: of
// every channel the mean of the tangent of x, and of that tangent times the normed value.
struct NormTangent {
  const float* scale;
  const float* shift;
  const float* x;
  float* mean;
  float* product;
};

// The same where it is read.
struct NormTangentLeft {
  const float* scale;
  const float* x;
  const float* mean;
  const float* product;
};

// Channels of a block; the same at every level, so that the cut does not depend on it.
constexpr int64_t kNormChannels = 64;

// Rows of floats are padded to a multiple of this, so that vectors of every level go in evenly.
constexpr int64_t kRow = 16;

// Rows and columns of output that one tile of a convolution makes.
constexpr int64_t kTileSide = 4;

// Products that take the place of a tile's multiplications: its values, with what it sees around
// it.
constexpr int64_t kPlanes = (kTileSide + 2) * (kTileSide + 2);

// Maps that are cut into tiles, channels last and a multiple of kRow.
struct TileMap {
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t tiles;  // of an image, row after row
};

// How far before its own first pixel a tile sees the map, or after it where below 0.
struct Margin {
  int64_t rows;
  int64_t columns;
};

// Weights of 3 x 3 as a matrix of such squares, columns a multiple of kRow; in memory the nine of
// an element lie side by side, those of the next row or column so many floats on.
struct TileWeights {
  const float* at;
  int64_t rows;
  int64_t columns;
  int64_t row_step;
  int64_t column_step;
  bool flip;  // the last of the nine first

  TileWeights part(int64_t row, int64_t some_rows, int64_t column, int64_t some_columns) const {
    return {at + row * row_step + column * column_step,
            some_rows,
            some_columns,
            row_step,
            column_step,
            flip};
  }
};

constexpr int kTaps = 9;  // of a square of 3 x 3, row after row

// Which taps ever meet a pixel: on maps one pixel high only the middle row, on those one pixel wide
// only the middle column.
struct SeenTaps {
  bool tall;
  bool wide;
};

// Static, since an inline function could be merged across levels.
static inline bool is_seen(const SeenTaps& seen, int tap) {
  return (seen.tall || tap / 3 == 1) && (seen.wide || tap % 3 == 1);
}

// (rows, terms); the terms of a row side by side, or the rows of a term.
struct LeftFactor {
  const float* at;
  int64_t row_step;
  int64_t term_step;

  static LeftFactor by_rows(const float* at, int64_t step) { return {at, step, 1}; }
  static LeftFactor by_terms(const float* at, int64_t step) { return {at, 1, step}; }
};

// (terms, columns); the columns of a term side by side, or in panels of so many terms as
// tile_of_weights packs them, of which the first taken is `first`.
struct RightFactor {
  const float* at;
  int64_t term_step;
  int64_t panel_terms;
  int64_t first;

  static RightFactor by_terms(const float* at, int64_t step) { return {at, step, 0, 0}; }
  static RightFactor in_panels(const float* at, int64_t terms, int64_t first = 0) {
    return {at, 0, terms, first};
  }
};

// (rows, columns); the columns of a row side by side.
struct Target {
  float* at;
  int64_t row_step;
  bool add;  // to what is there
};

struct ProductSizes {
  int64_t rows;
  int64_t terms;
  int64_t columns;  // a multiple of kRow
};

// c = a b, or c += a b.
struct Product {
  LeftFactor a;
  RightFactor b;
  Target c;
  ProductSizes sizes;
};

// A step of SGD.
struct Descent {
  float rate;
  float momentum;
  float decay;
};

// clamp(gain * (x > 0 ? x : slope * x), -bound, bound).
struct Activation {
  float gain;
  float negative_gain;  // gain * slope
  float bound;
};

struct Loops {
  // Figures of one row; indexed by POTSTILL_FLOAT32, POTSTILL_BFLOAT16, POTSTILL_FLOAT16.
  void (*score_row[3])(const void* logits, int64_t classes, int64_t label, const ScoreRow& out);

  // sum[f] = sum over rows of data[row * stride + f], f < width.
  void (*sum_columns)(const float* data, int64_t rows, int64_t stride, int64_t width, double* sum);

  Moments (*moments)(const float* a, const float* b, int64_t n);

  // out = of_a a + of_b b, computed in double.
  void (*combine)(const float* a, double of_a, const float* b, double of_b, int64_t n, float* out);

  // sum of (a - b)^2.
  double (*squared_distance)(const float* a, const float* b, int64_t n);

  // sums[0] = sum of (a - b)^2, sums[1] = sum of (c - b)^2, in one pass; runs of 32 squares in
  // single precision, the runs in double.
  void (*squared_distances)(const float* a, const float* b, const float* c, int64_t n,
                            double* sums);

  // out = scale (a - b); past the caches where stream is set.
  void (*scaled_difference)(const float* a, const float* b, float scale, int64_t n, bool stream,
                            float* out);

  // velocity = momentum velocity + (gradient + decay parameter), parameter -= rate velocity.
  void (*descend)(const Descent& descent, int64_t n, const float* gradient, float* parameter,
                  float* velocity);

  // out[m] = sum over t of taps[t] * from[offsets[t] + m], m < n, n a multiple of kRow; in the
  // order of the taps. Reads from + offsets[t] up to n and writes out up to n.
  void (*fir)(const float* from, const int64_t* offsets, const float* taps, int64_t terms,
              int64_t n, float* out);

  // x = clamp(gain * lrelu(x)) in place; n a multiple of kRow.
  void (*activate)(const Activation& activation, int64_t n, float* x);

  // gradient *= the slope of that activation at x, 0 where it is clamped or the slope is 0,
  // whatever the gradient; n a multiple of kRow.
  void (*activation_gradient)(const Activation& activation, const float* x, int64_t n,
                              float* gradient);

  // out[(j % subs) * stride + j / subs] = row[j] + bias, j < n.
  void (*split)(const float* row, int64_t n, float bias, int64_t subs, int64_t stride, float* out);

  // The reverse, without a bias.
  void (*join)(const float* rows, int64_t n, int64_t subs, int64_t stride, float* out);

  // Index of the code nearest to a point; codes (width, padded), padded a multiple of kCodes.
  int64_t (*nearest_code)(const float* point, const float* codes, int64_t padded, int64_t width);

  // norm_relu_pool of `count` channels of one map, up to kNormChannels; [0][] without pooling,
  // [1][] over windows of 2 x 2, [][0] without ReLU, [][1] with it. Fills mean and rstd.
  void (*norm_forward[2][2])(const NormMap& map, int64_t count, const float* x,
                             const NormChannels& given, float epsilon, float* out, float* mean,
                             float* rstd);

  // Its gradient with respect to x, which `out` may overwrite, and the map's shares in those of
  // scale and shift.
  void (*norm_backward[2][2])(const NormMap& map, int64_t count, const float* x,
                              const NormChannels& given, const float* gradient, float* out,
                              float* scale_share, float* shift_share);

  // The tangents of the two with ReLU: of the output, and of the gradients, of which that with
  // respect to x may not overwrite anything.
  void (*norm_tangent[2])(const NormMap& map, int64_t count, const float* x,
                          const NormChannels& given, const NormTangent& tangent, float* out);
  void (*norm_gradient_tangent[2])(const NormMap& map, int64_t count, const float* x,
                                   const NormChannels& given, const NormTangentLeft& tangent,
                                   const float* gradient, const float* gradient_tangent, float* out,
                                   float* scale_share, float* shift_share);

  // The steps of a convolution by tiles (simd/winograd.h). Element (i, j) of a tile or of weights
  // goes to `out` plus (6 i + j) * plane, channel after channel, and comes from there likewise.
  // `zeros` holds a pixel's channels of them, for the pixels outside.

  // The mean of every channel of an image, 0 for one that is not finite.
  void (*centre_of)(const TileMap& map, const float* image, float* centre);

  // A tile of 6 x 6 pixels of x, less `centre`, those outside as well.
  void (*tile_of_input)(const TileMap& map, const float* x, const float* zeros, const float* centre,
                        const Margin& margin, int64_t tile, int64_t plane, float* out);

  // A tile of 4 x 4 pixels of the gradient of the output.
  void (*tile_of_gradient)(const TileMap& map, const float* y, const float* zeros, int64_t tile,
                           int64_t plane, float* out);

  // One row of the weights, packed; its sums of nine go to `sums` unless that is NULL.
  void (*tile_of_weights)(const TileWeights& weights, int64_t row, int64_t plane, float* out,
                          float* sums);

  // One row of the weights, packed, with a plane per tap that is seen (simd/taps.h).
  void (*taps_of_weights)(const TileWeights& weights, const SeenTaps& seen, int64_t row,
                          int64_t plane, float* out);

  // The pixels of a tile that lie in the map, plus `shift`, into so many channels of y.
  void (*tile_to_output)(const TileMap& map, int64_t channels, const float* planes, int64_t plane,
                         const float* shift, int64_t tile, float* y);

  // One row of the gradient of the weights, squares column_step apart; added to `out` where `add`.
  void (*tile_to_weights)(const float* planes, int64_t plane, int64_t columns, int64_t column_step,
                          bool add, float* out);

  // See Product.
  void (*multiply)(const Product& product);
};

namespace generic {
extern const Loops loops;
}
#if defined(POTSTILL_X86)
namespace avx2 {
extern const Loops loops;
}
namespace avx512 {
extern const Loops loops;
}
#endif

// The table of a level; POTSTILL_UNSUPPORTED (thrown) where this CPU lacks it.
const Loops& loops_of(int32_t level);

}  // namespace potstill

#endif
