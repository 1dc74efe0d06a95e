package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedSet;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.Whitening;
import org.potstill.net.Networks;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;

/**
 * What the trainings of an evaluation are known by: a key stands for all that an accuracy depends
 * on, besides software and machine, which {@link EvaluationJournal} knows.
 */
final class TrialKeys {

  private final EvaluateConfig config;
  private final DataConfig dataConfig;
  private final Dataset data;
  private final RunContext context;
  private final ImageSetLoader loader;
  private final Map<String, String> forms = new LinkedHashMap<>();
  private final String settings;
  private Map<String, String> looks;
  private long numbered;

  /** Keys of the trainings of a configuration. */
  TrialKeys(Config config, Dataset data, RunContext context, ImageSetLoader loader) {
    this.config = config.evaluate();
    dataConfig = config.data();
    this.data = data;
    this.context = context;
    this.loader = loader;
    for (String name : this.config.networks()) {
      forms.put(name, EvaluationNetworks.spec(name, config, data).toString());
    }
    settings = settings();
  }

  /** All that an accuracy depends on besides training set, network, rate, repeat and split. */
  private String settings() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("data set", data.fingerprint());
    values.put("resize", dataConfig.resize().toString());
    if (dataConfig.whitening() != DataConfig.Whitening.NONE) {
      values.put("whitening", dataConfig.whitening().toString());
    }
    values.put("seed", Long.toString(context.seed()));
    values.put("epochs", Integer.toString(config.epochs()));
    values.put("batch", Integer.toString(config.batch()));
    values.put("schedule", config.schedule().toString());
    values.put("running average", Double.toString(config.ema()));
    values.put("augment", config.augment());
    values.put("precision", config.precision());
    return Fingerprint.of(values).hash();
  }

  /**
   * What networks see of an image, as far as it depends on which others can be read: mean and
   * deviation, and whitening. Empty where all have to be.
   */
  private Map<String, String> looks() {
    if (looks == null) {
      looks = new HashMap<>();
      if (loader.mayLeaveOut()) {
        looks.put("normalisation", data.normalisation().toString());
        Whitening.without(
                dataConfig,
                data,
                context,
                () -> loader.unreadable(data.training(), Baselines.LOOKING))
            .ifPresent(ids -> looks.put("whitened without", ids));
      }
    }
    return looks;
  }

  /**
   * The trainings of every network on {@code source}, measured on the images of {@code split}, in
   * order.
   *
   * @param rate peak of the learning rate, where not that of the configuration
   */
  List<Trial> trials(TrainingSource source, Trials.Split split, OptionalDouble rate) {
    Map<String, String> all = new HashMap<>(looks());
    all.put("settings", settings);
    all.put("images", source.key());
    put(all, "left out", split.leftOut(data, loader));
    List<SortedSet<String>> untrained = new ArrayList<>();
    for (int repeat = 0; repeat < config.repeats(); repeat++) {
      untrained.add(source.leftOut(repeat));
    }
    List<Trial> trials = new ArrayList<>();
    for (String network : forms.keySet()) {
      double peak = rate.orElse(EvaluationNetworks.learningRate(config, network));
      all.put("network", forms.get(network));
      all.put("version", Networks.version(network));
      all.put("rate", Double.toString(peak));
      for (int repeat = 0; repeat < config.repeats(); repeat++) {
        put(all, "left out of training", untrained.get(repeat));
        String hash = Fingerprint.of(all).hash();
        String key = String.join("/", source.name(), split.name(), network, "" + repeat, hash);
        trials.add(
            new Trial(++numbered, network, source.name(), source.iteration(), repeat, peak, key));
      }
    }
    return trials;
  }

  private static void put(Map<String, String> all, String name, SortedSet<String> ids) {
    if (ids.isEmpty()) {
      all.remove(name);
    } else {
      all.put(name, String.join("\n", ids));
    }
  }
}
