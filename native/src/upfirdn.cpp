// upfirdn: upsampling by zeros, padding, FIR filter, downsampling (Karras et al. 2020, appendix);
// float32, (planes, height, width) row-major.
//
// Polyphase and row by row (resample.h): reads 4 in and writes 4 out bytes a plane, everything
// between stays in the caches. Rows are independent, so the result does not depend on the thread
// count.
#include <omp.h>

#include "loops.h"
#include "partition.h"
#include "resample.h"
#include "status.h"

namespace potstill {
namespace {

struct Shape {
  Axis x;
  Axis y;
  const char* problem;  // nullptr where there is none
};

Shape shape_of(int64_t height, int64_t width, const int32_t* up, const int32_t* down,
               const int64_t* padding, const Filter& filter) {
  Shape shape = {{}, {}, problem_of(height, width, up, down, padding)};
  if (shape.problem == nullptr && !filter.valid())
    shape.problem = "the filter's size is out of range";
  if (shape.problem != nullptr) return shape;
  shape.x = Axis::of(width, up[0], down[0], padding[0], padding[1], filter.taps_x());
  shape.y = Axis::of(height, up[1], down[1], padding[2], padding[3], filter.taps_y());
  if (shape.x.out < 1 || shape.y.out < 1) shape.problem = "no output is left";
  return shape;
}

struct Worker {
  Stage stage;
  float* row;

  Worker(const Plan& plan, const Loops& loops, Arena& arena)
      : stage(plan, loops, arena), row(arena.take<float>(plan.to.allocated())) {}
};

}  // namespace
}  // namespace potstill

int64_t potstill_upfirdn_workspace(int64_t height, int64_t width, const int32_t* up,
                                   const int32_t* down, const int64_t* padding, int64_t rows,
                                   int64_t columns, int32_t threads) noexcept {
  using namespace potstill;
  if (up == nullptr || down == nullptr || padding == nullptr || !takes_threads(threads)) return -1;
  const Filter filter = {nullptr, rows, columns};
  const Shape shape = shape_of(height, width, up, down, padding, filter);
  if (shape.problem != nullptr) return -1;
  Plan plan(shape.x, shape.y, filter.separable(), 1);
  Arena shared(nullptr);
  plan.take(shared);
  Arena own(nullptr);
  const Worker worker(plan, loops_of(POTSTILL_LEVEL_GENERIC), own);
  return workspace_of(shared.used(), own.used(), threads);
}

int32_t potstill_upfirdn(const float* input, int64_t planes, int64_t height, int64_t width,
                         const int32_t* up, const int32_t* down, const int64_t* padding,
                         const float* filter, int64_t rows, int64_t columns, int32_t flip,
                         double gain, float* output, void* workspace, int64_t workspace_bytes,
                         int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("upfirdn", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    require(planes >= 0, "planes is negative");
    require(up != nullptr && down != nullptr && padding != nullptr, "up, down or padding is NULL");
    const Filter taps = {filter, rows, columns};
    const Shape shape = shape_of(height, width, up, down, padding, taps);
    if (shape.problem != nullptr) require(false, shape.problem);
    require(columns == 0 || filter != nullptr, "filter is NULL");
    require(planes == 0 || (input != nullptr && output != nullptr), "input or output is NULL");
    require_workspace(
        workspace, workspace_bytes,
        potstill_upfirdn_workspace(height, width, up, down, padding, rows, columns, threads));
    Plan plan(shape.x, shape.y, taps.separable(), 1);
    Arena shared(Arena::aligned(workspace));
    plan.take(shared);
    plan.fill(taps, flip == 0, gain);
    Arena measure(nullptr);
    const Worker sizes(plan, loops, measure);
    char* memory = static_cast<char*>(workspace) + shared.used();
    const int64_t out_height = plan.y.out;
    const int64_t out_width = plan.x.out;
    const int64_t bands = bands_of(planes, out_height, threads);
    const bool serial = planes <= kSerialElements / (out_height * out_width);
#pragma omp parallel num_threads(threads) if (!serial)
    {
      Arena own(Arena::aligned(memory + omp_get_thread_num() * measure.used()));
      Worker worker(plan, loops, own);
      worker.stage.clear();
#pragma omp for schedule(dynamic)
      for (int64_t task = 0; task < planes * bands; ++task) {
        const int64_t plane = task / bands;
        const int64_t band = task % bands;
        const float* from = input + plane * height * width;
        float* into = output + plane * out_height * out_width;
        worker.stage.restart();
        for (int64_t o = out_height * band / bands; o < out_height * (band + 1) / bands; ++o) {
          worker.stage.row(o, worker.row, [&](int64_t i, float* row) {
            loops.split(from + i * width, width, 0, plan.from.subs, plan.from.stride,
                        row + plan.from.left);
          });
          loops.join(worker.row, out_width, plan.to.subs, plan.to.stride, into + o * out_width);
        }
      }
    }
  });
}
