package org.potstill.tensor;

import java.net.URL;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.potstill.errors.RunFailedException;

/** What the native libraries need of the machine and of the class path. */
final class NativeRequirements {

  /** The only one for which there are native libraries. */
  private static final String PLATFORM = "linux-x86_64";

  private static final String NEEDED =
      "Potstill needs glibc 2.35 and the libstdc++ of GCC 12, as in Debian 12 and Ubuntu 22.04, or"
          + " newer ones";

  private static final Pattern TOO_OLD =
      Pattern.compile("version `(GLIBC|GLIBCXX|CXXABI)_[^']*' not found");

  private NativeRequirements() {}

  /**
   * Asks for the platform of the native libraries, before any is unpacked.
   *
   * @throws RunFailedException where Java runs on another
   */
  static void requirePlatform() {
    requirePlatform(Loader.getPlatform());
  }

  /** Accepts {@code platform}, as JavaCPP calls it, or says which is needed. */
  static void requirePlatform(String platform) {
    if (!platform.equals(PLATFORM)) {
      throw new RunFailedException(
          "Potstill's native libraries are for "
              + PLATFORM
              + ", and this Java runs on "
              + platform);
    }
  }

  /**
   * What a user can do where the system refused a library: the empty string where it is none of
   * what is known here.
   *
   * @param why the system's message
   * @param mapped the files that the process has mapped
   */
  static String advice(String why, List<String> mapped) {
    String missing = missing(NativeRequirements.class.getClassLoader());
    if (!missing.isEmpty()) {
      return "; the class path lacks native libraries: add "
          + missing
          + " with the classifier "
          + PLATFORM;
    }
    if (mapped.stream().anyMatch(file -> file.contains("/ld-musl-"))) {
      return "; this Java is made for musl, as those of Alpine Linux, and " + NEEDED;
    }
    if (TOO_OLD.matcher(why).find()) {
      return "; this system is too old: " + NEEDED;
    }
    if (why.contains("libstdc++.so.6: cannot open shared object file")) {
      return "; install libstdc++, which Debian calls libstdc++6";
    }
    return "";
  }

  /** The artifacts whose native libraries {@code loader} does not find. */
  static String missing(ClassLoader loader) {
    Map<String, String> libraries =
        new TreeMap<>(
            Map.of(
                "openblas", "openblas/" + PLATFORM + "/libjniopenblas_nolapack.so",
                "opencv", "opencv/" + PLATFORM + "/libjniopencv_core.so",
                "pytorch", "pytorch/" + PLATFORM + "/libjnitorch.so"));
    libraries.values().removeIf(library -> find(loader, library) != null);
    return libraries.keySet().stream()
        .map(name -> "org.bytedeco:" + name)
        .reduce((all, name) -> all + ", " + name)
        .orElse("");
  }

  private static URL find(ClassLoader loader, String library) {
    URL found = loader.getResource("org/bytedeco/" + library);
    String cuda = library.replace(PLATFORM, PLATFORM + "-gpu");
    return found != null ? found : loader.getResource("org/bytedeco/" + cuda);
  }
}
