package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedSet;
import java.util.function.LongSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.distill.Whitening;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.Accuracy;
import org.potstill.net.Network;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/**
 * Trains networks on sets of images and measures them, several at once where there is room;
 * finished repeats are not done again.
 */
final class Trials implements AutoCloseable {

  /** Images that a trained network is measured on. */
  enum Split {
    VALIDATION,
    TEST;

    private List<ImageRecord> records(Dataset data) {
      return this == TEST ? data.test() : data.validation();
    }

    private String words() {
      return this == TEST ? "test images" : "validation images";
    }

    /** Ids of those that cannot be read, where they may be left out. */
    SortedSet<String> leftOut(Dataset data, ImageSetLoader loader) {
      return loader.unreadable(records(data), "looking at " + words());
    }
  }

  private final EvaluateConfig config;
  private final Dataset data;
  private final RunContext context;
  private final ImageSetLoader loader;
  private final TrialReports reports;
  private final TrialRoom room;
  private final Map<String, Network> networks;
  private final TrialKeys keys;
  private final Precision precision;
  private final RowParts tested = new RowParts(EvaluateStage.NAME, EvaluateStage.BATCH);
  private final RowParts trained = new RowParts(EvaluateStage.NAME, EvaluateStage.BATCH);
  private final Map<Split, LabelledImages> measured = new EnumMap<>(Split.class);
  private final DataConfig dataConfig;
  private final Kernels kernels;
  private Whitening whitening;

  /**
   * Trials of an evaluation.
   *
   * @param kernels of the networks and their optimisers
   * @param free native memory that is free, bytes
   */
  Trials(
      Config config,
      Dataset data,
      RunContext context,
      Kernels kernels,
      EvaluationJournal journal,
      LongSupplier free) {
    this.config = config.evaluate();
    this.kernels = kernels;
    dataConfig = config.data();
    this.data = data;
    this.context = context;
    reports = new TrialReports(context, journal, this.config.repeats(), this.config.epochs());
    room = new TrialRoom(context.threads(), this.config.repeats(), free);
    loader = new ImageSetLoader(data, config.data(), context);
    networks = EvaluationNetworks.of(config, data);
    networks.replaceAll((name, network) -> network.with(kernels));
    precision =
        Precision.of(this.config.precision(), "evaluate.precision", Placement.of(context.device()));
    keys = new TrialKeys(config, data, context, loader);
  }

  ImageSetLoader loader() {
    return loader;
  }

  /** Says how many sets will be measured in all, for the progress. */
  void expect(int sets) {
    reports.expect((long) sets * networks.size() * config.repeats());
  }

  /** The images of a split, loaded when first asked for. */
  LabelledImages images(Split split) {
    return measured.computeIfAbsent(
        split,
        wanted -> {
          Whitening first = whitening();
          return loader
              .load(wanted.records(data), "loading " + wanted.words())
              .whitened(first)
              .on(Placement.of(context.device()));
        });
  }

  /** How many images of a split are measured on; none is loaded for it. */
  int count(Split split) {
    return split.records(data).size() - split.leftOut(data, loader).size();
  }

  /** Made when first asked for: where all trials are known, nothing is trained. */
  private Whitening whitening() {
    if (whitening == null) {
      whitening = Whitening.of(dataConfig, data, context, EvaluateStage.NAME);
    }
    return whitening;
  }

  /**
   * The accuracies of every network, trained on {@code source}, on the images of {@code split}.
   *
   * @param rate peak of the learning rate, where not that of the configuration
   * @throws RunFailedException where a training diverges; its cause is a {@link
   *     TrainingDivergedException}
   */
  Map<String, Evaluation.NetworkResult> measure(
      TrainingSource source, Split split, OptionalDouble rate) {
    List<Trial> all = keys.trials(source, split, rate);
    List<Trial> missing = reports.missing(all);
    if (!missing.isEmpty()) {
      try {
        train(source, split, missing);
      } catch (RunFailedException e) {
        reports.abandon(all);
        throw e;
      }
    }
    Map<String, List<Double>> accuracies = new LinkedHashMap<>();
    for (Trial trial : all) {
      accuracies
          .computeIfAbsent(trial.network(), network -> new ArrayList<>())
          .add(reports.accuracy(trial));
    }
    Map<String, Evaluation.NetworkResult> results = new LinkedHashMap<>();
    accuracies.forEach(
        (network, values) -> results.put(network, new Evaluation.NetworkResult(values)));
    return results;
  }

  /** Trains as many at once as there is room for. */
  private void train(TrainingSource source, Split split, List<Trial> trials) {
    try (TrialSets sets = new TrialSets(source, trials.get(0).repeat(), whitening())) {
      LabelledImages measuredOn = images(split);
      for (TrialRoom.Group group : room.groups(trials, trial -> bytes(trial, sets))) {
        List<Trial> some = group.trials();
        room.now(group, trial -> bytes(trial, sets))
            .on(Placement.of(context.device()))
            .run(
                some.size(),
                context.cancellation(),
                (index, cancellation) -> run(some.get(index), sets, measuredOn, cancellation));
      }
    }
  }

  private long bytes(Trial trial, TrialSets sets) {
    Network network = networks.get(trial.network());
    long batch = Math.min(config.batch(), sets.size());
    long pixels = (long) data.resolution() * data.resolution();
    return sets.bytes() + EvaluationNeeds.inParts(network, batch, pixels, draws(trial));
  }

  private TrainingDraws draws(Trial trial) {
    return TrainingDraws.of(context.seed(), trial.repeat());
  }

  private void run(
      Trial trial, TrialSets sets, LabelledImages measuredOn, CancellationToken cancellation) {
    long start = System.nanoTime();
    double accuracy;
    try (LabelledImages images = reports.images(sets, trial).on(Placement.of(context.device()))) {
      accuracy = accuracy(trial, images, measuredOn, cancellation);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    reports.finished(trial, new FinishedTrials.Outcome(accuracy, seconds));
  }

  private double accuracy(
      Trial trial,
      LabelledImages images,
      LabelledImages measuredOn,
      CancellationToken cancellation) {
    Network network = networks.get(trial.network());
    try (PointerScope scope = new PointerScope();
        NamedTensors average = trained(network, trial, images, cancellation)) {
      return Accuracy.of(
          network,
          average,
          measuredOn.images(),
          measuredOn.labels(),
          config.batch(),
          precision,
          tested,
          // Not stopped, since what was trained would be lost.
          done -> reports.tested(trial, done, measuredOn.labels().size(0)));
    }
  }

  private NamedTensors trained(
      Network network, Trial trial, LabelledImages images, CancellationToken cancellation) {
    RandomStream initial =
        RandomStream.of(context.seed(), Purpose.EVALUATION_INITIALISATION, 0, trial.repeat());
    try (NamedTensors state = Placement.of(context.device()).place(network.initialise(initial))) {
      return EvaluationNetworks.training(config, trial.rate(), precision, trained, kernels)
          .run(
              network,
              state,
              images.images(),
              images.labels(),
              draws(trial),
              told(trial, cancellation));
    } catch (TrainingDivergedException e) {
      String what = reports.task(trial) + ": " + e.getMessage();
      throw new RunFailedException(
          what
              + (config.learnedRate()
                  ? ". It was trained at the rate that was learned with the images, "
                      + trial.rate()
                      + "; set evaluate.learned-rate to false"
                  : ". Lower evaluate.learning-rate (" + trial.rate() + ")")
              + " and go on with --resume",
          new TrainingDivergedException(what));
    }
  }

  private SyntheticTraining.EpochListener told(Trial trial, CancellationToken cancellation) {
    return new SyntheticTraining.EpochListener() {
      @Override
      public void finished(int epoch, double loss, double accuracy) {
        reports.epochs(trial, epoch + 1);
      }

      @Override
      public void stepped(long step, long steps) {
        cancellation.throwIfCancelled();
      }
    };
  }

  @Override
  public void close() {
    measured.values().forEach(LabelledImages::close);
    if (whitening != null) {
      whitening.close();
    }
  }
}
