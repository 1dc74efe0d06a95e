package org.potstill.tensor;

import org.bytedeco.javacpp.Pointer;
import org.potstill.run.ByteSizes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings of JavaCPP that have to be made before its first pointer. */
public final class NativeMemory {

  private static final Logger LOG = LoggerFactory.getLogger(NativeMemory.class);
  private static final String UNLIMITED = "0";
  private static final String MAX_BYTES = "org.bytedeco.javacpp.maxBytes";
  private static final String MAX_PHYSICAL_BYTES = "org.bytedeco.javacpp.maxPhysicalBytes";

  private NativeMemory() {}

  /**
   * Lets native memory grow beyond about four times the Java heap, unless the user set a limit.
   * Call it before anything of JavaCPP is touched: it reads these properties once.
   */
  public static void unlimit() {
    setIfAbsent(MAX_BYTES);
    setIfAbsent(MAX_PHYSICAL_BYTES);
  }

  private static void setIfAbsent(String key) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, UNLIMITED);
    }
  }

  /** Warns of a limit that came before {@link #unlimit}: the host has used JavaCPP already. */
  static void warnOfLimit() {
    long limit = Pointer.maxPhysicalBytes();
    if (limit > 0 && UNLIMITED.equals(System.getProperty(MAX_PHYSICAL_BYTES))) {
      LOG.warn(
          "JavaCPP was in use before Potstill and ends runs where this process has more than {};"
              + " start Java with -D{}=0 -D{}=0",
          ByteSizes.text(limit),
          MAX_BYTES,
          MAX_PHYSICAL_BYTES);
    }
  }
}
