package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.cli.Main;
import org.potstill.testing.ForkedJvm;
import org.potstill.testing.TinyConfig;

/** A run on a small tmpfs, mounted in a namespace of its own, that fills up. */
class FullDiskTest {

  private static final String SMALL_DISK =
      "mount -t tmpfs -o size=1m tmpfs \"$0\" || exit 99; \"$@\"; status=$?;"
          + " find \"$0\" -name '*.part'; exit $status";

  @TempDir Path temp;

  @Test
  void aFullDiskEndsTheRunWithOneLine() throws Exception {
    Path disk = Files.createDirectory(temp.resolve("disk"));
    Assumptions.assumeTrue(
        onSmallDisk(disk, List.of("true")).status() == 0, "no mounts in a user namespace here");
    ForkedJvm.Outcome outcome =
        onSmallDisk(
            disk,
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.home=" + System.getProperty("user.home"),
                "-cp",
                ForkedJvm.classPath(),
                Main.class.getName(),
                "run",
                TinyConfig.write(temp).toString(),
                "--out",
                disk.resolve("run").toString()));
    assertEquals(1, outcome.status(), outcome.err());
    assertTrue(outcome.err().contains("No space left on device"), outcome.err());
    assertTrue(outcome.err().contains("free some space"), outcome.err());
    assertFalse(outcome.err().contains("\tat "), outcome.err());
    assertFalse(outcome.out().contains(".part"), outcome.out());
  }

  private ForkedJvm.Outcome onSmallDisk(Path disk, List<String> command) throws Exception {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("unshare", "--user", "--map-root-user", "--mount"));
    all.addAll(List.of("sh", "-c", SMALL_DISK, disk.toString()));
    all.addAll(command);
    Path out = Files.createTempFile(temp, "out", ".txt");
    Path err = Files.createTempFile(temp, "err", ".txt");
    Process process =
        new ProcessBuilder(all).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    return new ForkedJvm.Running(process, out, err).await();
  }
}
