package org.potstill.run;

import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongPredicate;

/**
 * The losses of networks that a stage trains side by side, epoch by epoch, in {@code
 * metrics.jsonl}. Steps are numbered as if they were trained one after the other: the epochs of
 * those before, and the network's own.
 *
 * <p>Used by one thread at a time.
 */
public final class EpochFigures {

  private final RunContext context;
  private final String stage;
  private final int epochs;

  /**
   * The figures of a stage; those of an earlier run stay until they are dropped.
   *
   * @param epochs of each network
   */
  public EpochFigures(RunContext context, String stage, int epochs) {
    this.context = context;
    this.stage = stage;
    this.epochs = epochs;
  }

  /** Drops the figures of networks, counted from 0, that {@code kept} does not hold. */
  public void keepOnly(IntPredicate kept) {
    cutBack(step -> kept.test(networkOf(step)));
  }

  /** Drops the later figures of a network that goes on after {@code epochsDone} epochs. */
  public void goesOn(int network, long epochsDone) {
    cutBack(step -> networkOf(step) != network || step <= step(network, epochsDone));
  }

  private void cutBack(LongPredicate keeps) {
    context.directory().metrics().cutBack(stage, keeps);
  }

  /**
   * Adds an epoch, and tells the listener.
   *
   * @param epochsDone of the network, with this one
   * @param seconds it took
   */
  public void add(int network, long epochsDone, double loss, double seconds) {
    long step = step(network, epochsDone);
    context.directory().metrics().append(stage, step, seconds, Map.of("loss", loss));
    context.listener().metric(stage, step, "loss", loss);
  }

  /** From 1. */
  private long step(int network, long epochsDone) {
    return (long) network * epochs + epochsDone;
  }

  private int networkOf(long step) {
    return (int) ((step - 1) / epochs);
  }
}
