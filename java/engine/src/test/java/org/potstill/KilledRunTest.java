package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.cli.Main;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.testing.ForkedJvm;
import org.potstill.testing.TinyConfig;

/** A run that is killed at any moment and continued ends like one that never stopped. */
class KilledRunTest {

  private static final int KILLS = 6;
  private static final List<String> RESULTS =
      List.of("scores.csv", "coreset.csv", "distilled/distilled.safetensors", "evaluation.json");

  @TempDir Path temp;

  @Test
  void aKilledRunEndsBitIdentical() throws Exception {
    Path config = TinyConfig.write(temp);
    Path whole = temp.resolve("whole");
    long start = System.nanoTime();
    ForkedJvm.Outcome outcome =
        jvm().run(Main.class.getName(), "run", config.toString(), "--out", whole.toString());
    assertEquals(0, outcome.status(), outcome.err());
    double seconds = (System.nanoTime() - start) / 1e9;

    long seed = Long.getLong("potstill.seed", System.nanoTime());
    System.out.println("KilledRunTest: -Dpotstill.seed=" + seed);
    RandomStream random = RandomStream.of(seed, Purpose.DROPOUT, 0, 0);
    Path killed = temp.resolve("killed");
    for (int kill = 0; kill < KILLS; kill++) {
      long wait = (long) (1000 * seconds * random.nextDouble());
      resume(config, killed, wait);
    }
    ForkedJvm.Outcome last = start(config, killed).await();
    assertEquals(0, last.status(), last.err());
    for (String file : RESULTS) {
      assertEquals(-1, Files.mismatch(whole.resolve(file), killed.resolve(file)), file);
    }
  }

  @Test
  void anInterruptedRunSaysSoAndEndsBitIdentical() throws Exception {
    Path config = TinyConfig.write(temp);
    Path whole = temp.resolve("whole");
    assertEquals(0, start(config, whole).await().status());
    Path stopped = temp.resolve("stopped");
    ForkedJvm.Running running = start(config, stopped);
    while (!Files.exists(stopped.resolve("metrics.jsonl")) && running.process().isAlive()) {
      Thread.sleep(20);
    }
    running.interrupt();
    ForkedJvm.Outcome outcome = running.await();
    assertEquals(130, outcome.status(), outcome.err());
    assertEquals(0, start(config, stopped).await().status());
    for (String file : RESULTS) {
      assertEquals(-1, Files.mismatch(whole.resolve(file), stopped.resolve(file)), file);
    }
  }

  private void resume(Path config, Path run, long milliseconds) throws Exception {
    ForkedJvm.Running running = start(config, run);
    if (!running.process().waitFor(milliseconds, TimeUnit.MILLISECONDS)) {
      running.kill();
    }
  }

  private ForkedJvm.Running start(Path config, Path run) throws Exception {
    return jvm()
        .start(Main.class.getName(), "run", config.toString(), "--out", run.toString(), "--resume");
  }

  private ForkedJvm jvm() {
    return new ForkedJvm(temp);
  }
}
