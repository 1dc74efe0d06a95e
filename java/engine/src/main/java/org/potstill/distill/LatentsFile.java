package org.potstill.distill;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.Kernels;
import org.potstill.run.AtomicFiles;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

/**
 * The latents of synthetic images in a file: the variables of their space under their names, {@code
 * labels}, int64 (M), and as metadata all that the images are regenerated from.
 *
 * <p>Owns its tensors.
 */
public final class LatentsFile implements AutoCloseable {

  /** Where a run keeps the latents of its result. */
  public static final String FILE = "latents.safetensors";

  /** Where a run keeps the latents of its iterations that are evaluated. */
  static final String HISTORY_FOLDER = "latents";

  private static final String VARIABLES = "variables/";
  private static final String LABELS = "labels";
  private static final String SETTINGS = "prior.";

  /** The setting that every space keeps the place of its weights in; empty where it has none. */
  static final String WEIGHTS = "weights";

  private static final String ITERATION = "iteration";
  private static final String THREADS = "threads";
  private static final String DEVICE = "device";
  private static final String DETERMINISTIC = "deterministic";
  private static final String CHANNELS = "channels";

  /** Setting: the provider of kernels with which images are made; others round otherwise. */
  static final String KERNELS = "kernels";

  private final Path file;
  private final NamedTensors tensors;
  private final Map<String, String> metadata;

  private LatentsFile(Path file, NamedTensors tensors, Map<String, String> metadata) {
    this.file = file;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * What images are made with: with something else their last bits may be others.
   *
   * @param threads of LibTorch
   * @param device {@code cpu} or {@code cuda}
   * @param deterministic whether a GPU does without operators that add in any order
   */
  record Computing(int threads, String device, boolean deterministic) {}

  /** The file of the latents after {@code iteration}, below the run directory. */
  static String historyFile(long iteration) {
    return String.format(Locale.ROOT, "%s/%06d.safetensors", HISTORY_FOLDER, iteration);
  }

  /**
   * Puts latents of the history in the place of the last ones; does nothing where there are none.
   *
   * @param name of the file, as that of the images
   */
  public static void keep(RunDirectory directory, String name) {
    copy(directory.resolve(HISTORY_FOLDER + "/" + name), directory.resolve(FILE));
  }

  /** Keeps the last latents in the history; does nothing where there are none. */
  public static void keepLast(RunDirectory directory, long iteration) {
    copy(directory.resolve(FILE), directory.resolve(historyFile(iteration)));
  }

  private static void copy(Path from, Path to) {
    if (Files.exists(from)) {
      AtomicFiles.write(to, part -> Files.copy(from, part));
    }
  }

  /**
   * Writes the latents of {@code space}, whole or not at all.
   *
   * @param imagesPerClass images of a class, which follow each other
   * @param iteration whose images they make
   * @param computing what the images are made with
   */
  static void write(
      Path file,
      LatentSpace space,
      int imagesPerClass,
      long iteration,
      Computing computing,
      DistilledSet.Description description) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "potstill-latents-1");
    metadata.putAll(DistilledSet.metadata(description));
    metadata.put(ITERATION, Long.toString(iteration));
    metadata.put(THREADS, Integer.toString(computing.threads()));
    metadata.put(DEVICE, computing.device());
    metadata.put(DETERMINISTIC, Boolean.toString(computing.deterministic()));
    metadata.put(CHANNELS, Integer.toString(description.normalisation().mean().size()));
    space.settings().forEach((name, value) -> metadata.put(SETTINGS + name, value));
    try (NamedTensors all = new NamedTensors();
        PointerScope scope = new PointerScope()) {
      for (String name : space.variables().names()) {
        Tensor variable = space.variables().get(name);
        all.put(VARIABLES + name, variable);
      }
      long[] labels = new long[(int) space.variables().values().get(0).size(0)];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = i / imagesPerClass;
      }
      all.put(LABELS, Tensors.of(labels, labels.length));
      AtomicFiles.write(file, part -> Safetensors.write(part, all, metadata));
    }
  }

  /**
   * Reads latents.
   *
   * @param weights where the generator's file is now; null where it has not moved
   * @throws InputException where the file is missing or damaged
   */
  static LatentsFile read(Path file, Path weights) {
    Safetensors header = Safetensors.open(file);
    Map<String, String> metadata = new LinkedHashMap<>(header.metadata());
    if (weights != null) {
      if (metadata.getOrDefault(SETTINGS + WEIGHTS, "").isEmpty()) {
        throw new InputException(
            file
                + " was distilled with a random generator, which has no file: leave --weights out");
      }
      metadata.put(SETTINGS + WEIGHTS, weights.toString());
    }
    for (String key : new String[] {ITERATION, THREADS, CHANNELS}) {
      if (!metadata.getOrDefault(key, "").matches("\\d{1,9}")) {
        throw new InputException(
            file + " does not hold latents of a run: its metadata has no number '" + key + "'");
      }
    }
    if (!header.names().contains(LABELS)) {
      throw new InputException(file + " does not hold latents of a run: it has no labels");
    }
    return new LatentsFile(file, header.readAll(), metadata);
  }

  /** Where it was read from. */
  Path file() {
    return file;
  }

  /**
   * A copy of a variable at {@code placement}, in the caller's scope.
   *
   * @param taker what takes it, for the error
   * @param shape that it has to have
   * @throws InputException where there is none of that name, it has another shape, or no numbers to
   *     make images of
   */
  Tensor variable(String name, String taker, Placement placement, long... shape) {
    if (!tensors.contains(VARIABLES + name)) {
      throw new InputException(file + " has no latents called '" + name + "'");
    }
    Tensor variable = tensors.get(VARIABLES + name);
    if (!Arrays.equals(Tensors.shape(variable), shape)) {
      throw new InputException(
          file
              + ": '"
              + name
              + "' has shape "
              + Arrays.toString(Tensors.shape(variable))
              + ", but "
              + taker
              + " takes "
              + Arrays.toString(shape));
    }
    Tensor floats = variable.to(torch.ScalarType.Float);
    if (!floats.isfinite().all().item_bool()) {
      throw new InputException(
          file + ": '" + name + "' holds NaN or infinity; no image can be made of it");
    }
    return placement.place(floats.clone());
  }

  /**
   * The labels, (M) int64, owned by this file.
   *
   * @throws InputException where one is of no class
   */
  Tensor labels() {
    Tensor labels = tensors.get(LABELS);
    if (labels.dim() != 1 || labels.scalar_type().intern() != torch.ScalarType.Long) {
      throw new InputException(file + ": the labels are not whole numbers, one per image");
    }
    int classes = description().classKeys().size();
    for (long label : Tensors.toLongs(labels)) {
      if (label < 0 || label >= classes) {
        throw new InputException(
            file + ": label " + label + " is of no class; there are " + classes + " classes");
      }
    }
    return labels;
  }

  /** What is known of the images besides their latents. */
  DistilledSet.Description description() {
    return DistilledSet.description(file, metadata, number(CHANNELS));
  }

  /** The iteration whose images they make. */
  int iteration() {
    return number(ITERATION);
  }

  /** What the images were made with. */
  Computing computing() {
    return new Computing(
        number(THREADS),
        metadata.getOrDefault(DEVICE, Placement.CPU.kind()),
        Boolean.parseBoolean(metadata.get(DETERMINISTIC)));
  }

  /**
   * The kernels with which the images were made; where they were made on another kind of device,
   * the best for {@code placement}.
   *
   * @throws InputException where they cannot run here
   */
  Kernels kernels(Placement placement) {
    String made = metadata.getOrDefault(SETTINGS + KERNELS, KernelProviders.AUTO);
    boolean same = computing().device().equals(placement.kind());
    return EngineKernels.byName(
        same ? made : KernelProviders.AUTO, computing().threads(), placement);
  }

  private int number(String key) {
    return Integer.parseInt(metadata.get(key));
  }

  /** What {@link LatentSpace#settings()} were. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(SETTINGS)) {
            settings.put(key.substring(SETTINGS.length()), value);
          }
        });
    return settings;
  }

  /** Gives the tensors back. */
  @Override
  public void close() {
    tensors.close();
  }
}
