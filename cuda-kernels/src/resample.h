// Upsampling by zeros, filtering and downsampling of image tiles in shared memory, for `upfirdn`
// and `filtered_lrelu`. Inserted zeros are skipped, not multiplied.
#ifndef POTSTILL_CUDA_RESAMPLE_H
#define POTSTILL_CUDA_RESAMPLE_H

#include <algorithm>

#include "device.h"
#include "status.h"

namespace potstill {

constexpr int kResampleThreads = 256;
constexpr int64_t kMostShared = 48 * 1024;  // bytes of a block on every device

// One direction: output o is the sum over t of tap[t] times the upsampled, padded input at
// down * o + t.
struct Axis {
  int up;
  int down;
  int before;  // zeros of the padding; negative: cropped
  int taps;

  // Of the gradient: the same operation with the taps turned round.
  Axis transposed() const { return {down, up, taps - 1 - before, taps}; }

  // The most samples of the input under the taps of `count` outputs in a row.
  int64_t most_sources(int64_t count) const { return (down * (count - 1) + taps - 1) / up + 1; }
};

// Rows or columns.
struct Span {
  int begin;
  int count;
};

__host__ __device__ __forceinline__ int floor_div(int a, int b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

// The samples of the input under the taps of the outputs `to`; they need not exist.
__device__ __forceinline__ Span sources(const Axis& axis, Span to) {
  const int first = axis.down * to.begin - axis.before;
  const int last = first + axis.down * (to.count - 1) + axis.taps - 1;
  const int begin = floor_div(first + axis.up - 1, axis.up);
  return {begin, max(floor_div(last, axis.up) - begin + 1, 0)};
}

// Where an output's sum begins: at tap `tap`, then every up-th, and at sample `sample`.
struct First {
  int tap;
  int sample;

  __device__ First(const Axis& axis, int output) {
    const int at = axis.down * output - axis.before;
    sample = floor_div(at + axis.up - 1, axis.up);
    tap = sample * axis.up - at;
  }
};

// A filter on the device; rows 0: separable, columns 0: a single tap of 1.
struct Filter {
  const float* values;
  int rows;
  int columns;

  __host__ __device__ bool is_matrix() const { return rows > 0; }
  __host__ __device__ int width() const { return columns > 0 ? columns : 1; }
  __host__ __device__ int height() const { return rows > 0 ? rows : width(); }
  // Floats of its taps in shared memory: of a separable one, those of either direction.
  __host__ __device__ int64_t staged() const {
    return is_matrix() ? int64_t{rows} * columns : 2 * int64_t{width()};
  }
};

// The taps in shared memory in the order of correlation, a separable filter's columns first.
__device__ __forceinline__ void stage_taps(const Filter& filter, bool reversed, float gain,
                                           float* to) {
  const int count = filter.is_matrix() ? filter.rows * filter.columns : filter.width();
  for (int i = static_cast<int>(threadIdx.x); i < count; i += kResampleThreads) {
    const float tap = filter.columns == 0 ? 1.0f : filter.values[reversed ? count - 1 - i : i];
    if (filter.is_matrix()) {
      to[i] = gain * tap;
    } else {
      to[i] = tap;
      to[count + i] = gain * tap;
    }
  }
}

// An image on the device, zero around.
struct Plane {
  const float* values;
  int height;
  int width;
  float bias;  // added to what is within
};

__device__ __forceinline__ void stage_plane(const Plane& plane, Span rows, Span columns,
                                            float* to) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  for (int r = static_cast<int>(threadIdx.x) / 32; r < rows.count; r += kResampleThreads / 32) {
    const int y = rows.begin + r;
    const float* row = plane.values + static_cast<int64_t>(y) * plane.width;
    for (int j = lane; j < columns.count; j += 32) {
      const int x = columns.begin + j;
      const bool within = y >= 0 && y < plane.height && x >= 0 && x < plane.width;
      to[r * columns.count + j] = within ? row[x] + plane.bias : 0.0f;
    }
  }
}

// One resampling of a tile in shared memory.
struct Tile {
  Axis y;
  Axis x;
  Span rows;  // of the output
  Span columns;

  __device__ Span source_rows() const { return sources(y, rows); }
  __device__ Span source_columns() const { return sources(x, columns); }
};

// Calls put(row, column, value) for each output of the tile, counted from the tile's first.
template <typename Put>
__device__ __forceinline__ void filter_matrix(const Tile& tile, const float* taps,
                                              const float* from, const Put& put) {
  const Span rows = tile.source_rows();
  const Span columns = tile.source_columns();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  for (int j = lane; j < tile.columns.count; j += 32) {
    const First left(tile.x, tile.columns.begin + j);
    for (int i = static_cast<int>(threadIdx.x) / 32; i < tile.rows.count;
         i += kResampleThreads / 32) {
      const First top(tile.y, tile.rows.begin + i);
      const float* row = from + (top.sample - rows.begin) * columns.count;
      float sum = 0;
      for (int ty = top.tap; ty < tile.y.taps; ty += tile.y.up, row += columns.count) {
        const float* at = row + (left.sample - columns.begin);
        for (int tx = left.tap; tx < tile.x.taps; tx += tile.x.up) {
          sum += taps[ty * tile.x.taps + tx] * *at++;
        }
      }
      put(i, j, sum);
    }
  }
}

// Every row of the source on its own: to (source rows, output columns).
__device__ __forceinline__ void filter_rows(const Tile& tile, const float* taps, const float* from,
                                            float* to) {
  const int rows = tile.source_rows().count;
  const Span columns = tile.source_columns();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  for (int j = lane; j < tile.columns.count; j += 32) {
    const First left(tile.x, tile.columns.begin + j);
    for (int r = static_cast<int>(threadIdx.x) / 32; r < rows; r += kResampleThreads / 32) {
      const float* at = from + r * columns.count + (left.sample - columns.begin);
      float sum = 0;
      for (int t = left.tap; t < tile.x.taps; t += tile.x.up) sum += taps[t] * *at++;
      to[r * tile.columns.count + j] = sum;
    }
  }
}

template <typename Put>
__device__ __forceinline__ void filter_columns(const Tile& tile, const float* taps,
                                               const float* from, const Put& put) {
  const Span rows = tile.source_rows();
  const int pitch = tile.columns.count;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  for (int i = static_cast<int>(threadIdx.x) / 32; i < tile.rows.count;
       i += kResampleThreads / 32) {
    const First top(tile.y, tile.rows.begin + i);
    for (int j = lane; j < pitch; j += 32) {
      const float* at = from + (top.sample - rows.begin) * pitch + j;
      float sum = 0;
      for (int t = top.tap; t < tile.y.taps; t += tile.y.up, at += pitch) sum += taps[t] * *at;
      put(i, j, sum);
    }
  }
}

// Two rooms of shared memory; what a step makes lies in `now` after it.
struct Rooms {
  float* now;
  float* other;

  // Where a resampling with this filter may put its result: the room that is not read by then. The
  // rows of a separable one go to the other first, and its columns are filtered from there.
  __device__ float* of_result(const Filter& filter) const {
    return filter.is_matrix() ? other : now;
  }

  __device__ void swap() {
    float* before = now;
    now = other;
    other = before;
  }
};

// From rooms->now through the filter to put(row, column, value). The whole block calls it, once
// the source and the taps are staged. Put may write to what Rooms::of_result was before the call,
// which is rooms->other after it, or elsewhere.
template <typename Put>
__device__ __forceinline__ void resample(const Tile& tile, const Filter& filter, const float* taps,
                                         Rooms* rooms, const Put& put) {
  __syncthreads();
  if (filter.is_matrix()) {
    filter_matrix(tile, taps, rooms->now, put);
    return;
  }
  filter_rows(tile, taps, rooms->now, rooms->other);
  rooms->swap();
  __syncthreads();
  filter_columns(tile, taps + filter.width(), rooms->now, put);
}

// ---- Host side ----

constexpr int kMostFactor = 64;
constexpr int64_t kMostSamples = int64_t{1} << 24;
constexpr int64_t kMostTaps = 4096;

inline void require_factor(int64_t factor) {
  require(factor >= 1 && factor <= kMostFactor, "a factor is not from 1 to 64");
}

inline Filter filter_of(const float* values, int64_t rows, int64_t columns) {
  require(rows >= 0 && rows <= kMostTaps && columns >= 0 && columns <= kMostTaps,
          "the taps of a filter are not from 0 to 4096");
  require(rows == 0 || columns > 0, "a filter has rows without columns");
  require(columns == 0 || values != nullptr, "a filter is NULL");
  return {values, static_cast<int>(rows), static_cast<int>(columns)};
}

// How many outputs there are; refuses what is out of range and what leaves none.
inline int64_t outputs_of(const Axis& axis, int64_t samples, int64_t before, int64_t after) {
  require(samples >= 1 && samples <= kMostSamples, "a side is not from 1 to 2^24");
  require(before >= -kMostSamples && before <= kMostSamples && after >= -kMostSamples &&
              after <= kMostSamples,
          "a padding is not from -2^24 to 2^24");
  const int64_t span = samples * axis.up + before + after - axis.taps;
  require(span >= 0, "no output is left");
  return span / axis.down + 1;
}

inline void require_planes(int64_t planes, int64_t largest) {
  require(planes >= 0 && planes <= (int64_t{1} << 60) / largest,
          "the number of planes is negative or too large");
}

// What the two rooms have to hold; goes the way of Rooms.
class RoomPlan {
 public:
  void put(int64_t count) { sizes_[now_] = std::max(sizes_[now_], count); }
  void put_next(int64_t count) {
    now_ = 1 - now_;
    put(count);
  }
  // A resampling to rows x columns; `kept` where the result lies in a room as well.
  void resample(const Filter& filter, int64_t source_rows, int64_t rows, int64_t columns,
                bool kept) {
    if (!filter.is_matrix()) put_next(source_rows * columns);
    if (kept) put_next(rows * columns);
  }
  // The next source goes to the first room again.
  void restart() { now_ = 0; }
  int64_t first() const { return sizes_[0]; }
  int64_t total() const { return sizes_[0] + sizes_[1]; }

 private:
  int64_t sizes_[2] = {0, 0};
  int now_ = 0;
};

// Tiles of the outputs of all planes, one to a block; columns are counted first.
struct TileGrid {
  int side;
  int height;  // of an output plane
  int width;
  int64_t across;
  int64_t down;
  int64_t count;  // of tiles in all planes

  TileGrid(int64_t planes, int64_t rows, int64_t columns, int tile)
      : side(tile),
        height(static_cast<int>(rows)),
        width(static_cast<int>(columns)),
        across((columns + tile - 1) / tile),
        down((rows + tile - 1) / tile),
        count(planes * across * down) {}

  int64_t blocks() const { return std::min(count, kMostBlocks); }

  __device__ int64_t plane_of(int64_t tile) const { return tile / (across * down); }
  __device__ Span rows_of(int64_t tile) const {
    const int begin = static_cast<int>(tile / across % down) * side;
    return {begin, min(side, height - begin)};
  }
  __device__ Span columns_of(int64_t tile) const {
    const int begin = static_cast<int>(tile % across) * side;
    return {begin, min(side, width - begin)};
  }
};

// The largest tile whose block needs no more shared memory than there is, by `floats(side)`.
template <typename Floats>
int largest_tile(const Floats& floats) {
  for (int side = 32; side >= 1; side /= 2) {
    if (floats(side) <= kMostShared / 4) return side;
  }
  throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT,
                "filters of so many taps do not fit into the shared memory of a block");
}

}  // namespace potstill

#endif
