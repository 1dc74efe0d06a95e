// filtered_lrelu: bias, upsampling by u^2 with a filter, gain * lrelu, clamp, filter, downsampling
// (Karras et al. 2021, section 3.2), and its gradient with respect to the input; float32, (planes,
// height, width) row-major.
//
// Forward: reads 4 in and writes 4 out bytes a plane. Of the upsampled image only the rows under
// the taps of the second filter exist, in the second cache (resample.h). Backward: the upsampled
// rows are computed anew beside those of the gradient, which comes through the second filter
// transposed, is masked, and leaves through the first one transposed. Rows are independent, so
// results do not depend on the thread count.
#include <omp.h>

#include "loops.h"
#include "partition.h"
#include "resample.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int64_t kChunk = 1024;

struct Arguments {
  int64_t height;
  int64_t width;
  int64_t up;
  int64_t down;
  const int64_t* padding;
  Filter up_filter;
  Filter down_filter;
};

// Rows or columns: of the input, between the filters, of the output.
struct Sides {
  Axis up;
  Axis down;
  Axis up_transposed;
  Axis down_transposed;

  Sides(int64_t in, const Arguments& of, int64_t before, int64_t after, int64_t up_taps,
        int64_t down_taps)
      : up(Axis::of(in, of.up, 1, before, after, up_taps)),
        down(Axis::of(up.out, 1, of.down, 0, 0, down_taps)),
        up_transposed{up.out, in, 1, of.up, up_taps - 1 - before, up_taps},
        down_transposed{down.out, up.out, of.down, 1, down_taps - 1, down_taps} {}

  bool empty() const { return up.out < 1 || down.out < 1; }
};

struct Shape {
  Arguments of;
  Sides x;
  Sides y;
  int64_t subs;  // of the upsampled image

  explicit Shape(const Arguments& arguments)
      : of(arguments),
        x(of.width, of, of.padding[0], of.padding[1], of.up_filter.taps_x(),
          of.down_filter.taps_x()),
        y(of.height, of, of.padding[2], of.padding[3], of.up_filter.taps_y(),
          of.down_filter.taps_y()),
        subs(std::lcm(of.up, of.down)) {}

  // nullptr where there is none.
  static const char* problem(const Arguments& of) {
    const int32_t up[2] = {static_cast<int32_t>(of.up), static_cast<int32_t>(of.up)};
    const int32_t down[2] = {static_cast<int32_t>(of.down), static_cast<int32_t>(of.down)};
    const char* found = problem_of(of.height, of.width, up, down, of.padding);
    if (found != nullptr) return found;
    if (!of.up_filter.valid() || !of.down_filter.valid()) return "a filter's size is out of range";
    const Shape shape(of);
    return shape.x.empty() || shape.y.empty() ? "no output is left" : nullptr;
  }

  // Neither filters nor resamples.
  bool pointwise() const {
    return of.up == 1 && of.down == 1 && of.up_filter.columns == 0 && of.down_filter.columns == 0 &&
           std::all_of(of.padding, of.padding + 4, [](int64_t side) { return side == 0; });
  }

  Plan up() const { return Plan(x.up, y.up, of.up_filter.separable(), subs / of.up); }
  Plan down() const { return Plan(x.down, y.down, of.down_filter.separable(), subs / of.down); }
  Plan up_transposed() const {
    return Plan(x.up_transposed, y.up_transposed, of.up_filter.separable(), subs / of.up);
  }
  Plan down_transposed() const {
    return Plan(x.down_transposed, y.down_transposed, of.down_filter.separable(), subs / of.down);
  }
};

// The two stages of the forward pass.
struct Forward {
  Plan second;
  Plan first;

  explicit Forward(const Shape& shape) : second(shape.down()), first(shape.up().into(second)) {}

  void take(Arena& arena) {
    first.take(arena);
    second.take(arena);
  }

  void fill(const Arguments& of, bool flip) {
    first.fill(of.up_filter, !flip, static_cast<double>(of.up * of.up));
    second.fill(of.down_filter, !flip, 1);
  }

  struct Worker {
    Stage first;
    Stage second;
    float* row;

    Worker(const Forward& plans, const Loops& loops, Arena& arena)
        : first(plans.first, loops, arena),
          second(plans.second, loops, arena),
          row(arena.take<float>(plans.second.to.allocated())) {}

    void clear() {
      first.clear();
      second.clear();
    }
    void restart() {
      first.restart();
      second.restart();
    }
  };
};

// The three of the gradient.
struct Backward {
  Plan last;
  Plan first;
  Plan second;  // transposed

  explicit Backward(const Shape& shape)
      : last(shape.up_transposed()),
        first(shape.up().into(last)),
        second(shape.down_transposed().into(last)) {}

  void take(Arena& arena) {
    first.take(arena);
    second.take(arena);
    last.take(arena);
  }

  void fill(const Arguments& of, bool flip) {
    const double gain = static_cast<double>(of.up * of.up);
    first.fill(of.up_filter, !flip, gain);
    second.fill(of.down_filter, flip, 1);
    last.fill(of.up_filter, flip, gain);
  }

  struct Worker {
    Stage first;
    Stage second;
    Stage last;
    float* large;
    float* row;

    Worker(const Backward& plans, const Loops& loops, Arena& arena)
        : first(plans.first, loops, arena),
          second(plans.second, loops, arena),
          last(plans.last, loops, arena),
          large(arena.take<float>(plans.last.from.allocated())),
          row(arena.take<float>(plans.last.to.allocated())) {}

    void clear() {
      first.clear();
      second.clear();
      last.clear();
    }
    void restart() {
      first.restart();
      second.restart();
      last.restart();
    }
  };
};

template <typename Plans>
int64_t shared_bytes(Plans& plans) {
  Arena arena(nullptr);
  plans.take(arena);
  return arena.used();
}

template <typename Plans>
int64_t own_bytes(const Plans& plans) {
  Arena arena(nullptr);
  const typename Plans::Worker worker(plans, loops_of(POTSTILL_LEVEL_GENERIC), arena);
  return arena.used();
}

template <typename Plans>
int64_t bytes_of(const Shape& shape, int32_t threads) {
  Plans plans(shape);
  return workspace_of(shared_bytes(plans), own_bytes(plans), threads);
}

// Calls body(worker, plane, first row, last row + 1) for bands of all planes of `rows` rows.
template <typename Plans, typename Body>
void for_bands(Plans& plans, const Arguments& of, bool flip, const Loops& loops, int64_t planes,
               int64_t rows, bool serial, void* workspace, int32_t threads, Body body) {
  Arena shared(Arena::aligned(workspace));
  plans.take(shared);
  plans.fill(of, flip);
  char* memory = static_cast<char*>(workspace) + shared.used();
  const int64_t bytes = own_bytes(plans);
  const int64_t bands = bands_of(planes, rows, threads);
#pragma omp parallel num_threads(threads) if (!serial)
  {
    Arena own(Arena::aligned(memory + omp_get_thread_num() * bytes));
    typename Plans::Worker worker(plans, loops, own);
    worker.clear();
#pragma omp for schedule(dynamic)
    for (int64_t task = 0; task < planes * bands; ++task) {
      const int64_t band = task % bands;
      worker.restart();
      body(worker, task / bands, rows * band / bands, rows * (band + 1) / bands);
    }
  }
}

// Calls body(plane, offset, length) for pieces of all planes of `size` elements.
template <typename Body>
void for_chunks(int64_t planes, int64_t size, bool serial, int32_t threads, Body body) {
  const int64_t chunks = ceil_div(size, kChunk);
#pragma omp parallel for num_threads(threads) schedule(static) if (!serial)
  for (int64_t task = 0; task < planes * chunks; ++task) {
    const int64_t offset = task % chunks * kChunk;
    body(task / chunks, offset, std::min(kChunk, size - offset));
  }
}

Activation activation_of(double gain, double slope, double clamp) {
  require(clamp >= 0, "clamp is negative or NaN");
  return {static_cast<float>(gain), static_cast<float>(gain * slope), static_cast<float>(clamp)};
}

// What both entry points ask for.
Shape checked(const Arguments& of, int64_t planes, int64_t channels, const void* input,
              const void* output, const void* workspace, int64_t workspace_bytes, int32_t threads) {
  require_threads(threads);
  require(planes >= 0, "planes is negative");
  require(channels >= 1, "channels must be at least 1");
  require(of.padding != nullptr, "padding is NULL");
  const char* problem = Shape::problem(of);
  if (problem != nullptr) require(false, problem);
  require(of.up_filter.columns == 0 || of.up_filter.taps != nullptr, "up_filter is NULL");
  require(of.down_filter.columns == 0 || of.down_filter.taps != nullptr, "down_filter is NULL");
  require(planes == 0 || (input != nullptr && output != nullptr), "a buffer is NULL");
  const Shape shape(of);
  require_workspace(
      workspace, workspace_bytes,
      std::max(bytes_of<Forward>(shape, threads), bytes_of<Backward>(shape, threads)));
  return shape;
}

}  // namespace
}  // namespace potstill

int64_t potstill_filtered_lrelu_workspace(int64_t height, int64_t width, int32_t up, int32_t down,
                                          const int64_t* padding, int64_t up_rows,
                                          int64_t up_columns, int64_t down_rows,
                                          int64_t down_columns, int32_t threads) noexcept {
  using namespace potstill;
  const Arguments of = {height,
                        width,
                        up,
                        down,
                        padding,
                        {nullptr, up_rows, up_columns},
                        {nullptr, down_rows, down_columns}};
  if (padding == nullptr || !takes_threads(threads) || Shape::problem(of) != nullptr) return -1;
  const Shape shape(of);
  const int64_t forward = bytes_of<Forward>(shape, threads);
  const int64_t backward = bytes_of<Backward>(shape, threads);
  return forward < 0 || backward < 0 ? -1 : std::max(forward, backward);
}

int32_t potstill_filtered_lrelu(const float* input, const float* bias, int64_t planes,
                                int64_t channels, int64_t height, int64_t width, int32_t up,
                                int32_t down, const int64_t* padding, const float* up_filter,
                                int64_t up_rows, int64_t up_columns, const float* down_filter,
                                int64_t down_rows, int64_t down_columns, int32_t flip, double gain,
                                double slope, double clamp, float* output, void* workspace,
                                int64_t workspace_bytes, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("filtered_lrelu", [&] {
    const Loops& loops = loops_of(level);
    const Activation activation = activation_of(gain, slope, clamp);
    const Shape shape =
        checked({height,
                 width,
                 up,
                 down,
                 padding,
                 {up_filter, up_rows, up_columns},
                 {down_filter, down_rows, down_columns}},
                planes, channels, input, output, workspace, workspace_bytes, threads);
    const auto bias_of = [&](int64_t plane) {
      return bias == nullptr ? 0 : bias[plane % channels];
    };
    const int64_t size = height * width;
    if (shape.pointwise()) {
      return for_chunks(planes, size, planes <= kSerialElements / size, threads,
                        [&](int64_t plane, int64_t offset, int64_t length) {
                          alignas(64) float chunk[kChunk];
                          loops.split(input + plane * size + offset, length, bias_of(plane), 1, 0,
                                      chunk);
                          loops.activate(activation, whole_rows(length), chunk);
                          loops.join(chunk, length, 1, 0, output + plane * size + offset);
                        });
    }
    Forward plans(shape);
    const Layout& in = plans.first.from;
    const Layout& large = plans.second.from;
    const Layout& out = plans.second.to;
    const int64_t out_height = shape.y.down.out;
    const int64_t out_width = shape.x.down.out;
    const bool serial = planes <= kSerialElements / (shape.y.up.out * shape.x.up.out);
    for_bands(plans, shape.of, flip != 0, loops, planes, out_height, serial, workspace, threads,
              [&](Forward::Worker& worker, int64_t plane, int64_t begin, int64_t end) {
                const float* from = input + plane * size;
                float* into = output + plane * out_height * out_width;
                const auto load = [&](int64_t i, float* row) {
                  loops.split(from + i * width, width, bias_of(plane), in.subs, in.stride,
                              row + in.left);
                };
                const auto activated = [&](int64_t i, float* row) {
                  worker.first.row(i, row, load);
                  loops.activate(activation, large.floats(), row);
                };
                for (int64_t o = begin; o < end; ++o) {
                  worker.second.row(o, worker.row, activated);
                  loops.join(worker.row, out_width, out.subs, out.stride, into + o * out_width);
                }
              });
  });
}

int32_t potstill_filtered_lrelu_gradient(
    const float* input, const float* bias, int64_t planes, int64_t channels, int64_t height,
    int64_t width, int32_t up, int32_t down, const int64_t* padding, const float* up_filter,
    int64_t up_rows, int64_t up_columns, const float* down_filter, int64_t down_rows,
    int64_t down_columns, int32_t flip, double gain, double slope, double clamp,
    const float* gradient, float* input_gradient, void* workspace, int64_t workspace_bytes,
    int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("filtered_lrelu_gradient", [&] {
    const Loops& loops = loops_of(level);
    const Activation activation = activation_of(gain, slope, clamp);
    const Shape shape =
        checked({height,
                 width,
                 up,
                 down,
                 padding,
                 {up_filter, up_rows, up_columns},
                 {down_filter, down_rows, down_columns}},
                planes, channels, input, input_gradient, workspace, workspace_bytes, threads);
    require(planes == 0 || gradient != nullptr, "gradient is NULL");
    const auto bias_of = [&](int64_t plane) {
      return bias == nullptr ? 0 : bias[plane % channels];
    };
    const int64_t size = height * width;
    if (shape.pointwise()) {
      return for_chunks(planes, size, planes <= kSerialElements / size, threads,
                        [&](int64_t plane, int64_t offset, int64_t length) {
                          alignas(64) float x[kChunk];
                          alignas(64) float g[kChunk];
                          const int64_t at = plane * size + offset;
                          loops.split(input + at, length, bias_of(plane), 1, 0, x);
                          loops.split(gradient + at, length, 0, 1, 0, g);
                          loops.activation_gradient(activation, x, whole_rows(length), g);
                          loops.join(g, length, 1, 0, input_gradient + at);
                        });
    }
    Backward plans(shape);
    const Layout& in = plans.first.from;
    const Layout& out = plans.second.from;
    const Layout& large = plans.last.from;
    const Layout& result = plans.last.to;
    const int64_t out_width = shape.x.down.out;
    const int64_t out_size = shape.y.down.out * out_width;
    const bool serial = planes <= kSerialElements / (shape.y.up.out * shape.x.up.out);
    for_bands(plans, shape.of, flip != 0, loops, planes, height, serial, workspace, threads,
              [&](Backward::Worker& worker, int64_t plane, int64_t begin, int64_t end) {
                const auto load = [&](int64_t i, float* row) {
                  loops.split(input + plane * size + i * width, width, bias_of(plane), in.subs,
                              in.stride, row + in.left);
                };
                const auto load_gradient = [&](int64_t i, float* row) {
                  loops.split(gradient + plane * out_size + i * out_width, out_width, 0, out.subs,
                              out.stride, row + out.left);
                };
                const auto masked = [&](int64_t i, float* row) {
                  worker.first.row(i, worker.large, load);
                  worker.second.row(i, row, load_gradient);
                  loops.activation_gradient(activation, worker.large, large.floats(), row);
                };
                for (int64_t o = begin; o < end; ++o) {
                  worker.last.row(o, worker.row, masked);
                  loops.join(worker.row, width, result.subs, result.stride,
                             input_gradient + plane * size + o * width);
                }
              });
  });
}
