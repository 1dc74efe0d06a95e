package org.potstill.net;

/** What the training of a network takes, before it begins. */
public final class TrainingMemory {

  /** Parameters, gradients, velocities, a running average, and one copy for an operator. */
  private static final long COPIES = 5;

  private TrainingMemory() {}

  /**
   * Native memory that a training holds at its peak besides its images, roughly: an upper bound for
   * the networks of Potstill. As measured at 32 pixels they take at least half of it, with oneDNN a
   * third.
   *
   * @param batch images of which the maps are held at a time
   * @param pixels of an image, height times width
   * @return bytes
   */
  public static long bytes(Network network, long batch, long pixels) {
    long state = network.state().stream().mapToLong(StateEntry::size).sum();
    long maps =
        network instanceof AbstractNetwork own
            ? own.mapsInTraining() * own.largestMap(pixels)
            : AbstractNetwork.USUAL_MAPS * AbstractNetwork.USUAL_CHANNELS * pixels;
    return Float.BYTES * (COPIES * state + batch * maps);
  }
}
