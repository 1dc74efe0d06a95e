package org.potstill.weights;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potstill.errors.InputException;

/** Finds the tensors in the containers that a pickle holds. */
final class CheckpointTree {

  /** A container may hold itself, or a small file a tree of astronomic size. */
  private static final int DEEPEST = 64;

  private static final int MOST = 10_000_000;

  /** Where training scripts keep the state_dict, in the order in which they are looked for. */
  private static final List<String> STATE_KEYS =
      List.of("state_dict", "model_state_dict", "model", "net", "network", "params");

  /** Where published generators keep their networks: the running average, then the plain one. */
  private static final List<String> NETWORK_KEYS = List.of("G_ema", "G");

  private final Path file;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private int visited;

  private CheckpointTree(Path file) {
    this.file = file;
  }

  /** All tensors by path: keys of dictionaries and positions in lists, joined by dots. */
  static Map<String, StoredTensor> all(Path file, Object root) {
    CheckpointTree tree = new CheckpointTree(file);
    tree.visit("", root, 0);
    return tree.tensors;
  }

  private void visit(String path, Object value, int depth) {
    if (depth > DEEPEST || ++visited > MOST) {
      throw new InputException(file + " was refused: its containers are nested without end");
    }
    if (value instanceof StoredTensor tensor) {
      if (tensors.put(path, tensor) != null) {
        throw new InputException(file + " holds two tensors called '" + path + "'");
      }
    } else if (value instanceof PickleRecord module) {
      ModuleState.tensors(file, module).forEach((name, t) -> tensors.put(join(path, name), t));
    } else if (value instanceof Map<?, ?> map) {
      map.forEach((key, item) -> visit(join(path, key), item, depth + 1));
    } else if (value instanceof List<?> || value instanceof Object[]) {
      List<?> items = value instanceof List<?> list ? list : List.of((Object[]) value);
      for (int i = 0; i < items.size(); i++) {
        visit(join(path, i), items.get(i), depth + 1);
      }
    }
  }

  private static String join(String path, Object key) {
    return path.isEmpty() ? String.valueOf(key) : path + "." + key;
  }

  /**
   * The tensors of the state_dict: of the dictionary itself, or of one of its usual keys.
   *
   * @throws InputException where there is none
   */
  static Map<String, StoredTensor> state(Path file, Object root) {
    if (root instanceof Map<?, ?> map) {
      Map<String, StoredTensor> direct = direct(map);
      if (!direct.isEmpty()) {
        return direct;
      }
      for (String key : STATE_KEYS) {
        if (map.get(key) instanceof Map<?, ?> nested && !direct(nested).isEmpty()) {
          return direct(nested);
        }
      }
      PickleRecord network = network(root);
      if (network != null) {
        return ModuleState.tensors(file, network);
      }
      throw new InputException(
          file
              + " has no state_dict: its keys are "
              + map.keySet()
              + ", and tensors are looked"
              + " for in it and under "
              + STATE_KEYS
              + " and "
              + NETWORK_KEYS);
    }
    throw new InputException(file + " has no state_dict: what was saved is not a dictionary");
  }

  /** The pickled network of a published generator, or null. */
  static PickleRecord network(Object root) {
    if (root instanceof Map<?, ?> map) {
      for (String key : NETWORK_KEYS) {
        if (map.get(key) instanceof PickleRecord network) {
          return network;
        }
      }
    }
    return null;
  }

  private static Map<String, StoredTensor> direct(Map<?, ?> map) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          if (value instanceof StoredTensor tensor) {
            tensors.put(String.valueOf(key), tensor);
          }
        });
    return tensors;
  }
}
