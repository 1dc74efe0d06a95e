package org.potstill.random;

/**
 * Philox-4x32 with ten rounds, the counter-based generator of Salmon et al., "Parallel Random
 * Numbers: As Easy as 1, 2, 3" (SC 2011): 128 bits of output for every (counter, key).
 */
public final class Philox {

  /** 32-bit words that a block has. */
  public static final int WORDS = 4;

  /** Rounds that a block takes. */
  public static final int ROUNDS = 10;

  /** Of the first word, in every round. */
  public static final long MULTIPLIER_0 = 0xD2511F53L;

  /** Of the third. */
  public static final long MULTIPLIER_1 = 0xCD9E8D57L;

  /** What the first word of the key grows by from round to round. */
  public static final int WEYL_0 = 0x9E3779B9;

  /** The same of the second. */
  public static final int WEYL_1 = 0xBB67AE85;

  private static final long MASK = 0xFFFFFFFFL;

  private Philox() {}

  /** Replaces the four words of {@code counter} by the output block for {@code (key0, key1)}. */
  static void block(int[] counter, int key0, int key1) {
    int round0 = key0;
    int round1 = key1;
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (counter[0] & MASK);
      long product1 = MULTIPLIER_1 * (counter[2] & MASK);
      int word0 = (int) (product1 >>> 32) ^ counter[1] ^ round0;
      int word2 = (int) (product0 >>> 32) ^ counter[3] ^ round1;
      counter[0] = word0;
      counter[1] = (int) product1;
      counter[2] = word2;
      counter[3] = (int) product0;
      round0 += WEYL_0;
      round1 += WEYL_1;
    }
  }
}
