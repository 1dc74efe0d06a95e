package org.potstill.random;

import java.util.Arrays;

/**
 * A stream of random numbers that is a pure function of (seed, purpose, iteration, index).
 *
 * <p>Two streams with the same four values give the same numbers on every machine; streams that
 * differ in any of them are independent. Not safe for use by several threads: give each its own.
 */
public final class RandomStream {

  /** Bits that count of a draw that is a fraction. */
  public static final int FRACTION_BITS = 24;

  private static final float FLOAT_UNIT = 1f / (1 << FRACTION_BITS);
  private static final double DOUBLE_UNIT = 0x1.0p-53;

  private final int key0;
  private final int key1;
  private final int stream0;
  private final int stream1;
  private final int[] block = new int[Philox.WORDS];
  private long blockNumber;
  private int used = Philox.WORDS;
  private double spareGaussian = Double.NaN;

  private RandomStream(long key, long stream) {
    key0 = (int) key;
    key1 = (int) (key >>> 32);
    stream0 = (int) stream;
    stream1 = (int) (stream >>> 32);
  }

  private RandomStream(RandomStream other) {
    key0 = other.key0;
    key1 = other.key1;
    stream0 = other.stream0;
    stream1 = other.stream1;
    System.arraycopy(other.block, 0, block, 0, block.length);
    blockNumber = other.blockNumber;
    used = other.used;
    spareGaussian = other.spareGaussian;
  }

  /** The stream of {@code purpose} at {@code iteration}, for item {@code index} of it. */
  public static RandomStream of(long seed, Purpose purpose, long iteration, long index) {
    long key = mix(seed ^ mix(0x9E3779B97F4A7C15L * purpose.code()));
    return new RandomStream(key, mix(mix(iteration) + 0xD1B54A32D192ED03L * (index + 1)));
  }

  /** A stream that gives the numbers that this one is about to give, which still gives them. */
  public RandomStream copy() {
    return new RandomStream(this);
  }

  /**
   * Where a stream stands: draw {@code n} is word {@code n % 4} of the block of {@link Philox}
   * whose counter is {@code n / 4} and {@code stream}, under {@code key}; the lower half of each
   * comes first.
   *
   * @param draws of 32 bits that were taken
   */
  public record Position(long key, long stream, long draws) {}

  /** Where this stream stands, for taking many draws at once elsewhere. */
  public Position position() {
    return new Position(
        whole(key0, key1),
        whole(stream0, stream1),
        blockNumber * Philox.WORDS - (Philox.WORDS - used));
  }

  private static long whole(int low, int high) {
    return Integer.toUnsignedLong(low) | (long) high << Integer.SIZE;
  }

  /** Leaves out {@code draws} draws of 32 bits. */
  public void skip(long draws) {
    long next = position().draws() + draws;
    blockNumber = next / Philox.WORDS;
    used = Philox.WORDS;
    for (long i = 0; i < next % Philox.WORDS; i++) {
      nextBits();
    }
  }

  /**
   * The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection that spreads every bit.
   */
  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform over all 32-bit integers. */
  public int nextBits() {
    if (used == block.length) {
      block[0] = (int) blockNumber;
      block[1] = (int) (blockNumber >>> 32);
      block[2] = stream0;
      block[3] = stream1;
      blockNumber++;
      Philox.block(block, key0, key1);
      used = 0;
    }
    return block[used++];
  }

  /** Uniform in [0, 1). */
  public float nextFloat() {
    return (nextBits() >>> (Integer.SIZE - FRACTION_BITS)) * FLOAT_UNIT;
  }

  /** Uniform in [0, 1). */
  public double nextDouble() {
    long high = (long) (nextBits() >>> 5) << 26;
    return (high + (nextBits() >>> 6)) * DOUBLE_UNIT;
  }

  /**
   * Uniform from 0 to {@code bound - 1}, without bias.
   *
   * @throws IllegalArgumentException where {@code bound} is not positive
   */
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound must be positive, not " + bound);
    }
    // Lemire's method: the few products that would favour low values are drawn again.
    long threshold = (0x100000000L - bound) % bound;
    long product;
    do {
      product = (nextBits() & 0xFFFFFFFFL) * bound;
    } while ((product & 0xFFFFFFFFL) < threshold);
    return (int) (product >>> 32);
  }

  /** Standard normal (Box and Muller 1958), in pairs. */
  public double nextGaussian() {
    if (!Double.isNaN(spareGaussian)) {
      double spare = spareGaussian;
      spareGaussian = Double.NaN;
      return spare;
    }
    // StrictMath, since Math may differ in the last bit between machines.
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
    double angle = 2 * Math.PI * nextDouble();
    spareGaussian = radius * StrictMath.sin(angle);
    return radius * StrictMath.cos(angle);
  }

  /** Fills {@code values} with draws uniform from low to high, which rounding may reach. */
  public void fillUniform(float[] values, float low, float high) {
    float span = high - low;
    for (int i = 0; i < values.length; i++) {
      values[i] = low + span * nextFloat();
    }
  }

  /** Fills {@code values} with normal draws. */
  public void fillGaussian(float[] values, double mean, double deviation) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + deviation * nextGaussian());
    }
  }

  /** A random order of 0 to {@code size - 1} (Fisher and Yates). */
  public int[] permutation(int size) {
    int[] order = new int[size];
    Arrays.setAll(order, i -> i);
    for (int i = size - 1; i > 0; i--) {
      int other = nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[other];
      order[other] = swapped;
    }
    return order;
  }

  /**
   * The first {@code count} of a random order of 0 to {@code size - 1}.
   *
   * @throws IllegalArgumentException where {@code count} is negative or more than {@code size}
   */
  public int[] sample(int size, int count) {
    if (count < 0 || count > size) {
      throw new IllegalArgumentException("cannot draw " + count + " of " + size);
    }
    return Arrays.copyOf(permutation(size), count);
  }
}
