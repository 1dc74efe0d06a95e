// Upsampling, filtering and downsampling of images row by row, shared by upfirdn and
// filtered_lrelu.
//
// Samples j of a row lie in sub-rows by j mod subs, with zeros on both sides, so that every tap of
// a polyphase filter meets a contiguous stretch and the zeros of the upsampling appear nowhere:
// sub-row e of the output is a sum of shifted sub-rows of the input. The same holds for whole rows
// in the other direction. A stage keeps only the rows under its taps, in a ring.
#ifndef POTSTILL_RESAMPLE_H
#define POTSTILL_RESAMPLE_H

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>

#include "arena.h"
#include "loops.h"
#include "status.h"

namespace potstill {

constexpr int64_t kMaxFactor = 64;
constexpr int64_t kMaxSide = int64_t{1} << 24;
constexpr int64_t kMaxTaps = 4096;

inline bool in_range(int64_t value, int64_t least, int64_t most) {
  return value >= least && value <= most;
}

// Sides, factors and paddings as the header limits them.
inline const char* problem_of(int64_t height, int64_t width, const int32_t* up, const int32_t* down,
                              const int64_t* padding) {
  if (!in_range(height, 1, kMaxSide) || !in_range(width, 1, kMaxSide)) {
    return "height and width are from 1 to 2^24";
  }
  for (int i = 0; i < 2; ++i) {
    if (!in_range(up[i], 1, kMaxFactor) || !in_range(down[i], 1, kMaxFactor)) {
      return "factors are from 1 to 64";
    }
  }
  for (int i = 0; i < 4; ++i) {
    if (!in_range(padding[i], -kMaxSide, kMaxSide)) return "paddings are from -2^24 to 2^24";
  }
  return nullptr;
}

inline int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
inline int64_t ceil_div(int64_t a, int64_t b) { return -floor_div(-a, b); }
inline int64_t whole_rows(int64_t n) { return ceil_div(n, kRow) * kRow; }

struct Filter {
  const float* taps;
  int64_t rows;
  int64_t columns;

  bool separable() const { return rows == 0; }
  int64_t taps_y() const { return columns == 0 ? 1 : rows == 0 ? columns : rows; }
  int64_t taps_x() const { return columns == 0 ? 1 : columns; }

  bool valid() const {
    return in_range(rows, 0, kMaxTaps) && in_range(columns, rows > 0 ? 1 : 0, kMaxTaps);
  }
};

// One direction: out[o] = sum_t tap[t] z[down o + t - pad], where z[up i] = in[i], 0 elsewhere.
struct Axis {
  int64_t in;
  int64_t out;
  int64_t up;
  int64_t down;
  int64_t pad;
  int64_t taps;

  // By padding; out is 0 or less where the taps do not fit.
  static Axis of(int64_t in, int64_t up, int64_t down, int64_t before, int64_t after,
                 int64_t taps) {
    const int64_t out = floor_div(in * up + before + after - taps, down) + 1;
    return {in, out, up, down, before, taps};
  }
};

// Where the samples of a row lie: sample j in sub-row j mod subs.
struct Layout {
  int64_t subs;
  int64_t left;    // zeros before a sub-row
  int64_t stride;  // from one sub-row to the next, a multiple of kRow

  int64_t floats() const { return subs * stride; }
  // What vectors may touch past the last one.
  int64_t allocated() const { return floats() + 4 * kRow; }
};

// A stage: geometry, taps and how they meet the sub-rows. Shared by all threads. The constructor
// finds the layouts, take() gets memory for the taps, fill() writes them; nothing changes after
// that.
//
// Upsampling a row x by 2 with the taps f of length 4 and pad 2, for example, from.subs is 1,
// to.subs 2:
//
//   from            0 x0 x1 x2 ...    (left = 1: what lies before x0)
//   to, sub-row 0   y0 y2 y4 ...      y[2m] = f0 x[m - 1] + f2 x[m]
//       sub-row 1   y1 y3 y5 ...      y[2m + 1] = f1 x[m] + f3 x[m + 1]
//
// Sub-row 0 is f0 times the stretch of `from` that begins at place 0 plus f2 times that at 1;
// sub-row 1 f1 times that at 1 plus f3 times that at 2. Downsampling by 2 it is `from` that has two
// sub-rows.
struct Plan {
  // Which direction is filtered first; kWhole: both at once, by a filter that is a matrix.
  enum Order { kColumnsFirst, kRowsFirst, kWhole };

  Axis x;
  Axis y;
  Order order;
  Layout from;
  Layout to;
  int64_t slots;     // rows of a ring, as many as a column of taps meets
  float* taps_y;     // by phase: tap r + up j at r * slots + j
  int64_t* begin_x;  // sub-row e meets the taps begin_x[e] to begin_x[e + 1] - 1 of the next three
  float* taps_x;
  int64_t* columns_x;  // the number of such a tap
  int64_t* offsets_x;  // where the stretch that it meets begins in a row of `from`
  float* whole;        // (rows, columns), where the filter is a matrix

  int64_t length(int64_t e) const { return x.out <= e ? 0 : (x.out - e - 1) / to.subs + 1; }

  // Calls body(e, t, sub, offset) for every tap t that sub-row e of the output meets, and with
  // sub-row `sub` of the input, from its sample `offset` on.
  template <typename Body>
  static void for_taps(const Axis& axis, int64_t subs_in, int64_t subs_out, Body body) {
    for (int64_t e = 0; e < subs_out; ++e) {
      const int64_t at = axis.down * e - axis.pad;
      for (int64_t t = ceil_div(at, axis.up) * axis.up - at; t < axis.taps; t += axis.up) {
        const int64_t i = (at + t) / axis.up;
        const int64_t offset = floor_div(i, subs_in);
        body(e, t, i - offset * subs_in, offset);
      }
    }
  }

  // `multiple`: how many times the least possible number of sub-rows.
  Plan(const Axis& columns, const Axis& rows, bool separable, int64_t multiple)
      : x(columns), y(rows) {
    const int64_t common = std::gcd(x.up, x.down);
    order = !separable ? kWhole : x.up > x.down ? kColumnsFirst : kRowsFirst;
    from = {multiple * x.down / common, 0, 0};
    to = {multiple * x.up / common, 0, 0};
    to.stride = whole_rows(length(0));
    int64_t end = ceil_div(x.in, from.subs);
    for_taps(x, from.subs, to.subs, [&](int64_t e, int64_t, int64_t, int64_t offset) {
      if (length(e) == 0) return;
      from.left = std::max(from.left, -offset);
      end = std::max(end, offset + length(e));
    });
    from.stride = whole_rows(from.left + end);
    slots = (y.taps - 1) / y.up + 1;
  }

  // The same with its output laid out as `next` reads it.
  Plan into(const Plan& next) const {
    Plan plan = *this;
    plan.to = next.from;
    return plan;
  }

  void take(Arena& arena) {
    const int64_t most = to.subs * ((x.taps - 1) / x.up + 1);
    taps_y = arena.take<float>(y.up * slots);
    taps_x = arena.take<float>(most);
    offsets_x = arena.take<int64_t>(most);
    columns_x = arena.take<int64_t>(most);
    begin_x = arena.take<int64_t>(to.subs + 1);
    whole = arena.take<float>(order == kWhole ? y.taps * x.taps : 0);
  }

  // After take(). `reversed`: the last tap first.
  void fill(const Filter& filter, bool reversed, double gain) {
    const auto tap = [&](int64_t t, int64_t count) {
      return filter.columns == 0 ? 1.0f : filter.taps[reversed ? count - 1 - t : t];
    };
    if (order == kWhole) {
      const int64_t count = y.taps * x.taps;
      for (int64_t t = 0; t < count; ++t) whole[t] = static_cast<float>(tap(t, count) * gain);
    } else {
      for (int64_t t = 0; t < y.taps; ++t) {
        taps_y[t % y.up * slots + t / y.up] = static_cast<float>(tap(t, y.taps) * gain);
      }
    }
    int64_t at = 0;
    int64_t sub_row = 0;
    begin_x[0] = 0;
    for_taps(x, from.subs, to.subs, [&](int64_t e, int64_t t, int64_t sub, int64_t offset) {
      while (sub_row < e) begin_x[++sub_row] = at;
      taps_x[at] = order == kWhole ? 0 : tap(t, x.taps);
      columns_x[at] = t;
      offsets_x[at++] = sub * from.stride + from.left + offset;
    });
    while (sub_row < to.subs) begin_x[++sub_row] = at;
  }
};

// The state of one thread at a stage.
class Stage {
 public:
  Stage(const Plan& plan, const Loops& loops, Arena& arena)
      : plan_(plan),
        loops_(loops),
        kept_(plan.order == Plan::kColumnsFirst ? plan.to : plan.from),
        ring_(arena.take<float>(plan.slots * kept_.allocated())),
        row_(arena.take<float>(plan.from.allocated())),
        offsets_(arena.take<int64_t>(plan.slots * (plan.order == Plan::kWhole ? plan.x.taps : 1))),
        taps_(arena.take<float>(plan.order == Plan::kWhole ? plan.slots * plan.x.taps : 0)) {}

  // The zeros beside the sub-rows; before the first use.
  void clear() {
    std::fill_n(ring_, plan_.slots * kept_.allocated(), 0.0f);
    std::fill_n(row_, plan_.from.allocated(), 0.0f);
  }

  // Another image.
  void restart() { next_ = 0; }

  // Row o of the output into `out` (plan.to), o rising; load(i, into) fills in row i of the input
  // (plan.from), i rising.
  template <typename Load>
  void row(int64_t o, float* out, Load load) {
    const Axis& y = plan_.y;
    const int64_t at = y.down * o - y.pad;
    const int64_t top = ceil_div(at, y.up);
    const int64_t begin = std::max<int64_t>(top, 0);
    const int64_t end = std::min(floor_div(at + y.taps - 1, y.up) + 1, y.in);
    next_ = std::max(next_, begin);
    for (; next_ < end; ++next_) keep(next_, load);
    const int64_t phase = top * y.up - at;
    const int64_t terms = std::max<int64_t>(end - begin, 0);
    if (plan_.order == Plan::kWhole) return whole(begin, terms, phase + y.up * (begin - top), out);
    int64_t slot = begin % plan_.slots;
    for (int64_t j = 0; j < terms; ++j) {
      offsets_[j] = slot * kept_.allocated();
      slot = slot + 1 == plan_.slots ? 0 : slot + 1;
    }
    const bool last = plan_.order == Plan::kColumnsFirst;
    loops_.fir(ring_, offsets_, plan_.taps_y + phase * plan_.slots + (begin - top), terms,
               kept_.floats(), last ? out : row_);
    if (!last) columns(row_, out);
  }

 private:
  float* slot(int64_t i) { return ring_ + i % plan_.slots * kept_.allocated(); }

  template <typename Load>
  void keep(int64_t i, Load load) {
    if (plan_.order != Plan::kColumnsFirst) {
      load(i, slot(i));
    } else {
      load(i, row_);
      columns(row_, slot(i));
    }
  }

  void columns(const float* from, float* into) {
    for (int64_t e = 0; e < plan_.to.subs; ++e) {
      const int64_t first = plan_.begin_x[e];
      loops_.fir(from, plan_.offsets_x + first, plan_.taps_x + first, plan_.begin_x[e + 1] - first,
                 whole_rows(plan_.length(e)), into + e * plan_.to.stride + plan_.to.left);
    }
    zero_sides(into);
  }

  // Vectors went past the ends.
  void zero_sides(float* row) {
    const Layout& to = plan_.to;
    for (int64_t e = 0; e < to.subs; ++e) {
      float* sub = row + e * to.stride;
      std::fill_n(sub, to.left, 0.0f);
      const int64_t end = to.left + plan_.length(e);
      std::fill_n(sub + end, to.stride - end, 0.0f);
    }
  }

  void whole(int64_t begin, int64_t count, int64_t tap_y, float* out) {
    for (int64_t e = 0; e < plan_.to.subs; ++e) {
      int64_t terms = 0;
      for (int64_t j = 0; j < count; ++j) {
        const int64_t base = slot(begin + j) - ring_;
        const float* taps = plan_.whole + (tap_y + j * plan_.y.up) * plan_.x.taps;
        for (int64_t k = plan_.begin_x[e]; k < plan_.begin_x[e + 1]; ++k) {
          offsets_[terms] = base + plan_.offsets_x[k];
          taps_[terms++] = taps[plan_.columns_x[k]];
        }
      }
      loops_.fir(ring_, offsets_, taps_, terms, whole_rows(plan_.length(e)),
                 out + e * plan_.to.stride + plan_.to.left);
    }
    zero_sides(out);
  }

  const Plan& plan_;
  const Loops& loops_;
  Layout kept_;
  float* ring_;
  float* row_;
  int64_t* offsets_;
  float* taps_;
  int64_t next_ = 0;
};

// Rows of a plane that a thread takes at a time. Every row is computed in the same way wherever the
// cut is, so it may depend on the thread count.
inline int64_t bands_of(int64_t planes, int64_t rows, int32_t threads) {
  const int64_t wanted = ceil_div(int64_t{4} * threads, std::max<int64_t>(planes, 1));
  return std::max<int64_t>(1, std::min(wanted, rows / 16));
}

}  // namespace potstill

#endif
