package org.potstill.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.errors.InputException;
import org.potstill.run.ConfigText;
import org.potstill.run.JsonErrors;
import org.potstill.run.StageLog;

/**
 * Files that a report can do without: a missing one is an empty part, a broken one an empty part
 * and a warning on the page.
 */
final class OptionalFiles {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final List<String> warnings;

  OptionalFiles(Path root, List<String> warnings) {
    this.root = root;
    this.warnings = warnings;
  }

  @FunctionalInterface
  private interface Reader<T> {
    T read(Path file) throws IOException;
  }

  List<RunFiles.LeftOut> leftOut() {
    return read("left-out.csv", List.of(), OptionalFiles::leftOut);
  }

  LossLog metrics() {
    return read("metrics.jsonl", new LossLog(), LossLog::read);
  }

  Evaluation evaluation() {
    return read("evaluation.json", null, file -> Evaluation.of(tree(file)));
  }

  /** The configuration that the run was begun with. */
  Optional<Config> config() {
    return Optional.ofNullable(
        read(ConfigText.FILE, null, file -> ConfigLoader.load(file, List.of())));
  }

  Map<String, StageLog.Entry> stages(StageLog log) {
    return read("stages.json", Map.of(), file -> log.entries());
  }

  Map<String, String> versions(Map<String, StageLog.Entry> stages, Map<String, String> current) {
    Map<String, String> versions = new LinkedHashMap<>();
    stages.values().forEach(stage -> addVersions(versions, stage.environment()));
    current.forEach(versions::putIfAbsent);
    return versions;
  }

  /** A run that was continued elsewhere shows both versions. */
  private static void addVersions(Map<String, String> versions, Map<String, String> more) {
    if (more != null) {
      more.forEach(
          (name, value) ->
              versions.merge(
                  name,
                  value,
                  (was, is) ->
                      List.of(was.split(", then ", -1)).contains(is) ? was : was + ", then " + is));
    }
  }

  List<RunFiles.GalleryImage> gallery() {
    return read("gallery/index.json", List.of(), file -> gallery(file.getParent(), tree(file)));
  }

  List<ImageSet> earlierImages() {
    List<ImageSet> earlier = new ArrayList<>();
    ImageSet start = read("distilled/initial.safetensors", null, f -> ImageSet.read(f, 0));
    if (start != null) {
      earlier.add(start);
    }
    earlier.addAll(read("distilled/history", List.of(), OptionalFiles::history));
    return earlier;
  }

  private <T> T read(String name, T missing, Reader<T> reader) {
    Path file = root.resolve(name);
    if (!Files.exists(file)) {
      return missing;
    }
    try {
      return reader.read(file);
    } catch (IOException | UncheckedIOException | InputException e) {
      warnings.add(name + " could not be read and is not shown: " + JsonErrors.reason(e));
      return missing;
    }
  }

  private static JsonNode tree(Path file) throws IOException {
    return JSON.readTree(file.toFile());
  }

  private static List<RunFiles.LeftOut> leftOut(Path file) throws IOException {
    List<RunFiles.LeftOut> images = new ArrayList<>();
    try (CSVParser rows = ScoreTable.open(file, "id", "reason")) {
      for (CSVRecord row : rows) {
        images.add(new RunFiles.LeftOut(row.get("id"), row.get("reason")));
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    return images;
  }

  private static List<RunFiles.GalleryImage> gallery(Path folder, JsonNode index) {
    List<RunFiles.GalleryImage> images = new ArrayList<>();
    for (JsonNode entry : index.isArray() ? index : index.path("images")) {
      images.add(
          new RunFiles.GalleryImage(
              folder.resolve(entry.path("file").asText()),
              entry.path("id").asText(),
              entry.path("class").asText(),
              entry.path("loss").asDouble(),
              entry.path("kind").asText().equals("easy")));
    }
    return images;
  }

  private static List<ImageSet> history(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("\\d{1,18}\\.safetensors"))
          .map(file -> ImageSet.read(file, iterationOf(file)))
          .sorted(Comparator.comparingLong(ImageSet::iteration))
          .toList();
    }
  }

  private static long iterationOf(Path file) {
    String name = file.getFileName().toString();
    return Long.parseLong(name.substring(0, name.indexOf('.')));
  }
}
