package org.potstill.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;

/**
 * Reads the tensors of a checkpoint: safetensors, what {@code torch.save} wrote, in the zip or the
 * older format, or the pickled networks of StyleGAN. The format is found from the content, not from
 * the name.
 *
 * <p>Element types stay those of the file; tensors that share a storage come back as copies of
 * their own.
 */
public final class CheckpointReader {

  private static final byte PICKLE_START = (byte) 0x80;

  /** The length of a safetensors header, and the header's first byte. */
  private static final int START_BYTES = Long.BYTES + 1;

  private enum Format {
    ZIP,
    PICKLE,
    SAFETENSORS
  }

  private CheckpointReader() {}

  /**
   * The state_dict of a checkpoint: the dictionary under {@code state_dict}, {@code model} or
   * another usual key of what was saved, the state of its network {@code G_ema}, or what was saved
   * itself. Running averages that a latent diffusion model carries beside its weights are left out,
   * as the published code of LD3M never uses them.
   *
   * @return the caller closes it
   * @throws InputException where the file is missing, damaged or refused, has no state_dict or an
   *     empty one, or does not say which of its tensors it is
   */
  public static NamedTensors state(Path file) {
    return state(file, false);
  }

  /**
   * Like {@link #state(Path)}.
   *
   * @param averages whether running averages take the place of the weights; otherwise they are left
   *     out
   */
  public static NamedTensors state(Path file, boolean averages) {
    NamedTensors state =
        read(
            file,
            (path, root) -> chosen(path, CheckpointTree.state(path, root), averages),
            averages);
    try {
      requireSome(file, state.size());
      return state;
    } catch (InputException e) {
      state.close();
      throw e;
    }
  }

  /**
   * The shapes of what {@link #state(Path)} gives, by name. No data is read, so that this is quick
   * whatever the size of the file.
   *
   * @throws InputException as there, except for damage to the data
   */
  public static Map<String, List<Long>> shapes(Path file) {
    try {
      Map<String, List<Long>> shapes =
          switch (format(file)) {
            case ZIP -> {
              try (ZipCheckpoint checkpoint = ZipCheckpoint.open(file)) {
                yield sizes(file, checkpoint.root());
              }
            }
            case PICKLE -> {
              try (NetworkPickle pickle = NetworkPickle.open(file)) {
                yield sizesOfPickled(file, pickle.root());
              }
            }
            case SAFETENSORS -> sizes(Safetensors.open(file));
          };
      requireSome(file, shapes.size());
      return shapes;
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
  }

  private static Map<String, List<Long>> sizesOfPickled(Path file, Object root) throws IOException {
    if (!LegacyCheckpoint.begins(root)) {
      requireDictionary(file, root);
      return sizes(file, root);
    }
    try (LegacyCheckpoint checkpoint = LegacyCheckpoint.open(file)) {
      Object saved = checkpoint.root();
      checkpoint.locate();
      return sizes(file, saved);
    }
  }

  private static Map<String, List<Long>> sizes(Path file, Object root) {
    Map<String, List<Long>> sizes = new LinkedHashMap<>();
    chosen(file, CheckpointTree.state(file, root), false)
        .forEach((name, tensor) -> sizes.put(name, tensor.size()));
    return sizes;
  }

  private static Map<String, List<Long>> sizes(Safetensors file) {
    Map<String, List<Long>> sizes = new LinkedHashMap<>();
    for (String name : file.names()) {
      sizes.put(name, Arrays.stream(file.shape(name)).boxed().toList());
    }
    return RunningAverage.without(sizes);
  }

  private static void requireSome(Path file, int tensors) {
    if (tensors == 0) {
      throw new InputException(file + " holds no weights: there is no tensor in it");
    }
  }

  private static void requireDictionary(Path file, Object root) {
    if (!(root instanceof Map<?, ?>)) {
      throw new InputException(file + " is a pickle but no checkpoint: it is no dictionary");
    }
  }

  private static <T> Map<String, T> chosen(Path file, Map<String, T> tensors, boolean averages) {
    return averages ? RunningAverage.preferred(file, tensors) : RunningAverage.without(tensors);
  }

  /**
   * The plain settings (numbers, texts, truth values) of a pickled network, by path; empty for
   * other checkpoints.
   *
   * @throws InputException where the file is missing, damaged or refused
   */
  public static Map<String, String> settings(Path file) {
    try (NetworkPickle pickle = NetworkPickle.open(file)) {
      PickleRecord network =
          format(file) == Format.PICKLE ? CheckpointTree.network(file, pickle.root()) : null;
      return network == null ? Map.of() : ModuleState.settings(file, network);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
  }

  /**
   * All tensors of a checkpoint by their path: keys of dictionaries and positions in lists, from 0,
   * joined by dots. The layout of published expert buffers gives {@code EXPERT.EPOCH.PARAMETER}.
   *
   * @return the caller closes it
   * @throws InputException where the file is missing, damaged or refused
   */
  public static NamedTensors tensors(Path file) {
    return read(file, CheckpointTree::all, null);
  }

  /** Averages is null where names stay as they are. */
  private static NamedTensors read(
      Path file, BiFunction<Path, Object, Map<String, StoredTensor>> selection, Boolean averages) {
    try {
      return switch (format(file)) {
        case ZIP -> zipped(file, selection);
        case PICKLE -> pickled(file, selection);
        case SAFETENSORS -> safetensors(file, averages);
      };
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
  }

  private static NamedTensors zipped(
      Path file, BiFunction<Path, Object, Map<String, StoredTensor>> selection) throws IOException {
    try (ZipCheckpoint checkpoint = ZipCheckpoint.open(file)) {
      return build(selection.apply(file, checkpoint.root()), checkpoint);
    }
  }

  private static NamedTensors pickled(
      Path file, BiFunction<Path, Object, Map<String, StoredTensor>> selection) throws IOException {
    try (NetworkPickle pickle = NetworkPickle.open(file)) {
      Object root = pickle.root();
      if (!LegacyCheckpoint.begins(root)) {
        requireDictionary(file, root);
        return build(selection.apply(file, root), pickle);
      }
    }
    try (LegacyCheckpoint checkpoint = LegacyCheckpoint.open(file)) {
      Object root = checkpoint.root();
      checkpoint.locate();
      return build(selection.apply(file, root), checkpoint);
    }
  }

  private static NamedTensors safetensors(Path file, Boolean averages) {
    Safetensors opened = Safetensors.open(file);
    if (averages == null || opened.names().stream().noneMatch(RunningAverage::contains)) {
      return opened.readAll();
    }
    LibTorch.load();
    Map<String, String> names = new LinkedHashMap<>();
    opened.names().forEach(name -> names.put(name, name));
    NamedTensors result = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      chosen(file, names, averages)
          .forEach((name, source) -> result.put(name, opened.read(source)));
      return result;
    } catch (RuntimeException | Error e) {
      result.close();
      throw e;
    }
  }

  private static Format format(Path file) throws IOException {
    byte[] start;
    try (InputStream stream = Files.newInputStream(file)) {
      start = stream.readNBytes(START_BYTES);
    }
    if (isLengthBeforeJson(start)) {
      return Format.SAFETENSORS;
    }
    if (start.length > 1 && start[0] == 'P' && start[1] == 'K') {
      return Format.ZIP;
    }
    if (start.length > 0 && start[0] == PICKLE_START) {
      return Format.PICKLE;
    }
    // One that is cut short or whose header is damaged is told what is wrong with it.
    if (start.length == START_BYTES && !isLength(start)) {
      throw new InputException(
          file
              + " is no file of weights: it is neither safetensors, nor a checkpoint of PyTorch"
              + " (.pth, .ckpt), nor a pickled network (.pkl)");
    }
    return Format.SAFETENSORS;
  }

  /** Looked for first: the length may begin with the bytes that others begin with. */
  private static boolean isLengthBeforeJson(byte[] start) {
    return start.length == START_BYTES && isLength(start) && start[8] == '{';
  }

  /** Of a header that one could read. */
  private static boolean isLength(byte[] start) {
    return start[4] == 0 && start[5] == 0 && start[6] == 0 && start[7] == 0;
  }

  private static NamedTensors build(Map<String, StoredTensor> stored, Storages storages)
      throws IOException {
    LibTorch.load();
    Map<String, Long> uses =
        stored.values().stream()
            .collect(Collectors.groupingBy(t -> t.storage().key(), Collectors.counting()));
    NamedTensors result = new NamedTensors();
    try (NamedTensors shared = new NamedTensors()) {
      for (Map.Entry<String, StoredTensor> entry : stored.entrySet()) {
        boolean alone = uses.get(entry.getValue().storage().key()) == 1;
        try (PointerScope scope = new PointerScope()) {
          result.put(entry.getKey(), build(entry.getValue(), storages, alone ? null : shared));
        }
      }
      return result;
    } catch (IOException | RuntimeException e) {
      result.close();
      throw e;
    }
  }

  /**
   * One tensor with memory of its own.
   *
   * @param shared storages that other tensors use too, by key; null where none does
   */
  private static Tensor build(StoredTensor tensor, Storages storages, NamedTensors shared)
      throws IOException {
    StoredTensor.Storage storage = tensor.storage();
    Tensor data;
    if (shared != null && shared.contains(storage.key())) {
      data = shared.get(storage.key());
    } else {
      data = storages.read(storage);
      if (shared != null) {
        shared.put(storage.key(), data);
      }
    }
    Tensor view =
        torch.as_strided(
            data, longs(tensor.size()), longs(tensor.stride()), new LongOptional(tensor.offset()));
    return shared == null && tensor.wholeStorage()
        ? view
        : view.clone(new MemoryFormatOptional(torch.MemoryFormat.Contiguous));
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
