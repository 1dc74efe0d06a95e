package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;

class LatentsFileTest {

  @TempDir Path temp;

  /** As an evaluation does that chooses an earlier iteration, and one that goes back. */
  @Test
  void theLastLatentsGoToTheHistoryAndComeBack() throws Exception {
    try (RunDirectory run = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      LatentsFile.keepLast(run, 14);
      assertFalse(Files.exists(run.resolve("latents")), "in pixel space there are none");
      Path latents = Files.writeString(run.resolve(LatentsFile.FILE), "of 14");
      LatentsFile.keepLast(run, 14);
      Files.writeString(run.resolve("latents/000006.safetensors"), "of 6");
      LatentsFile.keep(run, "000006.safetensors");
      assertEquals("of 6", Files.readString(latents));
      LatentsFile.keep(run, "000014.safetensors");
      assertEquals("of 14", Files.readString(latents));
    }
  }
}
