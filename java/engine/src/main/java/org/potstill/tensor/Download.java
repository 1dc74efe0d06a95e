package org.potstill.tensor;

import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Numbers on their way from a GPU to the host. The copy is queued behind what computes them, and
 * reading them waits for that alone, where a plain copy would wait for all that is queued by then.
 *
 * <p>Owns what it needs until it is closed. Used by one thread.
 */
public final class Download implements AutoCloseable {

  private static final String NUMBERS = "numbers";

  private final NamedTensors owned = new NamedTensors();
  private final GpuRuntime.Mark copied;

  private Download(Tensor numbers, GpuRuntime.Mark copied) {
    owned.put(NUMBERS, numbers);
    this.copied = copied;
  }

  /**
   * Begins; where the numbers are on the host already, or the system grants no page-locked memory,
   * they are read where they lie.
   *
   * @param numbers float32, not changed until they are read
   */
  public static Download of(Tensor numbers) {
    if (numbers.is_cpu()) {
      return new Download(numbers, null);
    }
    return of(
        numbers,
        PageLocked::floats,
        tensor -> GpuRuntime.require().mark(Placement.of(tensor).index()));
  }

  /** The same through other memory and another queue, for tests. */
  static Download of(
      Tensor numbers,
      Function<long[], Optional<Tensor>> locked,
      Function<Tensor, GpuRuntime.Mark> mark) {
    try (PointerScope scope = new PointerScope()) {
      Optional<Tensor> buffer = locked.apply(Tensors.shape(numbers));
      if (buffer.isEmpty()) {
        return new Download(numbers, null);
      }
      buffer.get().copy_(numbers, true);
      return new Download(buffer.get(), mark.apply(numbers));
    }
  }

  /** How many there are. */
  public int count() {
    return Math.toIntExact(owned.get(NUMBERS).numel());
  }

  /** The numbers in row-major order; waits for them. */
  public float[] read() {
    if (copied != null) {
      copied.await();
    }
    return Tensors.toFloats(owned.get(NUMBERS));
  }

  @Override
  public void close() {
    owned.close();
    if (copied != null) {
      copied.close();
    }
  }
}
