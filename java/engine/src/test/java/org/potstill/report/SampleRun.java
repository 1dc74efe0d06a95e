package org.potstill.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;

/** A run directory with invented figures and drawn pictures, in the format of a real one. */
final class SampleRun {

  static final List<String> CLASSES =
      List.of(
          "T-shirt",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final List<String> classes;
  private final int side;
  private List<String> keys;
  private int imagesPerClass = 1;
  private int imagesInClass = 540;
  private int thumbnails = 8;
  private String space = "pixel";

  SampleRun(Path root, List<String> classes, int side) {
    this.root = root;
    this.classes = classes;
    this.keys = classes;
    this.side = side;
  }

  /** What the source calls the classes, where that differs from their names. */
  SampleRun keys(List<String> names) {
    keys = names;
    return this;
  }

  SampleRun space(String name) {
    space = name;
    return this;
  }

  SampleRun imagesPerClass(int count) {
    imagesPerClass = count;
    return this;
  }

  /** Easy and as many hard thumbnails per class. */
  SampleRun thumbnails(int count) {
    thumbnails = count;
    return this;
  }

  SampleRun imagesInClass(int count) {
    imagesInClass = count;
    return this;
  }

  /** Writes the files without which there is no report. */
  SampleRun required() throws IOException {
    Files.createDirectories(root.resolve("distilled/history"));
    Files.writeString(
        root.resolve("config.yaml"),
        """
        %s
        run: {name: quickstart, seed: 20, device: cpu, threads: 2}
        data: {source: 'builtin:fashion-mnist-mini', resolution: 28, validation-share: 0.1}
        score: {network: resnet18, weights: train, epochs: 4, folds: 2}
        prune: {mode: easy, keep: 0.2}
        distill:
          method: dm
          space: %s
          prior: {init: random}
          images-per-class: %d
          iterations: 2000
          network: {name: convnet, depth: 3, width: 128, norm: instance, pooling: avg}
          augment: color_crop_cutout_flip_scale_rotate
        evaluate: {networks: [convnet], repeats: 5, epochs: 300, protocol: validation}
        """
            .formatted(RunDirectory.CONFIG_MARK, space, imagesPerClass));
    writeScores();
    writeImages("distilled/distilled.safetensors", 1);
    return this;
  }

  /** Writes all the others. */
  SampleRun optional() throws IOException {
    writeImages("distilled/initial.safetensors", 0);
    writeImages("distilled/history/000500.safetensors", 0.5);
    writeGallery();
    writeMetrics();
    evaluated();
    Files.writeString(
        root.resolve("left-out.csv"),
        "id,reason\r\n\"train/Bag/a, \"\"b\"\".jpg\",ends early\r\ntrain/Coat/<i>.png,not an image\r\n");
    return this;
  }

  /** Writes the accuracies and the record of the stages. */
  SampleRun evaluated() throws IOException {
    Files.writeString(root.resolve("evaluation.json"), EVALUATION);
    Files.writeString(root.resolve("stages.json"), JSON.writeValueAsString(stages()));
    return this;
  }

  private static final String EVALUATION =
      """
      {"networks": {"convnet": {"accuracies": [0.701, 0.712, 0.698, 0.705, 0.709], "mean": 0.705, "std": 0.005},
                    "vit": {"accuracies": [0.58, 0.57], "mean": 0.575, "std": 0.005}},
       "cross": {"mean": 0.575, "std": 0.005},
       "protocol": {"name": "validation", "epochs": 300, "batch": 256, "augment": "color_crop_cutout_flip_scale_rotate",
                    "selected-iteration": 1500, "accuracy-by-iteration": {"500": 0.55, "1000": 0.66, "1500": 0.71, "2000": 0.70}},
       "baselines": {"random": {"networks": {"convnet": {"accuracies": [0.51, 0.53], "mean": 0.52, "std": 0.01}}, "cross": {"mean": null, "std": null}}}}
      """;

  private static Map<String, Object> stages() {
    Map<String, Object> stages = new LinkedHashMap<>();
    Map<String, String> environment =
        new TreeMap<>(Map.of("engine", "0.1.0", "Java", "17.0.15", "LibTorch", "2.10.0"));
    Map<String, Double> seconds = new LinkedHashMap<>();
    seconds.put("score", 41.3);
    seconds.put("prune", 0.2);
    seconds.put("distill", 127.9);
    seconds.put("evaluate", 64.0);
    seconds.forEach(
        (stage, time) ->
            stages.put(
                stage,
                Map.of(
                    "fingerprint",
                    Map.of("data set", "d1"),
                    "outputs",
                    Map.of(),
                    "seconds",
                    time,
                    "environment",
                    environment)));
    return stages;
  }

  private void writeScores() throws IOException {
    try (CSVPrinter scores = csv("scores.csv", "id", "class", "loss");
        CSVPrinter coreset = csv("coreset.csv", "id", "class", "loss", "rank")) {
      for (int c = 0; c < classes.size(); c++) {
        List<Double> losses = new ArrayList<>();
        RandomStream random = random(c);
        for (int i = 0; i < imagesInClass; i++) {
          losses.add(Math.exp(1.6 * random.nextGaussian() - 1.5 + 0.2 * (c % 5)));
        }
        losses.sort(null);
        for (int i = 0; i < imagesInClass; i++) {
          String id = "train/%d/%05d.png".formatted(c, i);
          scores.printRecord(id, keys.get(c), losses.get(i));
          if (i < (int) (0.2 * imagesInClass)) {
            coreset.printRecord(id, keys.get(c), losses.get(i), i);
          }
        }
      }
    }
  }

  private CSVPrinter csv(String name, String... header) throws IOException {
    CSVFormat format = CSVFormat.RFC4180.builder().setHeader(header).get();
    return new CSVPrinter(Files.newBufferedWriter(root.resolve(name)), format);
  }

  private void writeMetrics() throws IOException {
    StringBuilder lines = new StringBuilder();
    RandomStream random = random(99);
    for (int step = 10; step <= 2000; step += 10) {
      double loss = 40 + 300 * Math.exp(-step / 250.0) + 6 * random.nextGaussian();
      lines.append(
          "{\"stage\":\"distill\",\"step\":%d,\"seconds\":0.06,\"loss\":%s}%n"
              .formatted(step, loss));
    }
    Files.writeString(root.resolve("metrics.jsonl"), lines + "{\"stage\":\"dis");
  }

  private void writeGallery() throws IOException {
    List<Map<String, Object>> index = new ArrayList<>();
    for (int c = 0; c < classes.size(); c++) {
      Path folder = Files.createDirectories(root.resolve("gallery/" + c));
      for (int i = 0; i < 2 * thumbnails; i++) {
        boolean easy = i < thumbnails;
        String file = "%s-%02d.png".formatted(easy ? "easy" : "hard", i % thumbnails);
        ImageIO.write(draw(c, easy ? 0.1 : 0.9, i), "png", folder.resolve(file).toFile());
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("file", c + "/" + file);
        entry.put("id", "train/" + c + "/" + file);
        entry.put("class", keys.get(c));
        entry.put("loss", easy ? 0.0004 * (i + 1) : 6.0 / (i - thumbnails + 1));
        entry.put("kind", easy ? "easy" : "hard");
        index.add(entry);
      }
    }
    JSON.writeValue(root.resolve("gallery/index.json").toFile(), index);
  }

  /** A shape per class, the more blurred by noise the larger {@code noise} is. */
  private BufferedImage draw(int c, double noise, int variant) {
    int type = side > 32 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
    BufferedImage image = new BufferedImage(side, side, type);
    Graphics2D pen = image.createGraphics();
    pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    pen.setColor(Color.getHSBColor(c / 10f, 0.5f, 0.9f));
    int margin = side / 6 + variant % 4;
    int inner = side - 2 * margin;
    if (c % 3 == 0) {
      pen.fillOval(margin, margin, inner, inner);
    } else if (c % 3 == 1) {
      pen.fillRoundRect(margin, margin / 2, inner, side - margin, c, c);
    } else {
      pen.fillPolygon(
          new int[] {margin, side / 2, side - margin},
          new int[] {side - margin, margin / (1 + c % 2), side - margin},
          3);
    }
    pen.dispose();
    RandomStream random = random(1000 + 31L * c + variant);
    for (int i = 0; i < side * side; i++) {
      for (int band = 0; band < image.getRaster().getNumBands(); band++) {
        double value = image.getRaster().getSample(i % side, i / side, band);
        value += 120 * noise * random.nextGaussian();
        image
            .getRaster()
            .setSample(i % side, i / side, band, (int) Math.max(0, Math.min(255, value)));
      }
    }
    return image;
  }

  private void writeImages(String name, double noise) throws IOException {
    int channels = side > 32 ? 3 : 1;
    int count = classes.size() * imagesPerClass;
    int imageBytes = 4 * channels * side * side;
    Map<String, Object> header = new LinkedHashMap<>();
    header.put(
        "__metadata__",
        Map.of(
            "mean",
            "[0.5,0.5,0.5]",
            "std",
            "[0.25,0.25,0.25]",
            "class_names",
            JSON.writeValueAsString(classes),
            "class_keys",
            JSON.writeValueAsString(keys)));
    header.put(
        "images", tensor("F32", List.of(count, channels, side, side), 0, count * imageBytes));
    header.put(
        "labels", tensor("I64", List.of(count), count * imageBytes, count * (imageBytes + 8)));
    byte[] json = JSON.writeValueAsBytes(header);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + count * (imageBytes + 8))
            .order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    for (int i = 0; i < count; i++) {
      BufferedImage image = draw(i / imagesPerClass, noise, i % imagesPerClass);
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < side * side; p++) {
          file.putFloat((image.getRaster().getSample(p % side, p / side, c) / 255f - 0.5f) / 0.25f);
        }
      }
    }
    for (int i = 0; i < count; i++) {
      file.putLong(i / imagesPerClass);
    }
    Files.write(root.resolve(name), file.array());
  }

  private static Map<String, Object> tensor(String type, List<Integer> shape, int from, int to) {
    return Map.of("dtype", type, "shape", shape, "data_offsets", List.of(from, to));
  }

  private static RandomStream random(long index) {
    return RandomStream.of(20, Purpose.DROPOUT, 0, index);
  }

  /** Names that differ by their number. */
  static List<String> names(String pattern, int count) {
    return IntStream.range(0, count).mapToObj(i -> String.format(Locale.ROOT, pattern, i)).toList();
  }

  /** What the page takes from the run. */
  RunFiles files() {
    try (RunDirectory directory = RunDirectory.open(root, Existing.RESUME)) {
      return RunFiles.read(directory, Map.of("engine", "test"));
    }
  }

  /** Writes the page. */
  Path report() {
    try (RunDirectory directory = RunDirectory.open(root, Existing.RESUME)) {
      RunContext context =
          new RunContext(directory, RunListener.SILENT, new CancellationToken(), 20, 2);
      return new ReportStage(context, Map.of("engine", "test")).run();
    }
  }
}
