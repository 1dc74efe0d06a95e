package org.potstill.score;

/** Images by their class or fold, found in one pass however many of these there are. */
public final class Groups {

  private Groups() {}

  /**
   * The images of every group, ascending.
   *
   * @param groupOf group of every image, from 0
   * @param groups how many there are
   */
  public static int[][] of(int[] groupOf, int groups) {
    int[] sizes = new int[groups];
    for (int group : groupOf) {
      sizes[group]++;
    }
    int[][] images = new int[groups][];
    for (int group = 0; group < groups; group++) {
      images[group] = new int[sizes[group]];
    }
    int[] filled = new int[groups];
    for (int i = 0; i < groupOf.length; i++) {
      int group = groupOf[i];
      images[group][filled[group]++] = i;
    }
    return images;
  }
}
