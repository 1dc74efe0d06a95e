package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.RunFailedException;

class MetricsLogTest {

  @TempDir Path temp;

  @Test
  void metricsAreCutBackToTheCheckpoint() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      MetricsLog metrics = directory.metrics();
      metrics.append("score", 9, 0.5, Map.of("loss", 1.0));
      for (int step = 1; step <= 4; step++) {
        metrics.append("distill", step, 0.5, Map.of("loss", step == 4 ? Double.NaN : step));
      }
      Path file = directory.resolve("metrics.jsonl");
      Files.writeString(file, Files.readString(file) + "{\"stage\":\"dist");
      metrics.cutBack("distill", 2);
      assertEquals(
          """
          {"stage":"score","step":9,"seconds":0.5,"loss":1.0}
          {"stage":"distill","step":1,"seconds":0.5,"loss":1.0}
          {"stage":"distill","step":2,"seconds":0.5,"loss":2.0}
          """,
          Files.readString(file));
    }
  }

  @Test
  void labelsStandBeforeTheFiguresThatTheyAreOf() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      Map<String, Object> labels = new LinkedHashMap<>();
      labels.put("network", "convnet");
      labels.put("repeat", 2);
      directory.metrics().append("evaluate", 1, 0.5, labels, Map.of("accuracy", 0.75));
      assertEquals(
          "{\"stage\":\"evaluate\",\"step\":1,\"seconds\":0.5,\"network\":\"convnet\","
              + "\"repeat\":2,\"accuracy\":0.75}\n",
          Files.readString(directory.resolve("metrics.jsonl")));
    }
  }

  @Test
  void aFolderThatIsGoneIsTold() throws IOException {
    Path root = temp.resolve("run");
    try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
      Files.move(root, temp.resolve("moved"));
      assertEquals(
          "cannot append to "
              + root.resolve("metrics.jsonl")
              + ": there is no such file; choose another place",
          messageOfAppending(directory));
    }
  }

  @Test
  void aFileThatCannotBeAppendedToIsToldWithWhatHelps() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      Path file = directory.resolve("metrics.jsonl");
      Files.createSymbolicLink(file, Path.of("/dev/full"));
      assertTrue(messageOfAppending(directory).endsWith("; free some space, and --resume goes on"));
      Files.delete(file);
      Files.createSymbolicLink(file, file);
      String message = messageOfAppending(directory);
      assertTrue(message.endsWith("and --resume goes on"), message);
    }
  }

  private static String messageOfAppending(RunDirectory directory) {
    Map<String, Double> figures = Map.of("loss", 1.0);
    return assertThrows(
            RunFailedException.class, () -> directory.metrics().append("distill", 1, 0.5, figures))
        .getMessage();
  }

  @Test
  void aDamagedByteOfTheMetricsCostsItsLineAtMost() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      MetricsLog metrics = directory.metrics();
      for (int step = 1; step <= 3; step++) {
        metrics.append("distill", step, 0.5, Map.of("loss", 1.0));
      }
      Path file = directory.resolve("metrics.jsonl");
      byte[] bytes = Files.readAllBytes(file);
      bytes[0] ^= (byte) 0x80;
      Files.write(file, bytes);
      metrics.cutBack("distill", 2);
      assertEquals(
          "{\"stage\":\"distill\",\"step\":2,\"seconds\":0.5,\"loss\":1.0}\n",
          Files.readString(file));
    }
  }
}
