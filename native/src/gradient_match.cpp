// gradient_match: the distance of two lists of gradients (Zhao, Mopuri and Bilen 2021) and its
// gradient with respect to the synthetic list; see potstill_kernels.h for the equations.
//
// With a real, b synthetic, d = |a||b| + 1e-6: d(1 - a.b / d)/db = -a/d + (a.b)|a| b / (|b| d^2).
// LAYERWISE handles a row while it is in the cache and MSE a piece, so both lists come from memory
// once; COSINE needs its sums over all first. Partial sums are added in a fixed order: the result
// does not depend on the thread count. 4 * 2 P bytes read (4 * 4 P for COSINE beyond the caches),
// 4 P written.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "loops.h"
#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

constexpr double kEpsilon = 1e-6;

struct Lists {
  const Loops& loops;
  int64_t count;
  const int64_t* sizes;
  const float* const* real;
  const float* const* synthetic;
  float* const* gradients;  // may be null
  int32_t threads;

  bool serial() const {
    int64_t elements = 0;
    for (int64_t t = 0; t < count; ++t) elements += sizes[t];
    return elements <= kSerialElements;
  }
};

// 1 - cos and the factors of a and b in its gradient.
struct Cosine {
  double distance;
  double of_a;
  double of_b;

  explicit Cosine(const Moments& m) {
    const double norm_a = std::sqrt(m.aa);
    const double norm_b = std::sqrt(m.bb);
    const double d = norm_a * norm_b + kEpsilon;
    distance = 1 - m.ab / d;
    of_a = -1 / d;
    of_b = norm_b == 0 ? 0 : m.ab * norm_a / (norm_b * d * d);
  }
};

// A tensor is as many units as it has rows, or a single one if it does not count.
int64_t units_of(int64_t rows) { return std::max<int64_t>(rows, 1); }

double layerwise_unit(const Lists& lists, int64_t t, int64_t rows, int64_t row) {
  if (rows == 0) {
    if (lists.gradients != nullptr && lists.sizes[t] > 0) {
      std::memset(lists.gradients[t], 0, static_cast<size_t>(lists.sizes[t]) * sizeof(float));
    }
    return 0;
  }
  const int64_t length = lists.sizes[t] / rows;
  if (length == 0) return 1;  // the cosine of two empty rows is 0
  const float* a = lists.real[t] + row * length;
  const float* b = lists.synthetic[t] + row * length;
  const Cosine cosine(lists.loops.moments(a, b, length));
  if (lists.gradients != nullptr) {
    float* out = lists.gradients[t] + row * length;
    lists.loops.combine(a, cosine.of_a, b, cosine.of_b, length, out);
  }
  return cosine.distance;
}

double layerwise(const Lists& lists, const int64_t* rows, void* workspace) {
  auto* first = static_cast<int64_t*>(workspace);
  double* partial = static_cast<double*>(workspace) + lists.count + 1;
  first[0] = 0;
  for (int64_t t = 0; t < lists.count; ++t) first[t + 1] = first[t] + units_of(rows[t]);
  const int64_t units = first[lists.count];
#pragma omp parallel for num_threads(lists.threads) schedule(dynamic, 8) if (!lists.serial())
  for (int64_t u = 0; u < units; ++u) {
    const int64_t t = std::upper_bound(first, first + lists.count + 1, u) - first - 1;
    partial[u] = layerwise_unit(lists, t, rows[t], u - first[t]);
  }
  double total = 0;
  for (int64_t u = 0; u < units; ++u) total += partial[u];
  return total;
}

double squared(const Lists& lists, void* workspace) {
  const Partition parts(lists.count, lists.sizes, static_cast<int64_t*>(workspace));
  double* partial = static_cast<double*>(workspace) + lists.count + 1;
  const int64_t pieces = parts.pieces();
#pragma omp parallel for num_threads(lists.threads) schedule(static) if (!lists.serial())
  for (int64_t i = 0; i < pieces; ++i) {
    const Piece p = parts.piece(i);
    const float* a = lists.real[p.tensor] + p.offset;
    const float* b = lists.synthetic[p.tensor] + p.offset;
    partial[i] = lists.loops.squared_distance(b, a, p.length);
    if (lists.gradients != nullptr) {
      lists.loops.scaled_difference(b, a, 2, p.length, false, lists.gradients[p.tensor] + p.offset);
    }
  }
  double total = 0;
  for (int64_t i = 0; i < pieces; ++i) total += partial[i];
  return total;
}

double cosine(const Lists& lists, void* workspace) {
  const Partition parts(lists.count, lists.sizes, static_cast<int64_t*>(workspace));
  auto* partial = reinterpret_cast<Moments*>(static_cast<double*>(workspace) + lists.count + 1);
  const int64_t pieces = parts.pieces();
  const bool serial = lists.serial();
#pragma omp parallel for num_threads(lists.threads) schedule(static) if (!serial)
  for (int64_t i = 0; i < pieces; ++i) {
    const Piece p = parts.piece(i);
    partial[i] = lists.loops.moments(lists.real[p.tensor] + p.offset,
                                     lists.synthetic[p.tensor] + p.offset, p.length);
  }
  Moments sum = {0, 0, 0};
  for (int64_t i = 0; i < pieces; ++i) {
    sum.ab += partial[i].ab;
    sum.aa += partial[i].aa;
    sum.bb += partial[i].bb;
  }
  const Cosine whole(sum);
  if (lists.gradients == nullptr) return whole.distance;
#pragma omp parallel for num_threads(lists.threads) schedule(static) if (!serial)
  for (int64_t i = 0; i < pieces; ++i) {
    const Piece p = parts.piece(i);
    lists.loops.combine(lists.real[p.tensor] + p.offset, whole.of_a,
                        lists.synthetic[p.tensor] + p.offset, whole.of_b, p.length,
                        lists.gradients[p.tensor] + p.offset);
  }
  return whole.distance;
}

int64_t total_units(int64_t count, const int64_t* rows) {
  int64_t units = 0;
  for (int64_t t = 0; t < count; ++t) {
    if (rows[t] < 0 || __builtin_add_overflow(units, units_of(rows[t]), &units)) return -1;
  }
  return units;
}

void require_rows(int64_t count, const int64_t* rows, const int64_t* sizes) {
  for (int64_t t = 0; t < count; ++t) {
    require(rows[t] == 0 || sizes[t] % rows[t] == 0, "rows are not of equal length");
  }
}

}  // namespace
}  // namespace potstill

// Where each tensor's units begin, and one sum (COSINE: three) for every unit.
int64_t potstill_gradient_match_workspace(int32_t distance, int64_t count, const int64_t* rows,
                                          const int64_t* sizes) noexcept {
  if (count < 0 || (count > 0 && sizes == nullptr)) return -1;
  const bool layerwise = distance == POTSTILL_LAYERWISE;
  if (layerwise && count > 0 && rows == nullptr) return -1;
  const int64_t pieces = potstill::Partition::total(count, sizes);
  const int64_t units = layerwise ? potstill::total_units(count, rows) : pieces;
  if (pieces < 0 || units < 0 || units > (int64_t{1} << 56)) return -1;
  return 8 * (count + 1 + (distance == POTSTILL_COSINE ? 3 : 1) * units);
}

int32_t potstill_gradient_match(int32_t distance, int64_t count, const int64_t* rows,
                                const int64_t* sizes, const float* const* real,
                                const float* const* synthetic, float* const* gradients,
                                double* loss, void* workspace, int64_t workspace_bytes,
                                int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("gradient_match", [&] {
    const Loops& loops = loops_of(level);
    require(distance >= POTSTILL_LAYERWISE && distance <= POTSTILL_COSINE, "unknown distance");
    require_threads(threads);
    require_workspace(workspace, workspace_bytes,
                      potstill_gradient_match_workspace(distance, count, rows, sizes));
    require(loss != nullptr, "loss is NULL");
    require_buffers(count, sizes, real, "real");
    require_buffers(count, sizes, synthetic, "synthetic");
    if (gradients != nullptr) require_buffers(count, sizes, gradients, "gradients");
    const Lists lists = {loops, count, sizes, real, synthetic, gradients, threads};
    if (distance == POTSTILL_LAYERWISE) {
      require_rows(count, rows, sizes);
      *loss = layerwise(lists, rows, workspace);
    } else {
      *loss = distance == POTSTILL_MSE ? squared(lists, workspace) : cosine(lists, workspace);
    }
  });
}
