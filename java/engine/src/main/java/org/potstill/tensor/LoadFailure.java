package org.potstill.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.potstill.errors.RunFailedException;

/** Why a native library could not be loaded, and what a user can do about it. */
public final class LoadFailure {

  private static final Path MAPS = Path.of("/proc/self/maps");

  /** The part of LibTorch that all the others need. */
  private static final String CORE = "/libc10.so";

  private LoadFailure() {}

  /**
   * The error for a user.
   *
   * @param library what could not be loaded
   */
  public static RunFailedException of(String library, LinkageError error) {
    return of(library, error, cache(), MAPS);
  }

  /** Where JavaCPP unpacks, also where a host that uses it too made it choose another folder. */
  private static Path cache() {
    try {
      return Loader.getCacheDir().toPath();
    } catch (IOException e) {
      return NativeCache.prepare();
    }
  }

  /**
   * The same where libraries are unpacked into {@code cache}, and {@code maps} lists, as Linux
   * does, the files that the process has mapped.
   */
  static RunFailedException of(String library, LinkageError error, Path cache, Path maps) {
    // JavaCPP's own message only says that a name was not found.
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String why = library + " cannot be loaded: " + LibTorch.firstLine(root);
    return new RunFailedException(why + advice(root, cache, maps), error);
  }

  private static String advice(Throwable root, Path cache, Path maps) {
    if (root instanceof IllegalCallerException) {
      return "; start Java with --enable-native-access=ALL-UNNAMED, or with the name of that module"
          + " in the place of ALL-UNNAMED";
    }
    List<String> mapped = mapped(maps);
    String ours = real(cache) + "/";
    for (String file : mapped) {
      if (file.endsWith(CORE) && !file.startsWith(ours)) {
        return "; this process has another LibTorch already ("
            + file
            + "), and two versions do not fit into one; run Potstill in a process of its own";
      }
    }
    String why = String.valueOf(root.getMessage());
    String system = NativeRequirements.advice(why, mapped);
    if (!system.isEmpty()) {
      return system;
    }
    return " (its libraries are unpacked into "
        + cache
        + (why.contains("failed to map segment")
            ? ", from where nothing may be executed: mounted noexec?"
            : "; is that disk full?")
        + " --native-cache DIR or -D"
        + NativeCache.PROPERTY
        + "=DIR chooses another folder)";
  }

  private static List<String> mapped(Path maps) {
    try (Stream<String> lines = Files.lines(maps, StandardCharsets.ISO_8859_1)) {
      return lines
          .filter(line -> line.contains("/"))
          .map(line -> line.substring(line.indexOf('/')))
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static Path real(Path folder) {
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      return folder;
    }
  }
}
