// feature_mean: sum_c ||mean(real_c) - mean(synthetic_c)||^2 and its gradient with respect to the
// synthetic features (Zhao and Bilen 2023, eq. 5); features row-major, classes one after another.
//
// A class is cut into blocks of columns whose double sums stay in the first cache; blocks are added
// in order, so the result does not depend on the thread count. Reads every feature once, writes the
// gradient once: 4 (Nr + 2 Ns) D bytes.
#include <algorithm>
#include <cstring>

#include "loops.h"
#include "partition.h"
#include "status.h"

namespace potstill {
namespace {

constexpr int64_t kColumns = 1024;

struct FeatureMean {
  const Loops& loops;
  const float* real;
  const int64_t* real_offsets;
  const float* synthetic;
  const int64_t* synthetic_offsets;
  int64_t features;
  float* gradient;

  // The share of class c's loss in the columns from `column` on.
  double block(int64_t c, int64_t column) const {
    alignas(64) double difference[kColumns];
    alignas(64) double target[kColumns];
    const int64_t width = std::min(kColumns, features - column);
    mean(synthetic, synthetic_offsets, c, column, width, difference);
    mean(real, real_offsets, c, column, width, target);
    double loss = 0;
    for (int64_t f = 0; f < width; ++f) {
      difference[f] -= target[f];
      loss += difference[f] * difference[f];
    }
    if (gradient != nullptr) write_gradient(c, column, width, difference);
    return loss;
  }

  void mean(const float* data, const int64_t* offsets, int64_t c, int64_t column, int64_t width,
            double* out) const {
    const int64_t rows = offsets[c + 1] - offsets[c];
    loops.sum_columns(data + offsets[c] * features + column, rows, features, width, out);
    for (int64_t f = 0; f < width; ++f) out[f] /= static_cast<double>(rows);
  }

  void write_gradient(int64_t c, int64_t column, int64_t width, const double* difference) const {
    alignas(64) float row[kColumns];
    const double scale = 2.0 / static_cast<double>(synthetic_offsets[c + 1] - synthetic_offsets[c]);
    for (int64_t f = 0; f < width; ++f) row[f] = static_cast<float>(scale * difference[f]);
    for (int64_t r = synthetic_offsets[c]; r < synthetic_offsets[c + 1]; ++r) {
      std::memcpy(gradient + r * features + column, row, static_cast<size_t>(width) * sizeof row[0]);
    }
  }
};

void require_rows(const int64_t* offsets, int64_t classes, const char* name) {
  require(offsets != nullptr && offsets[0] == 0, "offsets must begin with 0");
  for (int64_t c = 0; c < classes; ++c) {
    if (offsets[c + 1] <= offsets[c]) {
      throw Failure(POTSTILL_INVALID_ARGUMENT, "class %lld has no %s row",
                    static_cast<long long>(c), name);
    }
  }
}

int64_t blocks_of(int64_t features) { return (features + kColumns - 1) / kColumns; }

}  // namespace
}  // namespace potstill

// One partial loss for every class and block of columns.
int64_t potstill_feature_mean_workspace(int64_t classes, int64_t features) noexcept {
  int64_t bytes = 0;
  if (classes < 0 || features < 0 || features > (int64_t{1} << 60) ||
      __builtin_mul_overflow(classes, 8 * potstill::blocks_of(features), &bytes)) {
    return -1;
  }
  return bytes;
}

int32_t potstill_feature_mean(const float* real, const int64_t* real_offsets,
                              const float* synthetic, const int64_t* synthetic_offsets,
                              int64_t classes, int64_t features, double* loss, double* per_class,
                              float* gradient, void* workspace, int64_t workspace_bytes,
                              int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("feature_mean", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    require_workspace(workspace, workspace_bytes,
                      potstill_feature_mean_workspace(classes, features));
    require_rows(real_offsets, classes, "real");
    require_rows(synthetic_offsets, classes, "synthetic");
    require(loss != nullptr, "loss is NULL");
    require(classes == 0 || features == 0 || (real != nullptr && synthetic != nullptr),
            "real or synthetic is NULL");
    const FeatureMean op = {loops,             real,     real_offsets, synthetic,
                            synthetic_offsets, features, gradient};
    const int64_t blocks = blocks_of(features);
    auto* partial = static_cast<double*>(workspace);
    const int64_t rows = real_offsets[classes] + synthetic_offsets[classes];
    const bool serial = features == 0 || rows <= kSerialElements / features;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (!serial)
    for (int64_t task = 0; task < classes * blocks; ++task) {
      partial[task] = op.block(task / blocks, task % blocks * kColumns);
    }
    *loss = 0;
    for (int64_t c = 0; c < classes; ++c) {
      double of_class = 0;
      for (int64_t b = 0; b < blocks; ++b) of_class += partial[c * blocks + b];
      if (per_class != nullptr) per_class[c] = of_class;
      *loss += of_class;
    }
  });
}
