package org.potstill.net;

import java.util.Arrays;
import java.util.List;

/**
 * One entry of a network's {@code state_dict}.
 *
 * @param name dotted name as in the reference
 * @param shape empty for a scalar
 * @param kind whether it is learned
 */
public record StateEntry(String name, List<Long> shape, Kind kind) {

  /** What an entry is. */
  public enum Kind {
    /** Learned, float32. */
    PARAMETER,
    /** Not learned, float32 (running mean, running variance). */
    BUFFER,
    /** Not learned, int64 ({@code num_batches_tracked}). */
    COUNTER
  }

  /** A learned tensor. */
  public static StateEntry parameter(String name, long... shape) {
    return new StateEntry(name, Arrays.stream(shape).boxed().toList(), Kind.PARAMETER);
  }

  /** A float32 tensor that is not learned. */
  public static StateEntry buffer(String name, long... shape) {
    return new StateEntry(name, Arrays.stream(shape).boxed().toList(), Kind.BUFFER);
  }

  /** An int64 scalar that counts. */
  public static StateEntry counter(String name) {
    return new StateEntry(name, List.of(), Kind.COUNTER);
  }

  /** The shape as an array. */
  public long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /** Number of elements. */
  public long size() {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }
}
