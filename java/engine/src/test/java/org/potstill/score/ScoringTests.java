package org.potstill.score;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.ConfigLoader;
import org.potstill.data.Dataset;
import org.potstill.data.PatternDataset;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.Network;
import org.potstill.net.ScorerResNet18;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.run.StageLog;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Heard;
import org.potstill.testing.Stopper;
import org.potstill.weights.Safetensors;

/** Scorings of a few images. */
abstract class ScoringTests {

  static final long SEED = 4;
  static final String[] TRAINED = {
    "data.source=builtin:fashion-mnist-mini", "score.epochs=2", "score.batch=8", "score.folds=2"
  };

  static final Map<String, Scores> WHOLE = new HashMap<>();

  @TempDir Path folder;
  final Heard heard = new Heard();
  int threads = 1;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  static PatternDataset grey() {
    return new PatternDataset(12, 1, 8, "cat, \"wild\"", "dog/wolf");
  }

  Scores score(String run, Dataset data, String... settings) {
    return score(run, data, new CancellationToken(), RunListener.SILENT, settings);
  }

  Scores score(
      String run,
      Dataset data,
      CancellationToken cancellation,
      RunListener listener,
      String... settings) {
    try (RunDirectory directory = RunDirectory.open(folder.resolve(run), Existing.RESUME)) {
      AtomicFiles.writeString(directory.resolve("config.yaml"), RunDirectory.CONFIG_MARK + "\n");
      RunContext context = new RunContext(directory, listener, cancellation, SEED, threads);
      Scores scores =
          new ScoreStage(ConfigLoader.of(settings), data, context, new JavaKernels()).run();
      Map<String, String> values = Map.of("data set", data.fingerprint());
      Map<String, String> written =
          Map.of(Scores.FILE, Fingerprint.ofFile(directory.resolve(Scores.FILE)));
      directory
          .stages()
          .put(ScoreStage.NAME, new StageLog.Entry(Fingerprint.of(values), written, 1, Map.of()));
      return scores;
    }
  }

  static String[] with(String[] settings, String... more) {
    String[] all = Arrays.copyOf(settings, settings.length + more.length);
    System.arraycopy(more, 0, all, settings.length, more.length);
    return all;
  }

  /** What {@link #grey} gives with such settings, scored once for all tests. */
  Scores whole(String... settings) {
    String key = String.join(" ", settings);
    if (!WHOLE.containsKey(key)) {
      WHOLE.put(key, score("whole", grey(), settings));
    }
    return WHOLE.get(key);
  }

  Path weights(String broken) throws IOException {
    return weights(broken, 1000);
  }

  Path weights(String broken, int outputs) throws IOException {
    return weights(broken, outputs, 1);
  }

  Path weights(String broken, int outputs, int seed) throws IOException {
    Path file = folder.resolve("weights.safetensors");
    Network network = ScorerResNet18.of(3, outputs);
    try (PointerScope scope = new PointerScope();
        NamedTensors state =
            network.initialise(RandomStream.of(seed, Purpose.SCORER_INITIALISATION, 0, 0))) {
      if (!broken.isEmpty()) {
        state.put(broken, torch.full(Tensors.shape(state.get(broken)), nan(), Tensors.float32()));
      }
      Safetensors.write(file, state, Map.of());
    }
    return file;
  }

  static Scalar nan() {
    return new Scalar(Double.NaN);
  }

  static String[] pretrained(Path weights) {
    return new String[] {
      "data.source=builtin:fashion-mnist-mini",
      "score.weights=" + weights,
      "score.resolution=32",
      "score.batch=3"
    };
  }

  static RunListener stopAt(long images, CancellationToken cancellation) {
    return new Stopper(cancellation, now -> now.done() >= images);
  }
}
