package org.potstill.experts;

import java.nio.file.Path;
import org.potstill.config.Config;
import org.potstill.distill.ExpertEpochs;
import org.potstill.errors.InputException;
import org.potstill.net.BatchGradients;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.net.StateEntry;
import org.potstill.net.TrainingMemory;
import org.potstill.run.ByteSizes;
import org.potstill.run.Durations;
import org.potstill.run.FreeDisk;
import org.potstill.tensor.Placement;
import org.potstill.tensor.SideBySide;

/**
 * What the experts will take, and how they share the threads.
 *
 * @param experts that are still to be trained
 * @param fileBytes of the file of one
 * @param checkpointBytes of the checkpoints of those under way
 * @param trainingBytes native memory of one in training, beside the images, roughly
 * @param sideBySide how many are trained at a time, with how many threads each
 */
record ExpertPlan(
    long experts, long fileBytes, long checkpointBytes, long trainingBytes, SideBySide sideBySide) {

  /** Checkpoints of an expert: the newest two, and one that is being written. */
  private static final int CHECKPOINTS = 3;

  /**
   * The plan for {@code missing} experts.
   *
   * @param pixels of an image
   * @param threads in all
   * @param placement where they are trained
   * @throws InputException where the experts are not trained for long enough
   */
  static ExpertPlan of(
      Config config, Network network, long missing, long pixels, int threads, Placement placement) {
    long parameters = parameters(network);
    long file =
        parameters
            * ExpertEpochs.drawn(config).size()
            * (config.experts().precision().equals("bf16") ? 2 : Float.BYTES);
    long state = parameters * Float.BYTES * (config.experts().momentum() == 0 ? 1 : 2);
    long images =
        BatchGradients.imagesAtOnce(network, config.experts().batch(), pixels, Pass.TRAIN);
    long training = TrainingMemory.bytes(network, images, pixels) + file;
    // All experts count, also those that are done: how they share the threads decides their bits.
    SideBySide sideBySide =
        SideBySide.of(threads, config.experts().count(), training).on(placement);
    long atOnce = Math.min(missing, sideBySide.workers());
    return new ExpertPlan(
        missing, file, CHECKPOINTS * atOnce * (state + file), training, sideBySide);
  }

  private static long parameters(Network network) {
    return network.state().stream()
        .filter(entry -> entry.kind() == StateEntry.Kind.PARAMETER)
        .mapToLong(StateEntry::size)
        .sum();
  }

  /** Of all files together, without checkpoints, which go when the last expert is done. */
  long diskBytes() {
    return experts * fileBytes;
  }

  /** Of all that are trained at a time. */
  long memoryBytes() {
    return sideBySide.workers() * trainingBytes;
  }

  /**
   * Checks that they fit.
   *
   * @param folder where they will be; it need not be there yet
   * @throws InputException where the disk has less room
   */
  void requireRoom(Path folder) {
    // Zero where it cannot be told; a disk that is full then shows when the first expert is
    // written.
    long usable = FreeDisk.bytes(folder);
    if (usable > 0 && diskBytes() + checkpointBytes > usable) {
      throw new InputException(
          "the experts would take "
              + ByteSizes.text(diskBytes() + checkpointBytes)
              + ", checkpoints included, and "
              + folder
              + " has "
              + ByteSizes.text(usable)
              + " left; lower experts.count, set experts.precision: bf16, or choose another"
              + " --out");
    }
  }

  /** One line for people: what the files take, and the training, which was timed. */
  String words(double seconds) {
    return words(words(), seconds);
  }

  /** The same of a plan that is in words already. */
  static String words(String plan, double seconds) {
    return plan + ", about " + Durations.text(seconds);
  }

  /** One line for people: what the files take, and how many are trained at a time. */
  String words() {
    String how =
        sideBySide.workers() == 1
            ? "one after the other"
            : sideBySide.workers()
                + " side by side on "
                + (sideBySide.threadsEach() == 1
                    ? "one thread each"
                    : sideBySide.threadsEach() + " threads each");
    return experts
        + (experts == 1 ? " expert of " : " experts of ")
        + ByteSizes.text(fileBytes)
        + ", "
        + ByteSizes.text(diskBytes())
        + " on the disk; "
        + how;
  }
}
