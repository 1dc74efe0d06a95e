package org.potstill.config;

import java.nio.file.Path;

/**
 * Section {@code run}.
 *
 * @param name of the run, shown in the report
 * @param out the run directory, absolute; by default {@code runs/NAME} in the working directory
 * @param seed of every random draw
 * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads of LibTorch, the kernels and the decoding of images; 0 takes one per core
 * @param kernels kernel provider: {@code auto}, {@code java}, {@code cpu} or {@code cuda}
 * @param deterministic whether a GPU gives the same bits from run to run
 */
public record RunConfig(
    String name,
    Path out,
    long seed,
    String device,
    int threads,
    String kernels,
    boolean deterministic) {

  /** Threads as they are here: one per core where none were asked for. */
  public int threadCount() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }
}
