package org.potstill.distill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.data.Normalisation;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

/**
 * A set of synthetic images as it is kept in a file: tensor {@code images}, float32 (M, C, H, W),
 * normalised, tensor {@code labels}, int64 (M), and metadata.
 *
 * <p>Owns its tensors.
 */
public final class DistilledSet implements AutoCloseable {

  /** Folder of a run that holds what was distilled. */
  public static final String FOLDER = "distilled";

  /** Where a run keeps the result. */
  public static final String FILE = "distilled/distilled.safetensors";

  /** Where a run keeps what the images started from. */
  public static final String INITIAL_FILE = "distilled/initial.safetensors";

  /** Where a run keeps the images at some iterations, {@code NNNNNN.safetensors}. */
  public static final String HISTORY_FOLDER = "distilled/history";

  private static final String IMAGES = "images";
  private static final String LABELS = "labels";
  private static final String LEARNING_RATE = "learning_rate";

  /** No set of pixels around 0 to 1 goes so far. */
  private static final double MOST_PIXEL = 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final NamedTensors tensors;
  private final Description description;

  private DistilledSet(NamedTensors tensors, Description description) {
    this.tensors = tensors;
    this.description = description;
  }

  /**
   * What is known of a set besides its pixels; all but the normalisation and the class names may be
   * empty in a stranger's file.
   *
   * @param normalisation what the pixels were normalised with
   * @param classNames display names in the order of the labels
   * @param classKeys names as the source spells them (folder names, wnids)
   * @param method {@code dm}, {@code dc}, {@code mtt}
   * @param space {@code pixel}, {@code glad}, {@code ld3m}
   * @param seed of the run
   * @param configHash stands for all that went into the distillation
   * @param learningRate at which networks are best trained on the set, where it was learned
   */
  public record Description(
      Normalisation normalisation,
      List<String> classNames,
      List<String> classKeys,
      String method,
      String space,
      String seed,
      String configHash,
      OptionalDouble learningRate) {}

  /** The file of the images after {@code iteration}, below the run directory. */
  public static String historyFile(long iteration) {
    return String.format(Locale.ROOT, "%s/%06d.safetensors", HISTORY_FOLDER, iteration);
  }

  /**
   * A set of images that share the memory of the given tensors.
   *
   * @param images (M, C, H, W) float32, normalised
   * @param labels (M) int64
   */
  public static DistilledSet of(Tensor images, Tensor labels, Description description) {
    NamedTensors tensors = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      tensors.put(IMAGES, images.detach());
      tensors.put(LABELS, labels.detach());
    }
    return new DistilledSet(tensors, description);
  }

  /**
   * Reads a set and checks it.
   *
   * @throws InputException where the file is missing or cut short, has no such tensors, a value
   *     that is not finite, a label without a class name or metadata that cannot be read, or pixels
   *     far above 1 without a word of how they were normalised
   */
  public static DistilledSet read(Path file) {
    Safetensors header = Safetensors.open(file);
    requireShapes(file, header);
    int channels = (int) header.shape(IMAGES)[1];
    Description known = description(file, header.metadata(), channels);
    NamedTensors tensors = new NamedTensors();
    DistilledSet set = new DistilledSet(tensors, known);
    try (PointerScope scope = new PointerScope()) {
      tensors.put(IMAGES, header.read(IMAGES).to(torch.ScalarType.Float));
      tensors.put(LABELS, wholeLabels(file, header.read(LABELS)));
      set.requireSound(file);
      if (!tellsNormalisation(header)) {
        set.requirePixels(file);
      }
      return set;
    } catch (RuntimeException | Error e) {
      set.close();
      throw e;
    }
  }

  /** Be they stored as numbers of another kind. */
  private static Tensor wholeLabels(Path file, Tensor labels) {
    Tensor whole = labels.to(torch.ScalarType.Long);
    if (!whole.to(labels.scalar_type()).equal(labels)) {
      throw new InputException(file + ": 'labels' are not all whole numbers");
    }
    return whole;
  }

  private static void requireShapes(Path file, Safetensors header) {
    long[] images = header.shape(IMAGES);
    long[] labels = header.shape(LABELS);
    if (images.length != 4 || labels.length != 1 || images[0] != labels[0] || images[0] == 0) {
      throw new InputException(
          file
              + ": 'images' "
              + Arrays.toString(images)
              + " and 'labels' "
              + Arrays.toString(labels)
              + " are not (M, C, H, W) and (M)");
    }
  }

  /**
   * Whether a file says what its pixels were normalised with; else they are taken to be 0 to 1.
   *
   * @throws InputException where it is missing or damaged
   */
  public static boolean tellsNormalisation(Path file) {
    return tellsNormalisation(Safetensors.open(file));
  }

  private static boolean tellsNormalisation(Safetensors header) {
    return header.metadata().containsKey("mean") || header.metadata().containsKey("std");
  }

  /** Pixels from 0 to 255 would be learned from without a word, to no good figure. */
  private void requirePixels(Path file) {
    double largest = images().abs().max().item_double();
    if (largest > MOST_PIXEL) {
      throw new InputException(
          file
              + ": pixels reach "
              + largest
              + ", but without 'mean' and 'std' in the metadata they are taken to lie between 0 and"
              + " 1; divide them by 255, or say what they were normalised with");
    }
  }

  private void requireSound(Path file) {
    if (!images().isfinite().all().item_bool()) {
      throw new InputException(
          file + ": some pixels are not finite; the run that made it diverged");
    }
    int keys = description.classKeys().size();
    int classes = keys > 0 ? keys : description.classNames().size();
    long most = classes > 0 ? classes : Integer.MAX_VALUE;
    for (long label : Tensors.toLongs(labels())) {
      if (label < 0 || label >= most) {
        String known = classes > 0 ? "; there are " + classes + " classes" : "";
        throw new InputException(file + ": label " + label + " is out of range" + known);
      }
    }
  }

  /**
   * What the source called the classes of a set, by label; of its images nothing is read.
   *
   * @return empty where the file does not tell
   * @throws InputException where it is missing or damaged
   */
  public static List<String> classKeys(Path file) {
    return list(file, Safetensors.open(file).metadata(), "class_keys", String[].class);
  }

  /**
   * What the metadata of a file tells.
   *
   * @param channels of the images
   * @throws InputException where it is not readable
   */
  static Description description(Path file, Map<String, String> metadata, int channels) {
    List<Double> mean = numbers(file, metadata, "mean", channels, 0);
    List<Double> std = numbers(file, metadata, "std", channels, 1);
    if (std.stream().anyMatch(value -> !(value > 0))) {
      throw new InputException(file + ": 'std' of its metadata is " + std + ", not above 0");
    }
    // A forgotten one taken for none would shift or stretch all pixels without a word.
    if (metadata.containsKey("mean") != metadata.containsKey("std")) {
      throw new InputException(
          file
              + ": its metadata has '"
              + (metadata.containsKey("mean") ? "mean" : "std")
              + "' alone of 'mean' and 'std'; give both, or neither where pixels lie between 0 and 1");
    }
    List<String> keys = list(file, metadata, "class_keys", String[].class);
    if (Set.copyOf(keys).size() < keys.size()) {
      throw new InputException(file + ": 'class_keys' of its metadata has a class twice: " + keys);
    }
    String rate = metadata.get(LEARNING_RATE);
    return new Description(
        new Normalisation(mean, std),
        list(file, metadata, "class_names", String[].class),
        keys,
        metadata.getOrDefault("method", ""),
        metadata.getOrDefault("space", ""),
        metadata.getOrDefault("seed", ""),
        metadata.getOrDefault("config_hash", ""),
        rate == null ? OptionalDouble.empty() : OptionalDouble.of(learningRate(file, rate)));
  }

  private static double learningRate(Path file, String text) {
    try {
      double rate = Double.parseDouble(text);
      if (rate > 0 && Double.isFinite(rate)) {
        return rate;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new InputException(
        file + ": '" + LEARNING_RATE + "' of its metadata is '" + text + "', not a rate above 0");
  }

  private static List<Double> numbers(
      Path file, Map<String, String> metadata, String key, int channels, double missing) {
    List<Double> numbers = list(file, metadata, key, Double[].class);
    if (numbers.isEmpty()) {
      return Collections.nCopies(channels, missing);
    }
    if (numbers.size() != channels) {
      throw new InputException(
          file + ": '" + key + "' has " + numbers.size() + " values for " + channels + " channels");
    }
    return numbers;
  }

  private static String example(String key) {
    return key.startsWith("class") ? "[\"cat\", \"dog\"]" : "[0.485, 0.456, 0.406]";
  }

  private static <T> List<T> list(
      Path file, Map<String, String> metadata, String key, Class<T[]> type) {
    T[] values;
    try {
      values = JSON.readValue(metadata.getOrDefault(key, "[]"), type);
    } catch (JsonProcessingException e) {
      throw new InputException(
          file + ": '" + key + "' of its metadata is not a JSON list such as " + example(key), e);
    }
    if (values == null || Arrays.asList(values).contains(null)) {
      throw new InputException(file + ": '" + key + "' of its metadata has an empty place (null)");
    }
    return List.of(values);
  }

  /**
   * Writes the set, whole or not at all.
   *
   * @throws org.potstill.errors.RunFailedException where it cannot be written
   */
  public void write(Path file) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "potstill-distilled-1");
    metadata.putAll(metadata(description));
    AtomicFiles.writeNamed(file, true, part -> Safetensors.write(part, tensors, metadata));
  }

  /** A description as the metadata of a file. */
  static Map<String, String> metadata(Description description) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("mean", json(description.normalisation().mean()));
    metadata.put("std", json(description.normalisation().std()));
    metadata.put("class_names", json(description.classNames()));
    metadata.put("class_keys", json(description.classKeys()));
    metadata.put("method", description.method());
    metadata.put("space", description.space());
    metadata.put("seed", description.seed());
    metadata.put("config_hash", description.configHash());
    description
        .learningRate()
        .ifPresent(rate -> metadata.put(LEARNING_RATE, Double.toString(rate)));
    return metadata;
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** The images, (M, C, H, W) float32, normalised; owned by this set. */
  public Tensor images() {
    return tensors.get(IMAGES);
  }

  /** The labels, (M) int64; owned by this set. */
  public Tensor labels() {
    return tensors.get(LABELS);
  }

  /** The labels. */
  public int[] labelValues() {
    return Arrays.stream(Tensors.toLongs(labels())).mapToInt(Math::toIntExact).toArray();
  }

  /** What is known of the set besides its pixels. */
  public Description description() {
    return description;
  }

  /** Gives the tensors back. */
  @Override
  public void close() {
    tensors.close();
  }
}
