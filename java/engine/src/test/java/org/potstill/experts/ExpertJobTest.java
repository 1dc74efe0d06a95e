package org.potstill.experts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.distill.CoreSetImages;
import org.potstill.distill.ExpertFile;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.fixtures.Closeness;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.NetworkTrainer;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pass;
import org.potstill.net.Pooling;
import org.potstill.net.Sgd;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Heard;
import org.potstill.testing.Stopper;

/** Twelve images, three epochs of which the first and the last are kept. */
class ExpertJobTest {

  private static final long SEED = 5;
  private static final int SIDE = 8;
  private static final int IMAGES = 12;
  private static final int EPOCHS = 3;
  private static final double RATE = 0.05;
  private static final double MOMENTUM = 0.5;
  private static final String AUGMENT = "color_crop_cutout_flip_scale_rotate";
  private static final double CLOSE = 1e-5;

  private static LibTorch.ThreadSettings threads;

  @TempDir Path folder;

  @BeforeAll
  static void useOneThread() {
    threads = LibTorch.withThreads(1);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  private static Config config(String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "data.source=idx:none",
                "distill.method=mtt",
                "distill.augment=" + AUGMENT,
                "distill.trajectory.max-start-epoch=1",
                "distill.trajectory.expert-epochs=" + EPOCHS,
                "experts.epochs=" + EPOCHS,
                "experts.count=2",
                "experts.batch=5",
                "experts.learning-rate=" + RATE,
                "experts.momentum=" + MOMENTUM));
    all.addAll(List.of(settings));
    return ConfigLoader.of(all.toArray(String[]::new));
  }

  private static Network network() {
    return Networks.create(
        NetworkSpec.of("convnet", SIDE, 1, 2).with(1, 4, Norm.INSTANCE, Pooling.AVG));
  }

  private static CoreSetImages images() {
    float[] pixels = new float[IMAGES * SIDE * SIDE];
    RandomStream.of(SEED, Purpose.IMAGE_INITIALISATION, 1, 0).fillGaussian(pixels, 0, 1);
    try (PointerScope scope = new PointerScope()) {
      return new CoreSetImages(
          Tensors.of(pixels, IMAGES, 1, SIDE, SIDE), new int[] {7, 5}, List.of("a", "b"));
    }
  }

  private static Fingerprint fingerprint(String network) {
    return Fingerprint.of(new TreeMap<>(Map.of("distill.network", network)));
  }

  /** Trains an expert in a run directory, on from a checkpoint that lies there. */
  private void train(
      String run, int expert, Config config, RunListener listener, CancellationToken token) {
    train(run, expert, config, fingerprint("convnet"), listener, token);
  }

  private void train(
      String run,
      int expert,
      Config config,
      Fingerprint fingerprint,
      RunListener listener,
      CancellationToken token) {
    Path mark = folder.resolve(run).resolve("config.yaml");
    if (!Files.exists(mark)) {
      AtomicFiles.writeString(mark, RunDirectory.CONFIG_MARK + "\n");
    }
    try (RunDirectory directory = RunDirectory.open(folder.resolve(run), Existing.RESUME);
        CoreSetImages images = images()) {
      RunContext context = new RunContext(directory, listener, token, SEED, 1);
      ExpertReports reports = new ExpertReports(context, 2, EPOCHS);
      new ExpertJob(config, network(), images, fingerprint, context, reports).train(expert, token);
    }
  }

  private void stopAfter(String run, int expert, int epochs) {
    CancellationToken token = new CancellationToken();
    Stopper stopper = new Stopper(token, told -> told.done() == epochs);
    assertThrows(RunCancelledException.class, () -> train(run, expert, config(), stopper, token));
  }

  private Path file(String run, int expert) {
    return folder.resolve(run).resolve(ExpertFile.name(expert));
  }

  private long checkpoints(String run) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(run).resolve("checkpoints"))) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).count();
    }
  }

  private static double[] flat(NamedTensors parameters) {
    return network().parameterNames().stream()
        .flatMapToDouble(name -> Arrays.stream(Closeness.doubles(parameters.get(name))))
        .toArray();
  }

  private double[] parameters(String run, int expert, int epoch) {
    try (NamedTensors found = ExpertFile.open(file(run, expert)).parameters(network(), epoch)) {
      return flat(found);
    }
  }

  private static NamedTensors initial(int expert) {
    return network().initialise(RandomStream.of(SEED, Purpose.EXPERT_INITIALISATION, 0, expert));
  }

  /** All epochs, written plainly; returns their losses, which are means over the images. */
  private static double[] trained(NamedTensors state, int expert, int batch) {
    SiameseAugmentation augmentation = SiameseAugmentation.of(AUGMENT);
    double[] losses = new double[EPOCHS];
    try (PointerScope scope = new PointerScope();
        CoreSetImages images = images();
        NetworkTrainer trainer =
            new NetworkTrainer(
                network(), state, new Sgd(MOMENTUM, 0), Precision.F32, new RowParts("x", "y"))) {
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        int[] order =
            RandomStream.of(SEED, Purpose.EXPERT_BATCHES, epoch, expert).permutation(IMAGES);
        RandomStream augment = RandomStream.of(SEED, Purpose.EXPERT_AUGMENTATION, epoch, expert);
        for (int from = 0; from < IMAGES; from += batch) {
          Tensor rows =
              Tensors.indices(Arrays.copyOfRange(order, from, Math.min(IMAGES, from + batch)));
          Tensor input = images.all().index_select(0, rows);
          Tensor augmented =
              augmentation.apply(
                  input, augmentation.drawPerSample(augment, (int) input.size(0), SIDE, SIDE));
          double loss =
              trainer
                  .step(augmented, images.labels().index_select(0, rows), Pass.TRAIN, RATE)
                  .loss();
          losses[epoch] += loss * input.size(0) / IMAGES;
        }
      }
    }
    return losses;
  }

  @ParameterizedTest
  @CsvSource({"0, 5", "1, 5", "1, 4", "1, 100"})
  void expertsAreTrainedWithDrawsOfTheirOwn(int expert, int batch) throws IOException {
    List<Double> losses = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void metric(String stage, long step, String name, double value) {
            losses.add(value);
          }
        };
    train("run", expert, config("experts.batch=" + batch), listener, new CancellationToken());
    try (NamedTensors state = initial(expert)) {
      Closeness.assertMaxAbsolute("start", flat(state), parameters("run", expert, 0), 0);
      double[] expected = trained(state, expert, batch);
      Closeness.assertRelativeL2("end", flat(state), parameters("run", expert, EPOCHS), CLOSE);
      Closeness.assertRelative(
          "losses", expected, losses.stream().mapToDouble(Double::doubleValue).toArray(), CLOSE);
    }
    assertEquals(Set.of(0, EPOCHS), ExpertFile.open(file("run", expert)).epochs());
    assertEquals(0, checkpoints("run"));
  }

  @Test
  void anExpertGoesOnAfterItsLastWholeEpoch() throws IOException {
    train("whole", 1, config(), RunListener.SILENT, new CancellationToken());
    stopAfter("stopped", 1, 2);
    assertFalse(Files.exists(file("stopped", 1)));
    assertTrue(checkpoints("stopped") > 0);
    Heard heard = new Heard();
    train("stopped", 1, config(), heard, new CancellationToken());
    assertEquals(-1, Files.mismatch(file("whole", 1), file("stopped", 1)));
    assertEquals(
        List.of(new Heard.Progress("training experts", 3, 2 * EPOCHS, "epochs")), heard.progress());
    // The sixth epoch of all, since the first expert has three.
    assertEquals(List.of("experts 6"), heard.figures());
    assertEquals(0, checkpoints("stopped"));
    for (String line : Files.readAllLines(folder.resolve("whole/metrics.jsonl"))) {
      assertTrue(line.matches(".*\"seconds\":\\d{1,2}\\.\\d+(E-\\d+)?,.*"), line);
    }
  }

  @Test
  void aCheckpointOfOtherSettingsIsRefused() throws IOException {
    stopAfter("run", 0, 1);
    InputException refused =
        assertThrows(
            InputException.class,
            () ->
                train(
                    "run",
                    0,
                    config(),
                    fingerprint("alexnet"),
                    RunListener.SILENT,
                    new CancellationToken()));
    assertTrue(refused.getMessage().contains("expert of other settings"), refused::getMessage);
    assertTrue(checkpoints("run") > 0);
  }

  /** They are not among what an expert is made of, but a checkpoint has no others. */
  @Test
  void aCheckpointWithoutAnEpochThatCanBeDrawnIsRefused() {
    stopAfter("run", 0, 2);
    Config other = config("distill.trajectory.expert-epochs=1");
    InputException refused =
        assertThrows(
            InputException.class,
            () -> train("run", 0, other, RunListener.SILENT, new CancellationToken()));
    assertTrue(refused.getMessage().contains("does not hold epoch 1,"), refused::getMessage);
    assertFalse(Files.exists(file("run", 0)));
  }

  /** As earlier versions did, until the last of all epochs. */
  @Test
  void anExpertThatWasTrainedForLongerIsWrittenAsItIs() throws IOException {
    Config all =
        config("distill.trajectory.expert-epochs=2", "distill.trajectory.max-start-epoch=2");
    CancellationToken token = new CancellationToken();
    Stopper stopper = new Stopper(token, told -> told.done() == 2);
    assertThrows(RunCancelledException.class, () -> train("run", 0, all, stopper, token));
    Config fewer = config("distill.trajectory.expert-epochs=1");
    Heard heard = new Heard();
    train("run", 0, fewer, heard, new CancellationToken());
    assertEquals(List.of(), heard.progress());
    train("alone", 0, fewer, RunListener.SILENT, new CancellationToken());
    Closeness.assertMaxAbsolute("epoch 1", parameters("alone", 0, 1), parameters("run", 0, 1), 0);
    assertEquals(0, checkpoints("run"));
  }

  @Test
  void divergenceIsToldByExpertEpochAndStep() throws IOException {
    RunFailedException failed =
        assertThrows(
            RunFailedException.class,
            () ->
                train(
                    "run",
                    1,
                    config("experts.learning-rate=1e30"),
                    RunListener.SILENT,
                    new CancellationToken()));
    assertTrue(
        failed
            .getMessage()
            .matches(
                "expert 1: training diverged: in epoch 1, step [23], the .* is no longer finite.*"),
        failed::getMessage);
    assertFalse(Files.exists(file("run", 1)));
  }
}
