package org.potstill.distill;

import org.potstill.tensor.NamedTensors;

/**
 * A piece of an expert's trajectory. Owns its tensors.
 *
 * @param start parameters at its beginning, float32, contiguous, under the names of the network
 * @param target parameters some epochs later, likewise
 */
public record ExpertSegment(NamedTensors start, NamedTensors target) implements AutoCloseable {

  @Override
  public void close() {
    start.close();
    target.close();
  }
}
