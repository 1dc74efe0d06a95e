package org.potstill.distill;

/**
 * How many pixels of a network's first map are worked on at a time on the CPU, where images do not
 * know each other. With width 128 a map then stays in the cache, and below the size from which the
 * allocator asks the system for fresh pages every time, which is worth a third of the time.
 */
public final class MapPixels {

  /** Without gradients: 32 images at 32 pixels, maps of 16 MB. */
  public static final long PLAIN = 1 << 15;

  /** Differentiated once: maps of 8 MB. */
  public static final long ONCE = 1 << 14;

  /** Differentiated twice, as far as memory goes: the graph takes about 1 GB. */
  public static final long TWICE = 1 << 18;

  private MapPixels() {}
}
