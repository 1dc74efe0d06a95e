package org.potstill.distill;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.potstill.net.GradientPass;
import org.potstill.tensor.Placement;
import org.potstill.tensor.TotalMemory;

/**
 * Passes of the student's steps that are kept until the steps are differentiated, as far as there
 * is room; those of the other steps are made again then, with the same result. Of one iteration.
 * The passes belong to the scope that they were made in.
 */
final class KeptPasses {

  /** For 28 steps with ten images of 32 pixels and a ConvNet of depth 3 and width 128. */
  private static final long MOST = 512L << 20;

  private static final int SHARE = 8;

  private final Map<Integer, List<GradientPass>> passes = new HashMap<>();
  private long room;

  /**
   * Nothing kept yet.
   *
   * @param room bytes that passes may take
   */
  KeptPasses(long room) {
    this.room = room;
  }

  /** What may be kept on this machine: an eighth of its memory, and no more than 512 MB. */
  static long usualRoom() {
    return Math.min(MOST, TotalMemory.bytes(Placement.CPU) / SHARE);
  }

  /** Whether there is room for as many bytes, which is then taken. */
  boolean takes(long bytes) {
    if (bytes > room) {
      return false;
    }
    room -= bytes;
    return true;
  }

  /** Keeps the pass of the next part of a step. */
  void put(int step, GradientPass pass) {
    passes.computeIfAbsent(step, key -> new ArrayList<>()).add(pass);
  }

  /** The passes of a step, part by part; none where they are not kept. */
  List<GradientPass> of(int step) {
    return passes.getOrDefault(step, List.of());
  }
}
