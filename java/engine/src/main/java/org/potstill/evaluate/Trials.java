package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.net.Accuracy;
import org.potstill.net.Network;
import org.potstill.net.Networks;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;

/** Trains networks on sets of images and measures them; finished repeats are not done again. */
final class Trials implements AutoCloseable {

  /** Images that a trained network is measured on. */
  enum Split {
    VALIDATION,
    TEST
  }

  private final EvaluateConfig config;
  private final Dataset data;
  private final RunContext context;
  private final ImageSetLoader loader;
  private final EvaluationJournal journal;
  private final Map<String, Network> networks;
  private final String settings;
  private final Map<Split, LabelledImages> measured = new EnumMap<>(Split.class);
  private long trainings;
  private long begun;

  Trials(Config config, Dataset data, RunContext context, EvaluationJournal journal) {
    this.config = config.evaluate();
    this.data = data;
    this.context = context;
    this.journal = journal;
    loader = new ImageSetLoader(data, config.data(), context);
    networks = EvaluationNetworks.of(config, data);
    settings = settings(config);
  }

  /** All that an accuracy depends on besides training set, network, repeat and split. */
  private String settings(Config config) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("data set", data.fingerprint());
    values.put("resize", config.data().resize().toString());
    values.put("seed", Long.toString(context.seed()));
    values.put("distilling network", config.distill().network().toString());
    values.put("epochs", Integer.toString(this.config.epochs()));
    values.put("batch", Integer.toString(this.config.batch()));
    values.put("learning rate", Double.toString(this.config.learningRate()));
    values.put("schedule", this.config.schedule().toString());
    values.put("running average", Double.toString(this.config.ema()));
    values.put("augment", this.config.augment());
    return Fingerprint.of(values).hash();
  }

  ImageSetLoader loader() {
    return loader;
  }

  /** Says how many sets will be measured in all, for the progress. */
  void expect(int sets) {
    trainings = (long) sets * networks.size() * config.repeats();
  }

  /** The images of a split, loaded when first asked for. */
  LabelledImages images(Split split) {
    return measured.computeIfAbsent(
        split,
        wanted -> {
          boolean test = wanted == Split.TEST;
          List<ImageRecord> records = test ? data.test() : data.validation();
          return loader.load(records, test ? "loading test images" : "loading validation images");
        });
  }

  /** The accuracies of every network, trained on {@code source}, on the images of {@code split}. */
  Map<String, Evaluation.NetworkResult> measure(TrainingSource source, Split split) {
    Map<String, Evaluation.NetworkResult> results = new LinkedHashMap<>();
    for (String network : networks.keySet()) {
      List<Double> accuracies = new ArrayList<>();
      for (int repeat = 0; repeat < config.repeats(); repeat++) {
        accuracies.add(accuracy(source, split, network, repeat));
        begun++;
      }
      results.put(network, new Evaluation.NetworkResult(accuracies));
    }
    return results;
  }

  private double accuracy(TrainingSource source, Split split, String network, int repeat) {
    Map<String, String> all =
        Map.of("settings", settings, "images", source.key(), "version", Networks.version(network));
    String hash = Fingerprint.of(all).hash();
    String key = String.join("/", source.name(), split.name(), network, "" + repeat, hash);
    OptionalDouble known = journal.find(key);
    if (known.isPresent()) {
      return known.getAsDouble();
    }
    long start = System.nanoTime();
    double accuracy;
    try (LabelledImages images = source.load(repeat)) {
      accuracy = train(images, split, network, repeat, source.name());
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    long step = journal.size() + 1L;
    // The line first: killed in between, it is cut back and written again.
    context
        .directory()
        .metrics()
        .append(EvaluateStage.NAME, step, seconds, Map.of("accuracy", accuracy));
    journal.put(key, accuracy);
    context.listener().metric(EvaluateStage.NAME, step, "accuracy", accuracy);
    return accuracy;
  }

  private double train(
      LabelledImages images, Split split, String name, int repeat, String sourceName) {
    LabelledImages measuredOn = images(split);
    Network network = networks.get(name);
    RandomStream initial =
        RandomStream.of(context.seed(), Purpose.EVALUATION_INITIALISATION, 0, repeat);
    String task =
        String.format(
            "%s on %s images, repeat %d of %d", name, sourceName, repeat + 1, config.repeats());
    try (PointerScope scope = new PointerScope();
        NamedTensors state = network.initialise(initial);
        NamedTensors average =
            EvaluationNetworks.training(config, name)
                .run(
                    network,
                    state,
                    images.images(),
                    images.labels(),
                    TrainingDraws.of(context.seed(), repeat),
                    (epoch, loss, accuracy) -> epochFinished(task, epoch, loss))) {
      return Accuracy.of(
          network, average, measuredOn.images(), measuredOn.labels(), config.batch());
    }
  }

  private void epochFinished(String task, int epoch, double loss) {
    context.cancellation().throwIfCancelled();
    long done = begun * config.epochs() + epoch + 1;
    context
        .listener()
        .progress(EvaluateStage.NAME, task, done, trainings * config.epochs(), "epochs");
    if (epoch == config.epochs() - 1 && !Double.isFinite(loss)) {
      context
          .listener()
          .warning(
              EvaluateStage.NAME, task + ": training diverged; try a lower evaluate.learning-rate");
    }
  }

  @Override
  public void close() {
    measured.values().forEach(LabelledImages::close);
  }
}
