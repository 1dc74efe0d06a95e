package org.potstill.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.potstill.errors.RunFailedException;

/** Why LibTorch could not be loaded, and what a user can do about it. */
final class LoadFailure {

  private static final Path MAPS = Path.of("/proc/self/maps");

  /** The part of LibTorch that all the others need. */
  private static final String CORE = "/libc10.so";

  private LoadFailure() {}

  /** The error for a user; {@code cache} is where the libraries were unpacked. */
  static RunFailedException of(LinkageError error, Path cache) {
    return of(error, cache, MAPS);
  }

  /** The same where {@code maps} lists, as Linux does, the files that the process has mapped. */
  static RunFailedException of(LinkageError error, Path cache, Path maps) {
    // JavaCPP's own message only says that a name was not found.
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String why = "LibTorch cannot be loaded: " + LibTorch.firstLine(root);
    return new RunFailedException(why + advice(root, cache, maps), error);
  }

  private static String advice(Throwable root, Path cache, Path maps) {
    if (root instanceof IllegalCallerException) {
      return "; start Java with --enable-native-access=ALL-UNNAMED, or with the name of that module"
          + " in the place of ALL-UNNAMED";
    }
    Optional<String> other = otherLibTorch(cache, maps);
    if (other.isPresent()) {
      return "; this process has another LibTorch already ("
          + other.get()
          + "), and two versions do not fit into one; run Potstill in a process of its own";
    }
    String why = String.valueOf(root.getMessage());
    return " (its libraries are unpacked into "
        + cache
        + (why.contains("failed to map segment")
            ? ", from where nothing may be executed: mounted noexec?"
            : "; is that disk full?")
        + " --native-cache DIR or -D"
        + NativeCache.PROPERTY
        + "=DIR chooses another folder)";
  }

  /** A copy of LibTorch that was loaded from elsewhere. */
  private static Optional<String> otherLibTorch(Path cache, Path maps) {
    try (Stream<String> lines = Files.lines(maps, StandardCharsets.ISO_8859_1)) {
      String ours = Files.exists(cache) ? cache.toRealPath().toString() : cache.toString();
      return lines
          .filter(line -> line.endsWith(CORE))
          .map(line -> line.substring(line.indexOf('/')))
          .filter(file -> !file.startsWith(ours + "/"))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
