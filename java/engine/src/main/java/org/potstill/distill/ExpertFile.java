package org.potstill.distill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.data.Dataset;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.net.Network;
import org.potstill.net.StateEntry;
import org.potstill.prune.CoreSet;
import org.potstill.run.AtomicFiles;
import org.potstill.run.Fingerprint;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.Safetensors;

/**
 * The trajectory of one expert in a file: its parameters after some epochs, {@code EPOCH/NAME}, and
 * the fingerprint of all that made it. Tensors are mapped into memory when they are read.
 */
public final class ExpertFile {

  /** Where a run keeps its experts. */
  public static final String FOLDER = "experts";

  private static final String FINGERPRINT = "fingerprint";
  private static final String ANEW =
      "train the experts anew: engine.jar experts CONFIG --overwrite";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;
  private final Safetensors file;

  private ExpertFile(Path path, Safetensors file) {
    this.path = path;
    this.file = file;
  }

  /** Where a run keeps an expert, below the run directory. */
  public static String name(int expert) {
    return String.format(Locale.ROOT, "%s/expert-%04d.safetensors", FOLDER, expert);
  }

  /** The name of a parameter after an epoch. */
  public static String tensorName(int epoch, String parameter) {
    return epoch + "/" + parameter;
  }

  /**
   * Writes an expert, whole or not at all.
   *
   * @param snapshots tensors under {@link #tensorName}
   */
  public static void write(Path path, NamedTensors snapshots, Fingerprint fingerprint) {
    try {
      Map<String, String> metadata = Map.of(FINGERPRINT, JSON.writeValueAsString(fingerprint));
      AtomicFiles.write(path, part -> Safetensors.write(part, snapshots, metadata));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Opens an expert.
   *
   * @throws InputException where the file is missing, cut short or not one of ours
   */
  public static ExpertFile open(Path path) {
    return new ExpertFile(path, Safetensors.open(path));
  }

  /**
   * Opens an expert that the run itself trained.
   *
   * @throws InputException where the file is missing, cut short or not one of ours; says how to
   *     have it again
   */
  public static ExpertFile openOwn(Path path) {
    try {
      return open(path);
    } catch (InputException e) {
      throw new InputException(e.getMessage() + "; put it back, or " + ANEW, e);
    }
  }

  /**
   * Checks that the expert was made by what {@code expected} stands for.
   *
   * @param data what it is to be made of
   * @throws InputException where it was not; names the file and what differs
   */
  public void requireFingerprint(Fingerprint expected, Dataset data) {
    Optional<String> difference = difference(expected, data);
    if (difference.isPresent()) {
      throw new InputException(
          path
              + " is an expert of other settings: "
              + difference.get()
              + "; undo the change, or "
              + ANEW);
    }
  }

  /** In what it was made by something else than {@code expected} stands for. */
  public Optional<String> difference(Fingerprint expected, Dataset data) {
    return fingerprint(expected, data).firstDifference(expected);
  }

  /** The same, whatever the core-set. */
  public Optional<String> differenceOfSettings(Fingerprint expected, Dataset data) {
    TreeMap<String, String> settings = new TreeMap<>(fingerprint(expected, data).values());
    settings.remove(CoreSet.FILE);
    return Fingerprint.of(settings).firstDifference(expected);
  }

  /** Its own; of the same training images in the words of {@code expected}. */
  private Fingerprint fingerprint(Fingerprint expected, Dataset data) {
    Fingerprint own = fingerprint();
    String images = own.values().getOrDefault(ExpertEpochs.DATA_SET, "");
    return TrainingIdentity.isOf(data, images)
        ? own.with(ExpertEpochs.DATA_SET, expected.values().get(ExpertEpochs.DATA_SET))
        : own;
  }

  private Fingerprint fingerprint() {
    try {
      return JSON.readValue(file.metadata().getOrDefault(FINGERPRINT, "{}"), Fingerprint.class);
    } catch (JsonProcessingException e) {
      throw new InputException(path + " is not an expert's file: its fingerprint is damaged", e);
    }
  }

  /** The epochs it holds. */
  public SortedSet<Integer> epochs() {
    SortedSet<Integer> epochs = new TreeSet<>();
    for (String name : file.names()) {
      String epoch = name.substring(0, Math.max(0, name.indexOf('/')));
      if (!epoch.matches("\\d{1,9}")) {
        throw new InputException(path + " is not an expert's file: it holds '" + name + "'");
      }
      epochs.add(Integer.parseInt(epoch));
    }
    return epochs;
  }

  /**
   * The parameters after an epoch, float32; the caller closes them.
   *
   * @throws InputException where the epoch is not stored, the expert has another network, or a
   *     value is not finite
   */
  public NamedTensors parameters(Network network, int epoch) {
    if (!epochs().contains(epoch)) {
      throw new InputException(
          path
              + " does not hold epoch "
              + epoch
              + ", only "
              + epochs()
              + "; train experts for longer (experts.epochs), or lower"
              + " distill.trajectory.max-start-epoch or distill.trajectory.expert-epochs");
    }
    NamedTensors parameters = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      for (StateEntry entry : network.state()) {
        if (entry.kind() == StateEntry.Kind.PARAMETER) {
          parameters.put(entry.name(), read(network, entry, epoch));
        }
      }
      if (!parameters.isFinite()) {
        throw new InputException(path + ": epoch " + epoch + " holds NaN or infinity; " + ANEW);
      }
      return parameters;
    } catch (RuntimeException e) {
      parameters.close();
      throw e;
    }
  }

  /**
   * Checks that the expert moves from one epoch to a later one: a student's distance is measured by
   * that way.
   *
   * @throws InputException where it does not
   */
  void requireWay(NamedTensors from, int start, NamedTensors to, int end) {
    try (PointerScope scope = new PointerScope()) {
      if (from.names().stream().allMatch(name -> from.get(name).equal(to.get(name)))) {
        throw new InputException(
            path
                + ": epochs "
                + start
                + " and "
                + end
                + " are the same, so that there is no way to match; raise experts.learning-rate, or"
                + " set experts.precision: f32 where it is bf16"
                + "; "
                + ANEW);
      }
    }
  }

  private Tensor read(Network network, StateEntry entry, int epoch) {
    String name = tensorName(epoch, entry.name());
    if (!file.names().contains(name) || !shape(name).equals(entry.shape())) {
      throw new InputException(
          path
              + " is an expert of another network: '"
              + entry.name()
              + "' is "
              + (file.names().contains(name) ? shape(name) : "missing")
              + " there and "
              + entry.shape()
              + " in "
              + network);
    }
    return file.read(name).to(torch.ScalarType.Float);
  }

  private List<Long> shape(String name) {
    return Arrays.stream(file.shape(name)).boxed().toList();
  }
}
