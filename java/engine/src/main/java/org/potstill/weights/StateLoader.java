package org.potstill.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.net.Network;
import org.potstill.net.StateEntry;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** Matches the tensors of a checkpoint with the state of a network. */
public final class StateLoader {

  private StateLoader() {}

  /**
   * Reads the state of {@code network} from a checkpoint.
   *
   * @return the entries of the network's state in order, float32 and int64; the caller closes it
   * @throws InputException where the file cannot be read, or its tensors are not those of the
   *     network, or one holds NaN or infinity
   */
  public static NamedTensors load(Path file, Network network) {
    try (NamedTensors found = CheckpointReader.state(file)) {
      return match(found, network, file.toString());
    }
  }

  /**
   * The state of {@code network} from tensors under the names of its state, or these behind a
   * prefix that all share, such as {@code module.}; counters that older checkpoints lack are 0.
   *
   * @param found stays as it is
   * @param source where the tensors are from, for messages
   * @return the caller closes it
   * @throws InputException where they are not those of the network, or one holds NaN or infinity
   */
  public static NamedTensors match(NamedTensors found, Network network, String source) {
    LibTorch.load();
    return match(
        found,
        prefix(found.names(), network.state()),
        network.state(),
        name -> false,
        network.toString(),
        source);
  }

  /**
   * What stands before every name, as wrappers write it: {@code module.} for several devices,
   * {@code _orig_mod.} of a compiled network, or the attribute that held the network in another
   * one.
   */
  private static String prefix(Set<String> names, List<StateEntry> wanted) {
    String one = names.isEmpty() ? "" : names.iterator().next();
    return IntStream.range(0, one.length())
        .filter(i -> one.charAt(i) == '.')
        .mapToObj(dot -> one.substring(0, dot + 1))
        .takeWhile(prefix -> names.stream().allMatch(name -> name.startsWith(prefix)))
        .filter(prefix -> wanted.stream().anyMatch(e -> names.contains(prefix + e.name())))
        .findFirst()
        .orElse("");
  }

  /**
   * Checks names and shapes of a checkpoint without reading its data: what {@link #load} refuses
   * besides.
   *
   * @throws InputException where the file cannot be read, or its tensors are not those of the
   *     network
   */
  public static void requireFit(Path file, Network network) {
    Map<String, List<Long>> shapes = CheckpointReader.shapes(file);
    requireSame(
        shapes,
        prefix(shapes.keySet(), network.state()),
        network.state(),
        name -> false,
        network.toString(),
        file.toString());
  }

  /**
   * Checks names and shapes as {@link #match(NamedTensors, List, Predicate, String, String)} does.
   *
   * @param found shapes by name
   * @throws InputException where one is missing or has another shape, or there are more
   */
  public static void requireFit(
      Map<String, List<Long>> found,
      List<StateEntry> wanted,
      Predicate<String> passedOver,
      String what,
      String source) {
    requireSame(found, "", wanted, passedOver, what, source);
  }

  /**
   * The tensors that {@code wanted} names from those of a checkpoint.
   *
   * @param found stays as it is
   * @param passedOver tells the names that may be there and are not needed
   * @param what they are the weights of, for messages
   * @param source where the tensors are from, for messages
   * @return float32 and int64, in the order of {@code wanted}; the caller closes it
   * @throws InputException where one is missing, has another shape, or holds NaN, infinity or whole
   *     numbers, or there are more; it names them
   */
  public static NamedTensors match(
      NamedTensors found,
      List<StateEntry> wanted,
      Predicate<String> passedOver,
      String what,
      String source) {
    LibTorch.load();
    return match(found, "", wanted, passedOver, what, source);
  }

  private static NamedTensors match(
      NamedTensors found,
      String prefix,
      List<StateEntry> wanted,
      Predicate<String> passedOver,
      String what,
      String source) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    found.names().forEach(name -> shapes.put(name, shape(found.get(name))));
    requireSame(shapes, prefix, wanted, passedOver, what, source);
    NamedTensors state = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      for (StateEntry entry : wanted) {
        state.put(entry.name(), converted(found, prefix, entry, source));
      }
      return state;
    } catch (RuntimeException e) {
      state.close();
      throw e;
    }
  }

  private static void requireSame(
      Map<String, List<Long>> found,
      String prefix,
      List<StateEntry> expected,
      Predicate<String> passedOver,
      String what,
      String source) {
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (StateEntry entry : expected) {
      String name = prefix + entry.name();
      if (!found.containsKey(name)) {
        if (entry.kind() != StateEntry.Kind.COUNTER) {
          missing.add(entry.name());
        }
      } else if (!sameShape(found.get(name), entry)) {
        misshapen.add(entry.name() + " " + found.get(name) + " instead of " + entry.shape());
      }
    }
    Set<String> wanted =
        expected.stream().map(entry -> prefix + entry.name()).collect(Collectors.toSet());
    List<String> unexpected =
        found.keySet().stream()
            .filter(name -> !wanted.contains(name) && !passedOver.test(name))
            .toList();
    if (missing.isEmpty() && misshapen.isEmpty() && unexpected.isEmpty()) {
      return;
    }
    throw new InputException(
        source
            + " does not hold the weights of "
            + what
            + ":"
            + listed(" missing ", missing)
            + listed(" not expected ", unexpected)
            + listed(" of another shape ", misshapen)
            + WeightsOf.hint(found.keySet()));
  }

  /** Scalars are also taken as vectors of one element, as some writers store them. */
  private static boolean sameShape(List<Long> shape, StateEntry entry) {
    return shape.equals(entry.shape()) || (entry.shape().isEmpty() && shape.equals(List.of(1L)));
  }

  private static List<Long> shape(Tensor tensor) {
    List<Long> shape = new ArrayList<>();
    for (long size : Tensors.shape(tensor)) {
      shape.add(size);
    }
    return shape;
  }

  private static String listed(String what, List<String> names) {
    return names.isEmpty() ? "" : what + Listed.some(names) + ";";
  }

  private static Tensor converted(
      NamedTensors found, String prefix, StateEntry entry, String source) {
    String name = prefix + entry.name();
    if (entry.kind() == StateEntry.Kind.COUNTER) {
      return found.contains(name)
          ? found.get(name).to(torch.ScalarType.Long).reshape(entry.dimensions()).clone()
          : torch.zeros(entry.dimensions(), Tensors.int64());
    }
    return weight(found.get(name), name, source).reshape(entry.dimensions()).clone();
  }

  /**
   * Tensors of a generator as it computes with them.
   *
   * @param found stays as it is; what is float32 in it is shared
   * @param source where the tensors are from, for messages
   * @return float32, under the same names; the caller closes it
   * @throws InputException where one holds NaN, infinity, or no fractions; it is named
   */
  public static NamedTensors floats(NamedTensors found, String source) {
    NamedTensors floats = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      for (String name : found.names()) {
        floats.put(name, weight(found.get(name), name, source));
      }
      return floats;
    } catch (RuntimeException e) {
      floats.close();
      throw e;
    }
  }

  private static Tensor weight(Tensor tensor, String name, String source) {
    // Of a quantised network, say: without its scales, which lie elsewhere, they mean nothing.
    if (!tensor.is_floating_point()) {
      throw new InputException(
          source
              + ": '"
              + name
              + "' holds whole numbers, and weights are fractions; save the network as it was before"
              + " it was quantised");
    }
    Tensor floats = tensor.to(torch.ScalarType.Float);
    if (!floats.isfinite().all().item_bool()) {
      throw new InputException(
          source + ": '" + name + "' holds NaN or infinity; the weights are of no use");
    }
    return floats;
  }
}
