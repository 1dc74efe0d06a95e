package org.potstill.tensor;

import java.util.function.UnaryOperator;
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

  private final UnaryOperator<Tensor> locked;
  private final long bufferBytes;

  /** Through LibTorch's page-locked memory; where the system grants none, plain copies. */
  Upload() {
    this(Upload::lock, BUFFER_BYTES);
  }

  /** Through other buffers, for tests. */
  Upload(UnaryOperator<Tensor> locked, long bufferBytes) {
    this.locked = locked;
    this.bufferBytes = bufferBytes;
  }

  private static Tensor lock(Tensor host) {
    return PageLocked.copy(host).orElse(host);
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
        Tensor buffer = locked.apply(host.detach());
        result.put(buffer.to(device, type, true, false, new MemoryFormatOptional()));
      }
      return result;
    }
    TensorOptions options = host.options().device(new DeviceOptional(device));
    Tensor result = torch.empty(Tensors.shape(host), options, null);
    long atOnce = Math.max(1, bufferBytes / (bytes / rows));
    for (long from = 0; from < rows; from += atOnce) {
      try (PointerScope scope = new PointerScope()) {
        long count = Math.min(atOnce, rows - from);
        Tensor buffer = locked.apply(host.detach().narrow(0, from, count));
        result.narrow(0, from, count).copy_(buffer, true);
      }
    }
    return result;
  }
}
