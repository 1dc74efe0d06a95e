package org.potstill.kernels;

import java.util.Arrays;
import java.util.Comparator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;

/** The oracle of {@link Kernels#select}: a stable object sort of every class. */
final class JavaSelect {

  private JavaSelect() {}

  /** The kept indices, class after class. */
  static long[] run(
      FloatPointer scores, IntPointer classOf, int n, SelectionOrder order, long[] keep) {
    float[] score = new float[n];
    int[] group = new int[n];
    Buffers.read(scores, 0, score, n);
    Buffers.read(classOf, 0, group, n);
    Integer[][] members = members(group, keep);
    long[] kept = new long[Math.toIntExact(Arrays.stream(keep).sum())];
    int next = 0;
    for (int c = 0; c < keep.length; c++) {
      Arrays.sort(members[c], ranking(score, order)); // stable: ties stay in index order
      for (int k = 0; k < keep[c]; k++) {
        kept[next++] = members[c][k];
      }
    }
    return kept;
  }

  private static Integer[][] members(int[] group, long[] keep) {
    int[] count = new int[keep.length];
    for (int i = 0; i < group.length; i++) {
      if (group[i] < 0 || group[i] >= keep.length) {
        throw new IllegalArgumentException(
            "select(n="
                + group.length
                + ", classes="
                + keep.length
                + "): class "
                + group[i]
                + " of sample "
                + i
                + " is out of range");
      }
      count[group[i]]++;
    }
    Integer[][] members = new Integer[keep.length][];
    for (int c = 0; c < keep.length; c++) {
      if (count[c] < keep[c]) {
        throw new IllegalArgumentException(
            "select(n="
                + group.length
                + ", classes="
                + keep.length
                + "): class "
                + c
                + " holds "
                + count[c]
                + ", fewer than the "
                + keep[c]
                + " asked for");
      }
      members[c] = new Integer[count[c]];
    }
    int[] filled = new int[keep.length];
    for (int i = 0; i < group.length; i++) {
      members[group[i]][filled[group[i]]++] = i;
    }
    return members;
  }

  private static Comparator<Integer> ranking(float[] score, SelectionOrder order) {
    // Adding zero turns -0 into +0: equal scores are ties. Float.compare puts NaN last.
    Comparator<Integer> ascending = (a, b) -> Float.compare(score[a] + 0f, score[b] + 0f);
    return order == SelectionOrder.EASY ? ascending : ascending.reversed();
  }
}
