package org.potstill.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potstill.errors.InputException;

/** Finds the tensors in the containers that a pickle holds. */
final class CheckpointTree {

  /** A container may hold itself, or a small file a tree of astronomic size. */
  private static final int DEEPEST = 64;

  private static final int MOST = 10_000_000;

  private static final String CERTAIN = "state_dict";

  /** Where training scripts keep the state_dict. */
  private static final List<String> STATE_KEYS =
      List.of(CERTAIN, "model_state_dict", "model", "net", "network", "params");

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
    UnknownObject.require(file, value);
    if (value instanceof StoredTensor tensor) {
      if (tensors.put(path, tensor) != null) {
        throw new InputException(file + " holds two tensors called '" + path + "'");
      }
    } else if (value instanceof PickleRecord module) {
      ModuleState.tensors(file, module).forEach((name, t) -> tensors.put(join(path, name), t));
    } else if (value instanceof Map<?, ?> map) {
      map.forEach(
          (key, item) -> visit(join(path, UnknownObject.require(file, key)), item, depth + 1));
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
   * The tensors of the state_dict: of one of the usual keys of the dictionary, of its network, or
   * of itself.
   *
   * @throws InputException where there is none, or more than one
   */
  static Map<String, StoredTensor> state(Path file, Object root) {
    if (!(root instanceof Map<?, ?> map)) {
      throw new InputException(
          file
              + " has no state_dict: what was saved is not a dictionary; save the state_dict() of the"
              + " network");
    }
    // Its own tensors last, for a training script may save some beside: the best accuracy, say.
    Map<String, Map<String, StoredTensor>> usual = underUsualKeys(file, map);
    if (!usual.isEmpty()) {
      return onlyOne(file, usual);
    }
    PickleRecord network = network(file, map);
    if (network != null) {
      return ModuleState.tensors(file, network);
    }
    Map<String, StoredTensor> direct = direct(file, map);
    if (direct.isEmpty()) {
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
    requireFlat(file, map, direct);
    return direct;
  }

  private static Map<String, Map<String, StoredTensor>> underUsualKeys(Path file, Map<?, ?> map) {
    Map<String, Map<String, StoredTensor>> found = new LinkedHashMap<>();
    for (String key : STATE_KEYS) {
      if (UnknownObject.require(file, map.get(key)) instanceof Map<?, ?> nested) {
        found.put(key, direct(file, nested));
      }
    }
    found.values().removeIf(Map::isEmpty);
    // That name leaves no doubt, whatever lies under vaguer ones.
    found.keySet().removeIf(key -> found.containsKey(CERTAIN) && !key.equals(CERTAIN));
    return found;
  }

  /** One state_dict may be saved under two keys, and two may not. */
  private static Map<String, StoredTensor> onlyOne(
      Path file, Map<String, Map<String, StoredTensor>> found) {
    if (Set.copyOf(found.values()).size() > 1) {
      throw new InputException(
          file
              + " holds several state_dicts, under "
              + found.keySet()
              + "; save the one that is meant in a file of its own");
    }
    return found.values().iterator().next();
  }

  /** Tensors beside dictionaries of others may be anything. */
  private static void requireFlat(Path file, Map<?, ?> map, Map<String, StoredTensor> direct) {
    List<String> nested = new ArrayList<>();
    map.forEach(
        (key, value) -> {
          if (!(value instanceof StoredTensor) && !all(file, value).isEmpty()) {
            nested.add(String.valueOf(key));
          }
        });
    if (!nested.isEmpty()) {
      throw new InputException(
          file
              + " does not say which of its tensors are the state_dict: some lie in it itself, such"
              + " as "
              + direct.keySet().iterator().next()
              + ", some under "
              + nested
              + ", none under one of "
              + STATE_KEYS
              + "; save the state_dict in a file of its own");
    }
  }

  /**
   * The pickled network of a published generator, or null.
   *
   * @throws InputException where it is unknown what it is
   */
  static PickleRecord network(Path file, Object root) {
    if (root instanceof Map<?, ?> map) {
      for (String key : NETWORK_KEYS) {
        if (UnknownObject.require(file, map.get(key)) instanceof PickleRecord network) {
          return network;
        }
      }
    }
    return null;
  }

  private static Map<String, StoredTensor> direct(Path file, Map<?, ?> map) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          UnknownObject.require(file, key);
          if (UnknownObject.require(file, value) instanceof StoredTensor tensor) {
            tensors.put(String.valueOf(key), tensor);
          }
        });
    return tensors;
  }
}
