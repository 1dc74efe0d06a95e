package org.potstill.cli;

import org.potstill.tensor.NativeCache;
import picocli.CommandLine.Option;

/** Where native libraries are unpacked. */
final class NativeOptions {

  @Option(
      names = "--native-cache",
      paramLabel = "DIR",
      defaultValue = "${env:POTSTILL_NATIVE_CACHE:-" + Option.NULL_VALUE + "}",
      description =
          "Where native libraries are unpacked on first use (500 MB); by default"
              + " ~/.javacpp/cache.")
  private String folder;

  /** Makes the choice hold for this process. */
  void apply() {
    if (folder != null) {
      System.setProperty(NativeCache.PROPERTY, folder);
    }
    NativeCache.prepare();
  }
}
