package org.potstill.tensor;

import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Host memory that a GPU reaches by itself, so that copies are queued and the host goes on.
 * LibTorch keeps it from being handed out again before the copies that were queued are done.
 */
final class PageLocked {

  private static final Logger LOG = LoggerFactory.getLogger(PageLocked.class);

  private static volatile boolean granted = true;

  private PageLocked() {}

  /** A copy of a tensor of the host; empty where the system grants no such memory. */
  static Optional<Tensor> copy(Tensor host) {
    return tryTo(host::pin_memory);
  }

  /** Floats of a shape, not set; empty where the system grants no such memory. */
  static Optional<Tensor> floats(long... shape) {
    TensorOptions options =
        new TensorOptions(torch.ScalarType.Float).pinned_memory(new BoolOptional(true));
    return tryTo(() -> torch.empty(shape, options, null));
  }

  private static Optional<Tensor> tryTo(Supplier<Tensor> allocation) {
    if (!granted) {
      return Optional.empty();
    }
    try {
      return Optional.of(allocation.get());
    } catch (RuntimeException e) {
      granted = false;
      LOG.info(
          "copies wait for the GPU, since there is no page-locked memory: {}",
          LibTorch.firstLine(e));
      return Optional.empty();
    }
  }
}
