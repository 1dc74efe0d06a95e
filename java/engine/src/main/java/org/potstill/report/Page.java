package org.potstill.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.run.ConfigText;

/**
 * All that the template shows.
 *
 * @param name of the run
 * @param summary one sentence
 * @param figures at the head
 * @param steps of the pipeline
 * @param warnings what to know before believing the figures
 * @param distilled synthetic images
 * @param distilledNote on them
 * @param frames pictures per synthetic image
 * @param evaluation accuracies, null where there are none
 * @param charts with their data
 * @param histogramNote on the histograms
 * @param classes table of all classes
 * @param gallery easy and hard images
 * @param galleryNote on them
 * @param times per stage
 * @param versions what the run stands on
 * @param seed of the run
 * @param config as YAML
 */
record Page(
    String name,
    String summary,
    List<HeadFigures.Figure> figures,
    List<PipelineSteps.Step> steps,
    List<Warnings.Warning> warnings,
    List<DistilledRows.Row> distilled,
    String distilledNote,
    int frames,
    EvaluationRows.Table evaluation,
    Charts charts,
    String histogramNote,
    List<ClassRow> classes,
    List<GalleryRows.Row> gallery,
    String galleryNote,
    List<EvaluationRows.Entry> times,
    List<EvaluationRows.Entry> versions,
    String seed,
    String config) {

  private static final int MANY = 4;
  private static final int MANY_CLASSES = 40;

  boolean hasWarnings() {
    return !warnings.isEmpty();
  }

  boolean hasHistograms() {
    return !charts.histograms().isEmpty();
  }

  boolean hasLosses() {
    return charts.hasLosses();
  }

  boolean hasTimes() {
    return !times.isEmpty();
  }

  boolean hasVersions() {
    return !versions.isEmpty();
  }

  /** Whether every class shows a single image, so that classes stand side by side. */
  boolean oneEach() {
    return distilled.stream().allMatch(row -> row.images().size() == 1);
  }

  /** Whether there is but one picture per synthetic image, so that it needs no label. */
  boolean oneFrame() {
    return frames == 1;
  }

  /** Whether there are so many images that they are drawn smaller. */
  boolean many() {
    return distilled.size() > MANY_CLASSES
        || distilled.stream().anyMatch(row -> row.images().size() > MANY);
  }

  /** A class in the table. */
  record ClassRow(String name, String key, String images, String kept, String median, String cut) {}

  static Page of(RunFiles files) {
    DistilledRows distilled = new DistilledRows(files);
    List<DistilledRows.Row> distilledRows = distilled.rows();
    GalleryRows gallery = new GalleryRows(files);
    ConfigText config = files.config();
    return new Page(
        config.text("run.name", files.root().getFileName().toString()),
        summary(files),
        HeadFigures.of(files),
        PipelineSteps.of(files),
        Warnings.of(files),
        distilledRows,
        distilled.note(),
        distilled.frames(),
        EvaluationRows.of(files.evaluation()),
        new Charts(files),
        histogramNote(files),
        classes(files),
        gallery.rows(),
        gallery.note(),
        times(files),
        EvaluationRows.entries(files.versions()),
        config.text("run.seed", "not recorded"),
        config.text());
  }

  private static String summary(RunFiles files) {
    long in = files.imagesIn();
    String from = in > 0 ? Numbers.count(in, "images") : "The images";
    return from
        + " of "
        + files.config().text("data.source", "the source")
        + ", distilled to "
        + Numbers.count(files.distilled().count())
        + " of "
        + files.distilled().width()
        + " × "
        + files.distilled().height()
        + " pixels.";
  }

  private static String histogramNote(RunFiles files) {
    int classes = files.classLosses().size();
    if (classes == 0) {
      return files.config().text("prune.mode", "").equals("random")
          ? "What was kept was drawn at random; nothing was scored."
          : "Nothing was pruned and nothing was scored.";
    }
    String note = "Images by loss, on a logarithmic axis shared by all classes.";
    return classes <= Charts.DRAWN_CLASSES
        ? note
        : note + " The first " + Charts.DRAWN_CLASSES + " classes are drawn; the table has all.";
  }

  private static List<ClassRow> classes(RunFiles files) {
    String mode = files.config().text("prune.mode", "easy");
    List<ClassRow> rows = new ArrayList<>();
    for (ScoreTable.ClassLosses losses : files.classLosses()) {
      rows.add(
          new ClassRow(
              losses.name(),
              losses.key().equals(losses.name()) ? "" : losses.key(),
              Numbers.count(losses.all().length),
              Numbers.count(losses.kept().length),
              Numbers.loss(losses.median()),
              Numbers.loss(losses.cut(mode))));
    }
    return rows;
  }

  /** Seconds as recorded with the finished stages, else of the logged steps. */
  private static List<EvaluationRows.Entry> times(RunFiles files) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    files.stages().forEach((stage, entry) -> seconds.put(stage, entry.seconds()));
    files.metrics().seconds().forEach(seconds::putIfAbsent);
    seconds.remove(ReportStage.NAME);
    List<EvaluationRows.Entry> times = new ArrayList<>();
    seconds.forEach((stage, s) -> times.add(new EvaluationRows.Entry(stage, Numbers.duration(s))));
    if (times.size() > 1) {
      double sum = seconds.values().stream().mapToDouble(Double::doubleValue).sum();
      times.add(new EvaluationRows.Entry("in all", Numbers.duration(sum)));
    }
    return times;
  }
}
