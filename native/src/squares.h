// A convolution with squares of 5 x 5 as one with squares of 3 x 3 of four times as many channels:
// of the taps, and a row and a column of zeros after them, every quarter is a square of 3 x 3 that
// sees the map from another place. In a quarter with zeros one row or column of planes in six is
// zero as well and left out, which leaves 121 planes of 144: 7.6 multiplications per output and
// pair of channels, where the direct sum takes 25. It rounds like one of 3 x 3.
#ifndef POTSTILL_SQUARES_H
#define POTSTILL_SQUARES_H

#include <cstdint>

#include "loops.h"

namespace potstill {

// Weights (out, in, side, side) as a matrix (terms, out) of squares of 3 x 3; term square * in +
// channel.
struct Squares {
  int64_t side;  // 3 or 5
  int64_t in;
  int64_t out;

  static bool takes(int64_t side) { return side == 3 || side == 5; }

  int64_t count() const { return side == 3 ? 1 : 4; }
  int64_t terms() const { return count() * in; }

  // Floats of all squares where they are not the weights themselves.
  int64_t packed() const { return side == 3 ? 0 : kTaps * terms() * out; }

  // The first pixel that a square sees for a tile.
  Margin margin(int64_t square) const {
    const int64_t margin = side / 2;
    return {margin - 3 * (square / 2), margin - 3 * (square % 2)};
  }

  // Whether the weights of a square have anything in a plane. Where not, their gradient needs it
  // not either: it would only go into taps that are not there.
  static bool sees(int64_t square, int64_t plane) {
    constexpr int64_t kSide = kTileSide + 2;
    const bool in_row = square / 2 == 0 || plane / kSide < kSide - 1;
    const bool in_column = square % 2 == 0 || plane % kSide < kSide - 1;
    return in_row && in_column;
  }

  // Of one output to (out, terms, 3, 3); flipped and transposed, from (in, out, 5, 5).
  void pack(const float* weight, bool transposed, int64_t output, float* squares) const {
    const int64_t step = taps() * (transposed ? out : 1);
    const float* first = weight + taps() * (transposed ? output : output * in);
    float* into = squares + kTaps * output * terms();
    for (int64_t square = 0; square < count(); ++square) {
      const Taps of(*this, square);
      for (int64_t i = 0; i < in; ++i, into += kTaps) {
        const float* from = first + i * step;
        for (int t = 0; t < kTaps; ++t) {
          into[t] = of.at[t] < 0 ? 0 : from[transposed ? taps() - 1 - of.at[t] : of.at[t]];
        }
      }
    }
  }

  // The reverse of one output.
  void unpack(const float* squares, int64_t output, float* weight) const {
    const float* from = squares + kTaps * output * terms();
    for (int64_t square = 0; square < count(); ++square) {
      const Taps of(*this, square);
      for (int64_t i = 0; i < in; ++i, from += kTaps) {
        float* into = weight + taps() * (output * in + i);
        for (int t = 0; t < kTaps; ++t) {
          if (of.at[t] >= 0) into[of.at[t]] = from[t];
        }
      }
    }
  }

 private:
  int64_t taps() const { return side * side; }

  // Where the taps of a square are among all; -1 for its zeros.
  struct Taps {
    int64_t at[kTaps];

    Taps(const Squares& all, int64_t square) {
      for (int t = 0; t < kTaps; ++t) {
        const int64_t row = 3 * (square / 2) + t / 3, column = 3 * (square % 2) + t % 3;
        at[t] = row < all.side && column < all.side ? row * all.side + column : -1;
      }
    }
  };
};

}  // namespace potstill

#endif
