package org.potstill.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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
    long in = Math.max(scores.images(), distilled);
    long kept = Math.max(scores.keptImages(), 1);
    if (scores.images() > 0) {
      add("source", Numbers.count(in, "images"), config.text("data.source", ""), in, in);
      add("score", Numbers.count(in, "losses"), scorer(config), in, in);
      add(
          "prune",
          Numbers.count(kept, "kept images").replace("kept images", "kept"),
          pruning(config),
          in,
          kept);
    } else {
      kept = in;
    }
    if (!config.text("experts.count", "").isEmpty()) {
      add("experts", config.text("experts.count", "") + " experts", "trajectories", kept, kept);
    }
    add("distill", Numbers.count(distilled, "images"), distilling(config), kept, distilled);
    add("evaluate", evaluated(), repeats(), distilled, distilled);
  }

  private void add(String stage, String figure, String note, long from, long to) {
    var entry = files.stages().get(stage);
    String time = entry == null ? "" : Numbers.duration(entry.seconds());
    steps.add(new Step(stage, figure, note, time, halfWidth(from), halfWidth(to)));
  }

  /** Logarithmic, since the counts span orders of magnitude. */
  private String halfWidth(long images) {
    double largest = Math.max(2, Math.max(files.scores().images(), files.distilled().count()));
    double share = Math.log((double) Math.max(1, images)) / Math.log(largest);
    return String.format(Locale.ROOT, "%.1f%%", THINNEST + (THICKEST - THINNEST) * share);
  }

  private static String scorer(ConfigText config) {
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
        + config.text("distill.iterations", "?")
        + " iterations";
  }

  private String evaluated() {
    Evaluation evaluation = files.evaluation();
    if (evaluation == null || evaluation.distilled().networks().isEmpty()) {
      return "not yet";
    }
    return Numbers.percent(evaluation.distilled().networks().values().iterator().next().mean());
  }

  private String repeats() {
    Evaluation evaluation = files.evaluation();
    return evaluation == null
        ? ""
        : "accuracy, " + String.join(", ", evaluation.distilled().networks().keySet());
  }
}
