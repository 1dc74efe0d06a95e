package org.potstill.evaluate;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.DistillingNetwork;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.run.FreeMemory;
import org.potstill.run.OtherRun;
import org.potstill.run.RunContext;
import org.potstill.tensor.LibTorch;

/** The stage {@code evaluate}: from the distilled images to {@code evaluation.json}. */
public final class EvaluateStage {

  /** Name of the stage, as the listener hears it. */
  public static final String NAME = "evaluate";

  /** What sets from elsewhere note their finished repeats under, apart from the run's own. */
  public static final String OTHER_SETS = "other-sets";

  /** What every training came to, for evaluations that need the same one again. */
  public static final String TRIALS = FinishedTrials.FILE;

  /** The key to lower where the memory of a GPU is full. */
  public static final String BATCH = "evaluate.batch";

  private final Config config;
  private final EvaluateConfig evaluate;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;
  private final String software;
  private final LongSupplier freeMemory;
  private final KeptIterations kept;

  /**
   * A stage that reads and writes the directory of {@code context}.
   *
   * @param software versions by name that the bits of an accuracy depend on
   * @throws InputException where the configuration asks for what the data set cannot give
   */
  public EvaluateStage(
      Config config,
      Dataset data,
      RunContext context,
      Kernels kernels,
      Map<String, String> software) {
    this(config, data, context, kernels, software, FreeMemory::bytes);
  }

  /** The same with so much free memory, bytes. */
  EvaluateStage(
      Config config,
      Dataset data,
      RunContext context,
      Kernels kernels,
      Map<String, String> software,
      LongSupplier freeMemory) {
    this.software = new TreeMap<>(software) + ", kernels " + kernels.name();
    this.config = config;
    this.kernels = kernels;
    this.freeMemory = freeMemory;
    this.evaluate = config.evaluate();
    this.data = data;
    this.context = context;
    this.kept = new KeptIterations(config, context.directory());
    requireSplits(config, data);
  }

  /**
   * Checks that the networks of a configuration, the distilling one among them, can be built for
   * the images of a data set, so that it does not show after hours of distilling.
   *
   * @throws InputException where one cannot
   */
  public static void requireNetworks(Config config, Dataset data) {
    DistillingNetwork.of(config.distill().network(), data);
    EvaluationNetworks.of(config, data);
  }

  /**
   * Checks that no baseline is chosen by losses, where nothing is scored.
   *
   * @throws InputException where one is
   */
  public static void requireBaselinesWithoutLosses(Config config) {
    if (config.evaluate().baselines().contains(Baselines.EASIEST)) {
      throw Baselines.noLosses(config);
    }
  }

  /**
   * Checks that a data set has the images that accuracies of a configuration are measured on.
   *
   * @throws InputException where it has none
   */
  public static void requireSplits(Config config, Dataset data) {
    EvaluateConfig evaluate = config.evaluate();
    if (data.test().isEmpty()) {
      throw new InputException(
          "evaluate: the data set "
              + config.data().source()
              + " has no test images (val/) to measure accuracy on; add some"
              + (config.data().testShare() > 0
                  ? " (data.test-share takes none of a class with a single image)"
                  : ", or set data.test-share: 0.2 to take that share of every class for the test")
              + ", or run the stages before, from score to distill, one by one");
    }
    if (ChosenIteration.isOnValidation(evaluate) && data.validation().isEmpty()) {
      throw new InputException(
          "evaluate.every: "
              + evaluate.every()
              + " chooses the best iteration on the validation share, but data.validation-share: "
              + config.data().validationShare()
              + " holds no image back; raise it (for example to 0.1), set evaluate.every to 0, or"
              + " evaluate.protocol to paper");
    }
  }

  /**
   * Checks that the run whose trainings are to be taken, if any, has finished some.
   *
   * @throws InputException where it has not
   */
  public static void requireLender(Config config) {
    requireOtherLender(config);
    if (config.evaluate().from() != null) {
      lender(config).require(TRIALS, "evaluate it first, or set evaluate.from: none");
    }
  }

  /**
   * Checks that what {@code evaluate.from} names, if it names one, is not the run itself.
   *
   * @throws InputException where it is, or is a file
   */
  public static void requireOtherLender(Config config) {
    if (config.evaluate().from() != null) {
      lender(config).requireOtherThan(config.run().out());
    }
  }

  private static OtherRun lender(Config config) {
    return new OtherRun("evaluate.from", config.evaluate().from());
  }

  /**
   * Evaluates the images of the run.
   *
   * <p>With {@code evaluate.every} it first chooses the best of the kept iterations and puts its
   * images in the place of the last ones, and one on whose images a network diverges is not chosen;
   * without, the last ones are put back there. Goes on with the repeats that an earlier call,
   * stopped, left.
   *
   * @return what was written to {@code evaluation.json}
   * @throws InputException where the images are missing, damaged or of another data set
   * @throws RunFailedException where a training diverges: which one, and where
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop
   */
  public Evaluation run() {
    if (evaluate.every() > 0) {
      return run(kept.candidates(), true, NAME, false);
    }
    kept.last().ifPresent(kept::choose);
    return run(Map.of(0, context.directory().resolve(DistilledSet.FILE)), false, NAME, false);
  }

  /**
   * Checks that the images of the run are there that {@link #run()} evaluates, and that the
   * baselines beside them can be had.
   *
   * @throws InputException where some are missing, damaged or of another data set, or a baseline
   *     cannot be had
   */
  public void requireImages() {
    if (evaluate.every() > 0) {
      kept.files().values().forEach(this::requireFit);
    } else {
      requireFit(kept.last().orElse(context.directory().resolve(DistilledSet.FILE)));
    }
  }

  /**
   * Checks a set that need not be of this run, and that the baselines beside it can be had.
   *
   * @param distilled as {@link #run(Path, boolean)} takes it
   * @throws InputException where it is missing, damaged or of another data set, or a baseline
   *     cannot be had
   */
  public void requireFit(Path distilled) {
    TrainingSource source = source(distilled);
    rate(source, distilled);
    baselines(perClass(source), new ImageSetLoader(data, config.data(), context));
  }

  /**
   * Evaluates a set that need not be of this run. Goes on with the repeats that an earlier call for
   * such a set, stopped, left; those of the run's own images are kept for it.
   *
   * @param distilled a safetensors file with {@code images} and {@code labels}, or a folder of
   *     pictures, {@code CLASS/*.png}
   * @param anew whether trainings are done again that an earlier evaluation finished
   * @return what was written to {@code evaluation.json}
   * @throws InputException where it is damaged or of another data set
   */
  public Evaluation run(Path distilled, boolean anew) {
    SetRemarks.of(distilled, source(distilled), data)
        .forEach(remark -> context.listener().warning(NAME, remark));
    return run(Map.of(0, distilled), false, OTHER_SETS, anew);
  }

  private Evaluation run(
      Map<Integer, Path> candidates, boolean chooses, String noted, boolean anew) {
    EvaluationJournal journal = EvaluationJournal.open(noted, config, context, software, anew);
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(context.threads());
        Trials trials = new Trials(config, data, context, kernels, journal, freeMemory)) {
      int sets = (chooses ? candidates.size() : 0) + 1 + evaluate.baselines().size();
      trials.expect(sets);
      ChosenIteration iteration = ChosenIteration.none();
      Path chosen = candidates.values().iterator().next();
      if (chooses) {
        iteration = select(trials, candidates);
        chosen = candidates.get(iteration.best());
        kept.choose(chosen);
      }
      Map<String, Object> set =
          noted.equals(NAME)
              ? EvaluationProtocol.OWN_IMAGES
              : EvaluationProtocol.ofImages(chosen, source(chosen).key(), context.directory());
      Evaluation evaluation = measure(trials, chosen, iteration, set);
      journal.tellBorrowed(context);
      EvaluationFile.write(context.directory().resolve(Evaluation.FILE), evaluation);
      journal.finish();
      return evaluation;
    }
  }

  private TrainingSource source(Path images) {
    return TrainingSource.distilled(images, config.data(), data);
  }

  /** The rate that was learned with a set, where networks are to be trained at that. */
  private OptionalDouble rate(TrainingSource source, Path images) {
    if (!evaluate.learnedRate()) {
      return OptionalDouble.empty();
    }
    OptionalDouble learned = source.learnedRate();
    if (learned.isEmpty()) {
      throw new InputException(
          "evaluate.learned-rate: "
              + images
              + " comes without a rate that was learned with the images (learning_rate in the"
              + " metadata of a safetensors file); set it to false");
    }
    return learned;
  }

  private ChosenIteration select(Trials trials, Map<Integer, Path> candidates) {
    Trials.Split split =
        ChosenIteration.isOnValidation(evaluate) ? Trials.Split.VALIDATION : Trials.Split.TEST;
    SortedMap<Integer, Map<String, Evaluation.NetworkResult>> results = new TreeMap<>();
    RunFailedException diverged = null;
    for (Map.Entry<Integer, Path> candidate : candidates.entrySet()) {
      try {
        TrainingSource source = new DistilledImages(candidate.getValue(), data, candidate.getKey());
        results.put(
            candidate.getKey(), trials.measure(source, split, rate(source, candidate.getValue())));
      } catch (RunFailedException e) {
        // Images that a network cannot be trained on are not the best ones.
        if (!(e.getCause() instanceof TrainingDivergedException)) {
          throw e;
        }
        diverged = e;
        context
            .listener()
            .warning(
                NAME,
                "iteration " + candidate.getKey() + " is not chosen: " + e.getCause().getMessage());
      }
    }
    if (results.isEmpty() && diverged != null) {
      throw diverged;
    }
    return new ChosenIteration(results);
  }

  private Evaluation measure(
      Trials trials, Path images, ChosenIteration iteration, Map<String, Object> set) {
    TrainingSource chosen = source(images);
    String distilling = config.distill().network().name();
    // Before the first training, so that a baseline that cannot be had is told at once.
    int[] perClass = perClass(chosen);
    List<TrainingSource> sources = baselines(perClass, trials.loader());
    OptionalDouble rate = rate(chosen, images);
    Evaluation.SetResult distilled =
        new Evaluation.SetResult(trials.measure(chosen, Trials.Split.TEST, rate), distilling);
    Map<String, Evaluation.SetResult> baselines = new LinkedHashMap<>();
    for (TrainingSource source : sources) {
      baselines.put(
          source.name(),
          new Evaluation.SetResult(trials.measure(source, Trials.Split.TEST, rate), distilling));
    }
    Map<String, Object> protocol = new LinkedHashMap<>(set);
    if (!set.equals(EvaluationProtocol.OWN_IMAGES)) {
      protocol.put(Evaluation.IMAGES_COUNT, Arrays.stream(perClass).sum());
    }
    protocol.putAll(
        EvaluationProtocol.of(config, data, context.seed(), rate, trials.count(Trials.Split.TEST)));
    protocol.putAll(iteration.protocol(evaluate));
    return new Evaluation(distilled, baselines, protocol, iteration.maxima(evaluate, distilling));
  }

  private int[] perClass(TrainingSource chosen) {
    try (LabelledImages images = chosen.load(0)) {
      return images.perClass(data.classKeys().size());
    }
  }

  /** Those that the configuration names, of as many images as a set has of every class. */
  private List<TrainingSource> baselines(int[] perClass, ImageSetLoader loader) {
    Baselines known = new Baselines(config, data, context, kernels, loader, perClass);
    return evaluate.baselines().stream().map(known::of).toList();
  }
}
