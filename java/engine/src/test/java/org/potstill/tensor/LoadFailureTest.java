package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadFailureTest {

  private static final String OTHER_FOLDER =
      " --native-cache DIR or -Dorg.bytedeco.javacpp.cachedir=DIR chooses another folder)";

  @TempDir Path cache;
  private Path maps;

  @BeforeEach
  void nothingElseIsMapped() throws IOException {
    maps = cache.resolve("maps");
    Files.writeString(maps, line(cache.toRealPath() + "/pytorch.jar/libc10.so") + line(""));
  }

  private static String line(String file) {
    return "7f00-7f01 r-xp 00000000 fe:00 42                         " + file + "\n";
  }

  /** As JavaCPP throws it: the name first, what the system said in the cause. */
  private String told(String why) {
    UnsatisfiedLinkError error = new UnsatisfiedLinkError("no jnitorch in java.library.path: /lib");
    error.initCause(new UnsatisfiedLinkError(why + "\nat"));
    return told(error);
  }

  private String told(LinkageError error) {
    return LoadFailure.of("LibTorch", error, cache, maps).getMessage();
  }

  @Test
  void whatTheSystemSaidIsToldWithTheFolder() {
    assertEquals(
        "LibTorch cannot be loaded: libtorch.so: file too short (its libraries are unpacked into "
            + cache
            + "; is that disk full?"
            + OTHER_FOLDER,
        told("libtorch.so: file too short"));
  }

  @Test
  void aFolderFromWhichNothingMayBeExecutedIsSaidToBe() {
    assertEquals(
        "LibTorch cannot be loaded: failed to map segment from shared object (its libraries are"
            + " unpacked into "
            + cache
            + ", from where nothing may be executed: mounted noexec?"
            + OTHER_FOLDER,
        told("failed to map segment from shared object"));
  }

  @Test
  void anotherLibTorchInTheProcessIsNamed() throws IOException {
    Files.writeString(maps, line("/djl 2/libc10.so") + Files.readString(maps));
    assertEquals(
        "LibTorch cannot be loaded: undefined symbol: _ZTV; this process has another LibTorch"
            + " already (/djl 2/libc10.so), and two versions do not fit into one; run Potstill in a"
            + " process of its own",
        told("undefined symbol: _ZTV"));
  }

  @Test
  void nativeAccessThatIsDeniedIsToldWithTheOption() {
    String denied = "Illegal native access from module host";
    assertEquals(
        "LibTorch cannot be loaded: "
            + denied
            + "; start Java with --enable-native-access=ALL-UNNAMED, or with the name of that"
            + " module in the place of ALL-UNNAMED",
        told(new ExceptionInInitializerError(new IllegalCallerException(denied))));
  }

  @Test
  void aSystemThatIsTooOldIsSaidToBe() {
    String why = "/lib/libc.so.6: version `GLIBC_2.34' not found (required by libgomp.so.1)";
    assertEquals(
        "LibTorch cannot be loaded: "
            + why
            + "; this system is too old: Potstill needs glibc 2.35 and the libstdc++ of GCC 12, as"
            + " in Debian 12 and Ubuntu 22.04, or newer ones",
        told(why));
  }

  @Test
  void anotherLibraryOfCIsNamed() throws IOException {
    Files.writeString(maps, line("/lib/ld-musl-x86_64.so.1"));
    assertEquals(
        "LibTorch cannot be loaded: Error relocating libgomp.so.1: __sprintf_chk: symbol not found;"
            + " this Java is made for musl, as those of Alpine Linux, and Potstill needs glibc 2.35"
            + " and the libstdc++ of GCC 12, as in Debian 12 and Ubuntu 22.04, or newer ones",
        told("Error relocating libgomp.so.1: __sprintf_chk: symbol not found"));
  }

  @Test
  void aLibraryThatTheSystemLacksIsNamed() {
    String why = "libstdc++.so.6: cannot open shared object file: No such file or directory";
    assertEquals(
        "LibTorch cannot be loaded: " + why + "; install libstdc++, which Debian calls libstdc++6",
        told(why));
  }
}
