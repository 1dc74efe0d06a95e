package org.potstill.prior.ldm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The blocks of a UNet in the order in which they run and in which their parameters are named.
 *
 * @param down the way down after the first convolution
 * @param up the way up
 */
record UNetPlan(List<Block> down, List<Block> up) {

  /**
   * A block.
   *
   * @param name what stands before its parameters, without the last dot
   * @param in channels of its input, those of the map from the way down included
   * @param out channels of its output
   * @param halves whether it is the convolution that halves the side, and nothing else
   * @param attends whether attention follows the residual block
   * @param doubles whether a convolution follows that doubles the side
   */
  record Block(String name, int in, int out, boolean halves, boolean attends, boolean doubles) {}

  static UNetPlan of(UNetSettings settings) {
    List<Block> down = new ArrayList<>();
    List<Block> up = new ArrayList<>();
    Deque<Integer> kept = new ArrayDeque<>();
    int last = settings.levels().size() - 1;
    int in = settings.channels();
    kept.push(in);
    for (int level = 0; level <= last; level++) {
      int out = settings.channelsAt(level);
      for (int i = 0; i < settings.resBlocks(); i++) {
        boolean attends = settings.levels().get(level).attends();
        down.add(new Block(input(down), in, out, false, attends, false));
        in = out;
        kept.push(in);
      }
      if (level < last) {
        down.add(new Block(input(down), in, in, true, false, false));
        kept.push(in);
      }
    }
    for (int level = last; level >= 0; level--) {
      int out = settings.channelsAt(level);
      for (int i = 0; i <= settings.resBlocks(); i++) {
        boolean attends = settings.levels().get(level).attends();
        boolean doubles = level > 0 && i == settings.resBlocks();
        String name = "output_blocks." + up.size();
        up.add(new Block(name, in + kept.pop(), out, false, attends, doubles));
        in = out;
      }
    }
    return new UNetPlan(List.copyOf(down), List.copyOf(up));
  }

  /** Block 0 is the first convolution. */
  private static String input(List<Block> down) {
    return "input_blocks." + (down.size() + 1);
  }
}
