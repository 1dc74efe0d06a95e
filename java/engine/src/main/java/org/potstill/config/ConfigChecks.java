package org.potstill.config;

import java.util.List;
import java.util.Objects;

/** Rules that hold between keys. */
final class ConfigChecks {

  private static final int GREY_PADDING = 4;
  private static final int SMALLEST_INPUT = 32;
  private static final long NORM_GROUPS = 32;

  private final Settings settings;
  private final ConfigReader reader;
  private final Problems problems;

  private ConfigChecks(Settings settings, ConfigReader reader, Problems problems) {
    this.settings = settings;
    this.reader = reader;
    this.problems = problems;
  }

  /** Notes in {@code problems} what does not go together. */
  static void check(Settings settings, ConfigReader reader, Problems problems) {
    ConfigChecks checks = new ConfigChecks(settings, reader, problems);
    checks.nothingOutOfForce();
    checks.priorHasWeights();
    checks.diffusionHasWholeGroups();
    checks.meanAndStdTogether();
    checks.foldersNeedResolution();
    checks.depthFitsResolution();
    checks.choiceNeedsValidationShare();
    checks.generatorsMakeNoWhitenedImages();
    checks.rateIsLearned();
  }

  private void nothingOutOfForce() {
    for (Key key : ConfigKeys.all()) {
      if (settings.isGiven(key.path()) && !ConfigKeys.inForce(key, settings)) {
        report(key.path(), "is set, but " + ConfigKeys.whyNotInForce(key, settings));
      }
    }
  }

  private void priorHasWeights() {
    if (settings.text("distill.space").equals("pixel")) {
      return;
    }
    String init = settings.text("distill.prior.init");
    boolean given = settings.get("distill.prior.weights") != null;
    if (init.equals("random") && given) {
      report("distill.prior.weights", "is set, but distill.prior.init random draws its weights");
    } else if (!init.equals("random") && !given) {
      report(
          "distill.prior.weights",
          "distill.prior.init "
              + init
              + " needs the file of the generator: "
              + PublishedWeights.advice(
                  settings.text("distill.space"), init, settings.whole("data.resolution")));
    }
  }

  private void diffusionHasWholeGroups() {
    if (!settings.text("distill.space").equals("ld3m")) {
      return;
    }
    for (String key : new String[] {"unet-channels", "first-stage-channels"}) {
      String path = ConfigKeys.DIFFUSION + "." + key;
      if (settings.whole(path) % NORM_GROUPS != 0) {
        report(path, "found " + settings.whole(path) + "; allowed: multiples of " + NORM_GROUPS);
      }
    }
    if (settings.text("distill.prior.init").equals("pokemon")) {
      report("distill.prior.init", "found pokemon; allowed in ld3m: imagenet, ffhq, random");
    }
  }

  private void meanAndStdTogether() {
    int means = ((List<?>) settings.get("data.mean")).size();
    int stds = ((List<?>) settings.get("data.std")).size();
    if (means != stds || (means != 0 && means != 1 && means != 3)) {
      report(
          means == 0 ? "data.std" : "data.mean",
          "found "
              + means
              + " means and "
              + stds
              + " standard deviations; allowed: none, or one of each per channel (1 or 3)");
    }
  }

  private void foldersNeedResolution() {
    boolean folder = settings.text("data.source").startsWith("folder:");
    if (folder && settings.whole("data.resolution") == 0) {
      report("data.resolution", "found 0; allowed for folders: a whole number from 1 to 4096");
    }
  }

  private void depthFitsResolution() {
    if (!settings.text("distill.network.name").startsWith("convnet")) {
      return;
    }
    // The first convolution pads grey images, which these sources may have; the data set tells.
    String source = settings.text("data.source");
    boolean mayBeGrey = source.startsWith("builtin:") || source.startsWith("idx:");
    long resolution = Math.max(PaperDefaults.side(settings), SMALLEST_INPUT);
    long padded = resolution + (mayBeGrey ? GREY_PADDING : 0);
    int deepest = Long.SIZE - 1 - Long.numberOfLeadingZeros(padded);
    boolean pools = !Objects.equals(settings.get("distill.network.pooling"), "none");
    if (pools && settings.whole("distill.network.depth") > deepest) {
      report(
          "distill.network.depth",
          "found "
              + settings.whole("distill.network.depth")
              + "; allowed at "
              + resolution
              + " pixels: at most "
              + deepest
              + ", since every block halves the side");
    }
  }

  private void choiceNeedsValidationShare() {
    boolean chooses = settings.whole("evaluate.every") > 0;
    boolean validation = settings.text("evaluate.protocol").equals("validation");
    if (chooses && validation && settings.real("data.validation-share") == 0) {
      report(
          "evaluate.every",
          "chooses the best iteration by the validation share, but data.validation-share is 0;"
              + " raise it, or set evaluate.protocol to paper");
    }
  }

  private void generatorsMakeNoWhitenedImages() {
    boolean whitened = !settings.text("data.whitening").equals("none");
    if (whitened && !settings.text("distill.space").equals("pixel")) {
      report(
          "data.whitening",
          "found "
              + settings.text("data.whitening")
              + "; allowed in the space "
              + settings.text("distill.space")
              + ": none, since its generator makes images that are not whitened");
    }
  }

  private void rateIsLearned() {
    boolean wanted = Boolean.TRUE.equals(settings.get("evaluate.learned-rate"));
    double given = settings.real("evaluate.learning-rate");
    if (wanted && given > 0) {
      report(
          "evaluate.learned-rate",
          "found true; allowed with evaluate.learning-rate "
              + Numbers.plain(given)
              + ": false, since that sets another rate");
    }
    if (wanted && !settings.text("distill.method").equals("mtt")) {
      report(
          "evaluate.learned-rate",
          "found true; allowed with distill.method "
              + settings.text("distill.method")
              + ": false, since only mtt learns a rate");
    }
  }

  private void report(String path, String message) {
    problems.add(reader.place(path), path + ": " + message);
  }
}
