// sgd: v = momentum * v + (gradient + decay * p), p = p - rate * v over lists of tensors (the rule of
// PyTorch's SGD without dampening), in one pass: 4 * 3 P bytes read, 4 * 2 P written.
#include "loops.h"
#include "partition.h"
#include "status.h"

// Where each tensor's pieces begin.
int64_t potstill_sgd_workspace(int64_t count, const int64_t* sizes) noexcept {
  if (count < 0 || (count > 0 && sizes == nullptr)) return -1;
  return potstill::Partition::total(count, sizes) < 0 ? -1 : 8 * (count + 1);
}

int32_t potstill_sgd(int64_t count, const int64_t* sizes, float* const* parameters,
                     const float* const* gradients, float* const* velocities, double rate,
                     double momentum, double decay, void* workspace, int64_t workspace_bytes,
                     int32_t threads, int32_t level) noexcept {
  using namespace potstill;
  return guard("sgd", [&] {
    const Loops& loops = loops_of(level);
    require_threads(threads);
    require_workspace(workspace, workspace_bytes, potstill_sgd_workspace(count, sizes));
    require_buffers(count, sizes, parameters, "parameters");
    require_buffers(count, sizes, gradients, "gradients");
    require_buffers(count, sizes, velocities, "velocities");
    const Partition parts(count, sizes, static_cast<int64_t*>(workspace));
    const Descent descent = {static_cast<float>(rate), static_cast<float>(momentum),
                             static_cast<float>(decay)};
    const int64_t pieces = parts.pieces();
    const bool serial = parts.elements() <= kSerialElements;
#pragma omp parallel for num_threads(threads) schedule(static) if (!serial)
    for (int64_t i = 0; i < pieces; ++i) {
      const Piece p = parts.piece(i);
      loops.descend(descent, p.length, gradients[p.tensor] + p.offset,
                    parameters[p.tensor] + p.offset, velocities[p.tensor] + p.offset);
    }
  });
}
