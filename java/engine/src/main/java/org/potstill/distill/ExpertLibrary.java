package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import org.potstill.net.Network;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;

/** Draws an expert and the epoch to start from, for every iteration. */
final class ExpertLibrary implements ExpertSource {

  private final List<ExpertFile> experts;
  private final Network network;
  private final int maxStartEpoch;
  private final int expertEpochs;
  private final long seed;
  private final Placement placement;

  /**
   * A library of opened files.
   *
   * @param maxStartEpoch the start is drawn below it
   * @param expertEpochs between start and target
   * @param placement where the parameters are put
   */
  ExpertLibrary(
      List<ExpertFile> experts,
      Network network,
      int maxStartEpoch,
      int expertEpochs,
      long seed,
      Placement placement) {
    this.experts = new ArrayList<>(experts);
    this.network = network;
    this.maxStartEpoch = maxStartEpoch;
    this.expertEpochs = expertEpochs;
    this.seed = seed;
    this.placement = placement;
  }

  @Override
  public ExpertSegment segment(long iteration) {
    RandomStream random = RandomStream.of(seed, Purpose.EXPERT_CHOICE, iteration, 0);
    ExpertFile expert = experts.get(random.nextInt(experts.size()));
    int start = random.nextInt(maxStartEpoch);
    int end = start + expertEpochs;
    NamedTensors from = expert.parameters(network, start);
    NamedTensors to = null;
    try {
      to = expert.parameters(network, end);
      expert.requireWay(from, start, to, end);
      from = placement.place(from);
      to = placement.place(to);
      return new ExpertSegment(from, to);
    } catch (RuntimeException e) {
      if (to != null) {
        to.close();
      }
      from.close();
      throw e;
    }
  }
}
