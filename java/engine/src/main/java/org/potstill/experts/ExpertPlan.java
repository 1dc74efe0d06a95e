package org.potstill.experts;

import java.nio.file.Path;
import java.util.Locale;
import org.potstill.errors.InputException;
import org.potstill.net.Network;
import org.potstill.net.StateEntry;

/**
 * What the experts will take on the disk.
 *
 * @param bytes of all experts that are still to be written
 */
record ExpertPlan(long bytes) {

  private static final double GIGABYTE = 1e9;

  /**
   * The plan for {@code experts} experts.
   *
   * @param epochs stored of each
   * @param bytesPerValue 4 for f32, 2 for bf16
   */
  static ExpertPlan of(Network network, long experts, long epochs, int bytesPerValue) {
    long parameters =
        network.state().stream()
            .filter(entry -> entry.kind() == StateEntry.Kind.PARAMETER)
            .mapToLong(StateEntry::size)
            .sum();
    return new ExpertPlan(experts * epochs * parameters * bytesPerValue);
  }

  /**
   * Checks that they fit.
   *
   * @throws InputException where the disk has less room
   */
  void requireRoom(Path folder) {
    // Zero where it cannot be told; a disk that is full then shows when the first expert is
    // written.
    long usable = folder.toFile().getUsableSpace();
    if (usable > 0 && bytes > usable) {
      throw new InputException(
          "the experts would take "
              + gigabytes(bytes)
              + " and "
              + folder
              + " has "
              + gigabytes(usable)
              + " left; lower experts.count, set experts.precision: bf16, or choose another"
              + " --out");
    }
  }

  /** One line for people. */
  String text() {
    return "the experts take " + gigabytes(bytes) + " on the disk";
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.3f GB", bytes / GIGABYTE);
  }
}
