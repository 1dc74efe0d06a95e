package org.potstill.distill;

/** Where trajectory matching takes its experts from. */
public interface ExpertSource extends AutoCloseable {

  /**
   * The piece of an expert's trajectory to follow in an iteration; a function of the iteration.
   *
   * @return the caller closes it
   */
  ExpertSegment segment(long iteration);

  @Override
  default void close() {}
}
