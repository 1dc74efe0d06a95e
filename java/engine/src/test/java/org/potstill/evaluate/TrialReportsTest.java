package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.ConfigLoader;
import org.potstill.evaluate.FinishedTrials.Outcome;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;

class TrialReportsTest {

  private static final int REPEATS = 4;
  private static final int EPOCHS = 10;
  private static final List<Trial> TRIALS =
      LongStream.rangeClosed(1, REPEATS)
          .mapToObj(
              n ->
                  new Trial(
                      n,
                      "convnet",
                      "distilled",
                      OptionalInt.of(500),
                      (int) n - 1,
                      0.01,
                      "key " + n))
          .toList();

  @TempDir Path temp;
  private final List<String> heard = new ArrayList<>();

  private final RunListener listener =
      new RunListener() {
        @Override
        public void progress(String stage, String task, long done, long total, String unit) {
          heard.add(task + ": " + done + "/" + total);
        }

        @Override
        public void metric(String stage, long step, String name, double value) {
          heard.add(step + " " + name + " " + value);
        }
      };

  private TrialReports reports(RunDirectory directory) {
    RunContext context = new RunContext(directory, listener, new CancellationToken(), 1, 2);
    TrialReports reports =
        new TrialReports(
            context,
            EvaluationJournal.open(
                "evaluate",
                ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "run.threads=2"),
                context,
                "software",
                false),
            REPEATS,
            EPOCHS);
    reports.expect(REPEATS);
    return reports;
  }

  private List<String> lines() throws IOException {
    Path file = temp.resolve("run/metrics.jsonl");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private static String line(int step, double seconds, double accuracy) {
    return String.format(
        "{\"stage\":\"evaluate\",\"step\":%d,\"seconds\":%s,\"network\":\"convnet\","
            + "\"images\":\"distilled\",\"iteration\":500,\"repeat\":%d,\"accuracy\":%s}",
        step, seconds, step, accuracy);
  }

  @Test
  void linesAreInTheOrderOfTheTrialsAndNothingIsLostWithThem() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      TrialReports reports = reports(directory);
      assertEquals(TRIALS, reports.missing(TRIALS));
      reports.finished(TRIALS.get(1), new Outcome(0.2, 2));
      reports.finished(TRIALS.get(3), new Outcome(0.4, 4));
      assertEquals(List.of(), lines());
      reports.finished(TRIALS.get(0), new Outcome(0.1, 1));
      assertEquals(List.of(line(1, 1, 0.1), line(2, 2, 0.2)), lines());
      assertEquals(List.of("1 accuracy 0.1", "2 accuracy 0.2"), heard);
      heard.clear();

      TrialReports resumed = reports(directory);
      assertEquals(List.of(TRIALS.get(2)), resumed.missing(TRIALS));
      assertEquals(List.of(line(1, 1, 0.1), line(2, 2, 0.2)), lines());
      resumed.finished(TRIALS.get(2), new Outcome(0.3, 3));
      assertEquals(
          List.of(line(1, 1, 0.1), line(2, 2, 0.2), line(3, 3, 0.3), line(4, 4, 0.4)), lines());
      assertEquals(List.of("3 accuracy 0.3"), heard);
      assertEquals(0.4, resumed.accuracy(TRIALS.get(3)));
    }
  }

  @Test
  void linesDoNotWaitForTrialsThatAreAbandoned() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      TrialReports reports = reports(directory);
      reports.epochs(TRIALS.get(0), 1);
      reports.finished(TRIALS.get(1), new Outcome(0.2, 2));
      reports.abandon(TRIALS.subList(0, 3));
      reports.finished(TRIALS.get(3), new Outcome(0.4, 4));
      assertEquals(List.of(line(2, 2, 0.2), line(4, 4, 0.4)), lines());
      heard.clear();
      reports.epochs(new Trial(5, "vit", "random", OptionalInt.empty(), 0, 0.01, "key"), 1);
      assertEquals(List.of("vit on random images, repeat 1 of 4: 41/40"), heard);
    }
  }

  @Test
  void testsAreToldWhenNoTrainingGoesOnBesideThem() {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      TrialReports reports = reports(directory);
      reports.epochs(TRIALS.get(0), EPOCHS);
      reports.epochs(TRIALS.get(1), 1);
      heard.clear();
      reports.tested(TRIALS.get(0), 20, 100);
      assertEquals(List.of(), heard);
      reports.tested(TRIALS.get(1), 10, 100);
      assertEquals(
          List.of("testing convnet on distilled images, repeats 1, 2 of 4: 30/200"), heard);
      reports.finished(TRIALS.get(0), new Outcome(0.5, 1));
      heard.clear();
      reports.tested(TRIALS.get(1), 30, 100);
      assertEquals(List.of("testing convnet on distilled images, repeat 2 of 4: 30/100"), heard);
    }
  }

  @Test
  void progressNamesAllThatRunAndCountsAllTheirEpochs() {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      TrialReports reports = reports(directory);
      reports.epochs(TRIALS.get(0), 1);
      reports.epochs(TRIALS.get(1), 1);
      reports.epochs(TRIALS.get(0), 2);
      reports.finished(TRIALS.get(0), new Outcome(0.5, 1));
      reports.epochs(new Trial(5, "vit", "random", OptionalInt.empty(), 2, 0.01, "key"), 3);
      assertEquals(
          List.of(
              "convnet on distilled images, repeat 1 of 4: 1/40",
              "convnet on distilled images, repeats 1, 2 of 4: 2/40",
              "convnet on distilled images, repeats 1, 2 of 4: 3/40",
              "1 accuracy 0.5",
              "convnet on distilled images, repeat 2 of 4; vit on random images, repeat 3 of 4:"
                  + " 14/40"),
          heard);
    }
  }
}
