package org.potstill.evaluate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.kernels.Kernels;
import org.potstill.net.Networks;
import org.potstill.prune.CoreSet;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.score.Groups;
import org.potstill.score.LeftOut;
import org.potstill.score.Scores;
import org.potstill.tensor.Tensors;

/** The sets of real images that are evaluated beside the distilled ones, by name. */
final class Baselines {

  /** Those of the core-set with the lowest losses. */
  static final String EASIEST = "easiest";

  /** By herding of features. */
  static final String HERDING = "herding";

  /** By greedy k-center of features. */
  static final String K_CENTER = "k-center";

  /** All training images. */
  static final String FULL = "full";

  /** Those that hold all training images in memory. */
  static final Set<String> OF_ALL = Set.of(HERDING, K_CENTER, FULL);

  private static final Map<String, Rule> RULES =
      Map.of(HERDING, FeatureSelection::herding, K_CENTER, FeatureSelection::kCenter);

  /** What the listener is told while they are looked at. */
  static final String LOOKING = "looking at training images";

  private final Config config;
  private final Dataset data;
  private final RunContext context;
  private final ImageSetLoader loader;
  private final int[] perClass;
  private final TrainingFeatures features;
  private final Map<String, List<ImageRecord>> byFeatures = new HashMap<>();

  /**
   * Baselines of a set.
   *
   * @param kernels of the network that features are taken from
   * @param perClass its images of every class; a class with fewer real ones gives all it has
   */
  Baselines(
      Config config,
      Dataset data,
      RunContext context,
      Kernels kernels,
      ImageSetLoader loader,
      int[] perClass) {
    this.config = config;
    this.data = data;
    this.context = context;
    this.loader = loader;
    this.perClass = perClass.clone();
    features = new TrainingFeatures(config, data, context, kernels, loader);
  }

  /**
   * The baseline called {@code name}.
   *
   * @throws InputException where there is none, or what it is chosen by is missing
   */
  TrainingSource of(String name) {
    return switch (name) {
      case RandomImages.NAME -> new RandomImages(data, loader, context, perClass, unreadable());
      case EASIEST -> new Chosen(name, coreSetHash(), this::easiest, this::easiest);
      case HERDING, K_CENTER -> byFeatures(name);
      case FULL -> new Chosen(name, "", data::training, data::training);
      default ->
          throw new InputException("evaluate.baselines: there is no baseline '" + name + "'");
    };
  }

  /**
   * The training images that scoring left out. Of those listed, only what has no score counts:
   * evaluations add to the list, and what is drawn may not depend on how far one came.
   */
  private Set<String> unreadable() {
    Path scores = context.directory().resolve(Scores.FILE);
    Set<String> ids =
        new HashSet<>(LeftOut.read(context.directory().resolve(LeftOut.FILE)).reasons().keySet());
    if (ids.isEmpty() || !Files.exists(scores)) {
      return Set.of();
    }
    Scores.read(scores).entries().forEach(entry -> ids.remove(entry.id()));
    ids.retainAll(data.training().stream().map(ImageRecord::id).collect(Collectors.toSet()));
    return ids;
  }

  private Path coreSet() {
    return context.directory().resolve(CoreSet.FILE);
  }

  private String coreSetHash() {
    if (!Files.exists(coreSet())) {
      throw new InputException(
          "evaluate.baselines: easiest needs the core-set of a run, and "
              + context.directory().root()
              + " has none; run the stage prune there, or take the baseline out");
    }
    CoreSet set = CoreSet.read(coreSet());
    if (set.entries().stream().anyMatch(entry -> Float.isNaN(entry.loss()))) {
      throw noLosses(config);
    }
    return Fingerprint.ofFile(coreSet());
  }

  /** The refusal of a baseline that is chosen by losses where there are none. */
  static InputException noLosses(Config config) {
    return new InputException(
        "evaluate.baselines: easiest needs the losses of the core-set, but prune.mode: "
            + config.prune().mode().name().toLowerCase(Locale.ROOT)
            + " scores nothing; prune by easy or hard, or take the baseline out");
  }

  List<ImageRecord> easiest() {
    CoreSet set = CoreSet.read(coreSet());
    Map<String, Float> losses = new HashMap<>();
    set.entries().forEach(entry -> losses.put(entry.id(), entry.loss()));
    List<ImageRecord> chosen = new ArrayList<>();
    List<List<ImageRecord>> classes = set.records(data);
    for (int c = 0; c < perClass.length; c++) {
      classes.get(c).stream()
          .sorted(Comparator.comparing(image -> losses.get(image.id())))
          .limit(perClass[c])
          .forEach(chosen::add);
    }
    return chosen;
  }

  private String featureKey() {
    return config.distill().network()
        + " "
        + Networks.version(config.distill().network().name())
        + " "
        + config.evaluate().featureEpochs()
        + " epochs, "
        + config.evaluate().batch();
  }

  /** Chooses some rows. */
  @FunctionalInterface
  private interface Rule {
    int[] choose(float[][] features, int count);
  }

  private Chosen byFeatures(String name) {
    return new Chosen(name, featureKey(), data::training, () -> byFeatures().get(name));
  }

  /**
   * What is chosen by features, for all such baselines at once, so that the features need not be
   * kept: choosing is little beside the training for them.
   */
  private Map<String, List<ImageRecord>> byFeatures() {
    if (byFeatures.isEmpty()) {
      byFeatures.putAll(features.compute(this::choose));
    }
    return byFeatures;
  }

  private Map<String, List<ImageRecord>> choose(List<ImageRecord> images, Tensor features) {
    Map<String, List<ImageRecord>> chosen = new HashMap<>();
    RULES.keySet().forEach(name -> chosen.put(name, new ArrayList<>()));
    int[] classOf = images.stream().mapToInt(ImageRecord::classIndex).toArray();
    int[][] byClass = Groups.of(classOf, perClass.length);
    for (int c = 0; c < perClass.length; c++) {
      int[] own = byClass[c];
      float[][] ofClass = rows(features, own);
      int count = Math.min(perClass[c], own.length);
      chosen.forEach(
          (name, list) ->
              Arrays.stream(RULES.get(name).choose(ofClass, count))
                  .forEach(i -> list.add(images.get(own[i]))));
    }
    return chosen;
  }

  private static float[][] rows(Tensor features, int[] which) {
    float[][] rows = new float[which.length][];
    for (int i = 0; i < which.length; i++) {
      try (PointerScope scope = new PointerScope()) {
        rows[i] = Tensors.toFloats(features.select(0, which[i]));
      }
    }
    return rows;
  }

  /**
   * Warns of every class that has fewer images than were distilled of it, whose accuracies do not
   * stand beside the others.
   *
   * @param images that the baseline may take, or takes
   * @param what these are in words, in the plural
   * @param perClass distilled images of every class
   */
  static void warnOfFew(
      RunContext context,
      Dataset data,
      String baseline,
      List<ImageRecord> images,
      String what,
      int[] perClass) {
    int[] counts = new int[perClass.length];
    images.forEach(image -> counts[image.classIndex()]++);
    List<String> few = new ArrayList<>();
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] < perClass[c]) {
        few.add(
            String.format(
                Locale.ROOT,
                "baseline %s: class '%s' has %d %s, fewer than the %d distilled ones",
                baseline,
                data.classNames().get(c),
                counts[c],
                what,
                perClass[c]));
      }
    }
    Listed.few(few).forEach(line -> context.listener().warning(EvaluateStage.NAME, line));
  }

  /** Images that are the same at every repeat, chosen when first asked for. */
  private final class Chosen implements TrainingSource {

    private final String name;
    private final String key;
    private final Supplier<List<ImageRecord>> read;
    private final Supplier<List<ImageRecord>> choice;
    private List<ImageRecord> images;

    /** Images of a choice, for which those of {@code read} are read. */
    Chosen(
        String name,
        String key,
        Supplier<List<ImageRecord>> read,
        Supplier<List<ImageRecord>> choice) {
      this.name = name;
      // All images are the same ones however many were distilled.
      this.key = name.equals(FULL) ? name : name + " " + Arrays.toString(perClass) + " " + key;
      this.read = read;
      this.choice = choice;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String key() {
      return key;
    }

    @Override
    public SortedSet<String> leftOut(int repeat) {
      return loader.unreadable(read.get(), LOOKING);
    }

    @Override
    public LabelledImages load(int repeat) {
      if (images == null) {
        images = choice.get();
        if (!name.equals(FULL)) {
          warnOfFew(context, data, name, images, "images to choose from", perClass);
        }
      }
      return loader.load(images, "loading the images of baseline " + name);
    }
  }
}
