package org.potstill.experts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.distill.ExpertFile;

class BorrowedExpertsTest {

  @TempDir Path lender;

  private static int untrained(String from) {
    Config config =
        ConfigLoader.of("data.source=idx:none", "distill.method=mtt", "experts.count=3", from);
    return BorrowedExperts.untrained(config.experts());
  }

  @Test
  void whatTheLenderHasIsNotTrained() throws IOException {
    Path file = lender.resolve(ExpertFile.name(1));
    Files.createDirectories(file.getParent());
    Files.createFile(file);
    // Beyond those that are wanted.
    Files.createFile(lender.resolve(ExpertFile.name(3)));
    assertEquals(2, untrained("experts.from=" + lender));
    assertEquals(3, untrained("experts.from=none"));
  }
}
