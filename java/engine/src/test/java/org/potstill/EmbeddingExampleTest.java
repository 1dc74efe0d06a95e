package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.testing.ForkedJvm;
import org.potstill.testing.TinyConfig;

/** The example of docs/embedding.md compiles and runs in a small host, and stays silent. */
class EmbeddingExampleTest {

  @TempDir Path temp;

  @Test
  void theExampleRunsInAHostWithASmallHeap() throws Exception {
    runExample(new ForkedJvm(temp));
  }

  @Test
  void theExampleRunsOnJava25() throws Exception {
    Path home = java25();
    Assumptions.assumeTrue(home != null, "no JDK 25 below /usr/lib/jvm, and JAVA25_HOME not set");
    runExample(new ForkedJvm(temp, home));
  }

  private void runExample(ForkedJvm jvm) throws Exception {
    Path source = Path.of(System.getProperty("potstill.root"), "examples", "Embedding.java");
    ForkedJvm.Outcome outcome =
        jvm.option("-Xmx128m")
            .run(
                source.toString(),
                TinyConfig.write(temp).toString(),
                temp.resolve("run").toString());
    assertEquals(0, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    assertTrue(outcome.out().contains("distill took"), outcome.out());
    assertTrue(Files.exists(temp.resolve("run/report.html")));
  }

  private static Path java25() throws Exception {
    String named = System.getenv("JAVA25_HOME");
    if (named != null) {
      return Path.of(named);
    }
    Path all = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(all)) {
      return null;
    }
    try (Stream<Path> homes = Files.list(all)) {
      return homes
          .filter(home -> home.getFileName().toString().contains("-25"))
          .filter(home -> Files.exists(home.resolve("bin/java")))
          .findFirst()
          .orElse(null);
    }
  }
}
