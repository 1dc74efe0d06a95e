package org.potstill.tensor;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * An ordered map of named tensors: the parameters and buffers of a network, an EMA copy, a
 * checkpoint.
 *
 * <p>Owns its tensor handles: they outlive the surrounding {@code PointerScope}, live until {@link
 * #close()}, and may not be used after. Not safe for use by several threads while it changes.
 */
public final class NamedTensors implements AutoCloseable {

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private boolean closed;

  /** An empty map. */
  public NamedTensors() {}

  /**
   * Puts {@code tensor} under {@code name}, taking a share in the handle; the handle that stood
   * there is given back.
   *
   * <p>The handle must be the caller's own (not an element of a {@code TensorVector}).
   */
  public void put(String name, Tensor tensor) {
    requireOpen();
    // Without a reference of its own the handle would be closed with the scope it was made in.
    tensor.retainReference();
    Tensor previous = tensors.put(name, tensor);
    if (previous != null) {
      previous.releaseReference();
    }
  }

  /**
   * The tensor called {@code name}; it stays owned by this map.
   *
   * @throws IllegalArgumentException where there is none
   */
  public Tensor get(String name) {
    requireOpen();
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor called " + name + " among " + tensors.keySet());
    }
    return tensor;
  }

  /** Whether there is a tensor called {@code name}. */
  public boolean contains(String name) {
    requireOpen();
    return tensors.containsKey(name);
  }

  /** The names in order. */
  public Set<String> names() {
    requireOpen();
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** The tensors in order; they stay owned by this map. */
  public List<Tensor> values() {
    requireOpen();
    return List.copyOf(tensors.values());
  }

  /** Number of tensors. */
  public int size() {
    requireOpen();
    return tensors.size();
  }

  /** A new map with {@code operation} applied to every tensor; it must give new handles. */
  public NamedTensors map(UnaryOperator<Tensor> operation) {
    requireOpen();
    NamedTensors result = new NamedTensors();
    tensors.forEach((name, tensor) -> result.put(name, operation.apply(tensor)));
    return result;
  }

  /** Whether every value of every tensor is finite. */
  public boolean isFinite() {
    requireOpen();
    try (PointerScope scope = new PointerScope()) {
      return tensors.values().stream().allMatch(tensor -> tensor.isfinite().all().item_bool());
    }
  }

  /** Gives all tensors back; a second call does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      tensors.values().forEach(Tensor::releaseReference);
      tensors.clear();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("these tensors were closed");
    }
  }
}
