package org.potstill.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import org.potstill.run.ConfigText;

/** The picture of the pipeline: a band that narrows with the number of images. */
final class PipelineSteps {

  private static final double THINNEST = 4;
  private static final double THICKEST = 50;

  private final RunFiles files;
  private final List<Step> steps = new ArrayList<>();

  private PipelineSteps(RunFiles files) {
    this.files = files;
  }

  /**
   * A stage.
   *
   * @param name of the stage
   * @param figure what came out of it
   * @param note how
   * @param time that it took, empty where not recorded
   * @param from half the width of the band where the stage begins, percent
   * @param to the same where it ends
   */
  record Step(String name, String figure, String note, String time, String from, String to) {}

  static List<Step> of(RunFiles files) {
    PipelineSteps pipeline = new PipelineSteps(files);
    pipeline.addAll();
    return pipeline.steps;
  }

  private void addAll() {
    ConfigText config = files.config();
    ScoreTable scores = files.scores();
    int distilled = files.distilled().count();
    long in = files.imagesIn();
    long kept = scores.keptImages();
    if (in > 0) {
      add("source", Numbers.count(in, "images"), source(config), in, in);
    }
    if (scores.images() > 0) {
      add("score", Numbers.count(in, "losses"), scorer(config), in, in);
    }
    if (in > 0 || kept > 0) {
      add("prune", Numbers.count(kept) + " kept", pruning(config), in > 0 ? in : kept, kept);
    } else {
      kept = distilled;
    }
    if (!config.text("experts.count", "").isEmpty()) {
      add("experts", counted(config, "experts.count", "experts"), "trajectories", kept, kept);
    }
    add("distill", Numbers.count(distilled, "images"), distilling(config), kept, distilled);
    add("evaluate", accuracy(), evaluated(), distilled, distilled);
  }

  private void add(String stage, String figure, String note, long from, long to) {
    var entry = files.stages().get(stage);
    String time = entry == null ? "" : Numbers.duration(entry.seconds());
    steps.add(new Step(stage, figure, note, time, halfWidth(from), halfWidth(to)));
  }

  /** Logarithmic, since the counts span orders of magnitude. */
  private String halfWidth(long images) {
    long kept = files.scores().keptImages();
    double largest =
        LongStream.of(2, files.imagesIn(), kept, files.distilled().count()).max().getAsLong();
    double share = Math.log((double) Math.max(1, images)) / Math.log(largest);
    return String.format(Locale.ROOT, "%.1f%%", THINNEST + (THICKEST - THINNEST) * share);
  }

  private static String scorer(ConfigText config) {
    if (!config.text("score.from", "none").equals("none")) {
      return "taken from another run";
    }
    String network = config.text("score.network", "scorer");
    boolean trained = config.text("score.weights", "train").equals("train");
    return trained ? network + ", trained out of fold" : network + ", pretrained";
  }

  private static String pruning(ConfigText config) {
    String mode = config.text("prune.mode", "easy");
    return mode.equals("none") ? "nothing left out" : "the " + share(config, mode);
  }

  private static String share(ConfigText config, String mode) {
    String kind = mode.equals("random") ? "random" : mode.equals("hard") ? "hardest" : "easiest";
    try {
      double keep = Double.parseDouble(config.text("prune.keep", ""));
      return kind + " " + Numbers.percent(keep).replace(".0", "") + " of every class";
    } catch (NumberFormatException e) {
      return kind + " of every class";
    }
  }

  private static String distilling(ConfigText config) {
    return config.text("distill.method", "").toUpperCase(Locale.ROOT)
        + " in "
        + config.text("distill.space", "pixel")
        + " space, "
        + counted(config, "distill.iterations", "iterations");
  }

  private static String counted(ConfigText config, String key, String plural) {
    String count = config.text(key, "?");
    return count.matches("\\d{1,18}")
        ? Numbers.count(Long.parseLong(count), plural)
        : count + " " + plural;
  }

  private String accuracy() {
    String network = files.headNetwork();
    return network.isEmpty()
        ? "not yet"
        : Numbers.percent(files.evaluation().distilled().networks().get(network).mean());
  }

  private String evaluated() {
    String network = files.headNetwork();
    return network.isEmpty() ? "" : "accuracy of " + network;
  }

  private static String source(ConfigText config) {
    String source = config.text("data.source", "");
    try {
      return source
          + share(config, "data.test-share", " to test on")
          + share(config, "data.validation-share", " more held back");
    } catch (NumberFormatException e) {
      return source;
    }
  }

  private static String share(ConfigText config, String key, String purpose) {
    double share = Double.parseDouble(config.text(key, "0"));
    return share > 0 ? ", " + Numbers.percent(share).replace(".0", "") + purpose : "";
  }
}
