package org.potstill.run;

/**
 * What a stage is given besides its own settings.
 *
 * @param directory where it reads and writes
 * @param listener who hears of its progress
 * @param cancellation how it learns that it should stop
 * @param seed of every random draw
 * @param threads of LibTorch, the kernels and the decoders; at least 1
 * @param device where networks and images lie, by LibTorch's name: {@code cpu}, {@code cuda:0}
 */
public record RunContext(
    RunDirectory directory,
    RunListener listener,
    CancellationToken cancellation,
    long seed,
    int threads,
    String device) {

  /** A context of the CPU. */
  public RunContext(
      RunDirectory directory,
      RunListener listener,
      CancellationToken cancellation,
      long seed,
      int threads) {
    this(directory, listener, cancellation, seed, threads, "cpu");
  }
}
