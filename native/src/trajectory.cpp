// trajectory: ||theta - target||^2 / ||start - target||^2 over lists of tensors, and its gradient
// 2 (theta - target) / ||start - target||^2 (Cazenavette et al. 2022, eq. 2).
//
// The divisor is known only after start and target are read, so theta and target are read twice:
// 4 * 5 P bytes read, 4 P written, past the caches where P is large. Partial sums are added in the
// order of the pieces: the result does not depend on the thread count. Squares and the divisor that
// single precision does not hold are taken in double.
#include <cmath>
#include <limits>

#include "loops.h"
#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int64_t kStreamElements = int64_t{1} << 21;  // four lists of 8 MiB outgrow the caches

// Whether the sum of a piece is as good with its squares in single precision: none overflowed, and
// what those that became subnormal have lost is nothing beside it.
bool holds(double sum) {
  return sum >= double{std::numeric_limits<float>::min()} * kPiece && std::isfinite(sum);
}

void piece_distances(const Loops& loops, const float* theta, const float* target,
                     const float* start, int64_t n, double* sums) {
  loops.squared_distances(theta, target, start, n, sums);
  if (!holds(sums[0])) sums[0] = loops.squared_distance(theta, target, n);
  if (!holds(sums[1])) sums[1] = loops.squared_distance(start, target, n);
}

// out = scale (a - b).
void difference(const Loops& loops, const float* a, const float* b, double scale, bool in_double,
                int64_t n, bool stream, float* out) {
  if (!in_double) {
    return loops.scaled_difference(a, b, static_cast<float>(scale), n, stream, out);
  }
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>((double{a[i]} - b[i]) * scale);
}

}  // namespace
}  // namespace potstill

// Two sums for every piece, and where each tensor's pieces begin.
int64_t potstill_trajectory_workspace(int64_t count, const int64_t* sizes) noexcept {
  if (count < 0 || (count > 0 && sizes == nullptr)) return -1;
  const int64_t pieces = potstill::Partition::total(count, sizes);
  return pieces < 0 || pieces > (int64_t{1} << 56) ? -1 : 8 * (2 * pieces + count + 1);
}

int32_t potstill_trajectory(int64_t count, const int64_t* sizes, const float* const* theta,
                            const float* const* target, const float* const* start,
                            float* const* gradients, double* loss, void* workspace,
                            int64_t workspace_bytes, int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("trajectory", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    require_workspace(workspace, workspace_bytes, potstill_trajectory_workspace(count, sizes));
    require(loss != nullptr, "loss is NULL");
    require_buffers(count, sizes, theta, "theta");
    require_buffers(count, sizes, target, "target");
    require_buffers(count, sizes, start, "start");
    if (gradients != nullptr) require_buffers(count, sizes, gradients, "gradients");
    const Partition parts(count, sizes, static_cast<int64_t*>(workspace));
    double* sums = static_cast<double*>(workspace) + count + 1;
    const int64_t elements = parts.elements();
    const int64_t pieces = parts.pieces();
    const bool serial = elements <= kSerialElements;
#pragma omp parallel for num_threads(threads) schedule(static) if (!serial)
    for (int64_t i = 0; i < pieces; ++i) {
      const Piece p = parts.piece(i);
      piece_distances(loops, theta[p.tensor] + p.offset, target[p.tensor] + p.offset,
                      start[p.tensor] + p.offset, p.length, sums + 2 * i);
    }
    double distance = 0;
    double travelled = 0;
    for (int64_t i = 0; i < pieces; ++i) {
      distance += sums[2 * i];
      travelled += sums[2 * i + 1];
    }
    const double nan = std::numeric_limits<double>::quiet_NaN();
    *loss = travelled == 0 ? nan : distance / travelled;
    if (gradients == nullptr) return;
    const double scale = travelled == 0 ? nan : 2 / travelled;
    const bool in_double = !std::isnormal(static_cast<float>(scale)) ||
                           !(distance <= double{std::numeric_limits<float>::max()});
    const bool stream = elements >= kStreamElements;
#pragma omp parallel for num_threads(threads) schedule(static) if (!serial)
    for (int64_t i = 0; i < pieces; ++i) {
      const Piece p = parts.piece(i);
      difference(loops, theta[p.tensor] + p.offset, target[p.tensor] + p.offset, scale, in_double,
                 p.length, stream, gradients[p.tensor] + p.offset);
    }
  });
}
