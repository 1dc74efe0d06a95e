package org.potstill.tensor;

import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * The way from host memory to a GPU through page-locked buffers: the copy is queued on the current
 * stream, and the host goes on, where a plain copy would wait for all that is queued before it.
 *
 * <p>The host's tensor has been read when a call returns.
 */
final class Upload {

  /** Of one buffer: the host fills the next one while the GPU fetches this one. */
  private static final long BUFFER_BYTES = 32L << 20;

  private final Function<Tensor, Optional<Tensor>> locked;
  private final long bufferBytes;

  /** Through LibTorch's page-locked memory; where the system grants none, plain copies. */
  Upload() {
    this(PageLocked::copy, BUFFER_BYTES);
  }

  /** Through other buffers, for tests. */
  Upload(Function<Tensor, Optional<Tensor>> locked, long bufferBytes) {
    this.locked = locked;
    this.bufferBytes = bufferBytes;
  }

  /** What a copy to the device is made from, and whether the host may go on before it is made. */
  record Source(Tensor tensor, boolean queued) {}

  /**
   * A buffer; where there is none the host's tensor itself, whose copy is waited for: CUDA may read
   * memory that is not page-locked after the call has returned. So is that of a tensor with gaps,
   * which LibTorch closes in other memory first.
   */
  Source source(Tensor host) {
    return locked
        .apply(host)
        .map(buffer -> new Source(buffer, buffer.is_non_overlapping_and_dense()))
        .orElseGet(() -> new Source(host, false));
  }

  /**
   * A copy of {@code host} on a device, in the caller's scope.
   *
   * @param host of any element type and layout
   */
  Tensor to(Device device, Tensor host) {
    long bytes = host.numel() * host.element_size();
    long rows = host.dim() == 0 ? 1 : host.size(0);
    boolean small = bytes <= bufferBytes || rows < 2;
    if (small || !host.is_contiguous(torch.MemoryFormat.Contiguous)) {
      Tensor result = new Tensor();
      try (PointerScope scope = new PointerScope()) {
        torch.ScalarType type = host.scalar_type();
        Source source = source(host.detach());
        result.put(
            source.tensor().to(device, type, source.queued(), false, new MemoryFormatOptional()));
      }
      return result;
    }
    TensorOptions options = host.options().device(new DeviceOptional(device));
    Tensor result = torch.empty(Tensors.shape(host), options, null);
    long atOnce = Math.max(1, bufferBytes / (bytes / rows));
    for (long from = 0; from < rows; from += atOnce) {
      try (PointerScope scope = new PointerScope()) {
        long count = Math.min(atOnce, rows - from);
        Source source = source(host.detach().narrow(0, from, count));
        result.narrow(0, from, count).copy_(source.tensor(), source.queued());
      }
    }
    return result;
  }
}
