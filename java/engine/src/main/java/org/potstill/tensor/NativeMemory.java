package org.potstill.tensor;

/** Settings of JavaCPP that have to be made before its first pointer. */
public final class NativeMemory {

  private NativeMemory() {}

  /**
   * Lets native memory grow beyond about four times the Java heap, unless the user set a limit.
   * Call it before anything of JavaCPP is touched: it reads these properties once.
   */
  public static void unlimit() {
    setIfAbsent("org.bytedeco.javacpp.maxBytes");
    setIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes");
  }

  private static void setIfAbsent(String key) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, "0");
    }
  }
}
