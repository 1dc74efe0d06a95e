package org.potstill.weights;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.potstill.errors.InputException;

/**
 * The tensors of a pickled network in the order of its state_dict (parameters, buffers, then the
 * networks within it), and its plain settings.
 */
final class ModuleState {

  /** A network may hold itself. */
  private static final int DEEPEST = 64;

  private static final int MOST = 100_000;

  private final Path file;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> settings = new TreeMap<>();
  private int visited;

  private ModuleState(Path file) {
    this.file = file;
  }

  /** Its tensors; none where {@code record} is no network. */
  static Map<String, StoredTensor> tensors(Path file, PickleRecord record) {
    return read(file, record).tensors;
  }

  /** Numbers, texts and truth values among its attributes, by path. */
  static Map<String, String> settings(Path file, PickleRecord record) {
    return read(file, record).settings;
  }

  private static ModuleState read(Path file, PickleRecord record) {
    ModuleState state = new ModuleState(file);
    state.visit("", record, 0);
    return state;
  }

  private void visit(String prefix, PickleRecord module, int depth) {
    if (depth > DEEPEST || ++visited > MOST) {
      throw new InputException(file + " was refused: its networks are nested without end");
    }
    if (!(known(module.state()) instanceof Map<?, ?> attributes)) {
      return;
    }
    take(prefix, attributes.get("_parameters"), List.of());
    Object passing = known(attributes.get("_non_persistent_buffers_set"));
    take(prefix, attributes.get("_buffers"), passing instanceof List<?> list ? list : List.of());
    attributes.forEach((key, value) -> setting(prefix, key, value));
    if (known(attributes.get("_modules")) instanceof Map<?, ?> modules) {
      modules.forEach(
          (name, value) -> {
            if (known(value) instanceof PickleRecord inner) {
              visit(prefix + known(name) + ".", inner, depth + 1);
            }
          });
    }
  }

  private Object known(Object value) {
    return UnknownObject.require(file, value);
  }

  private void take(String prefix, Object named, List<?> passedOver) {
    if (known(named) instanceof Map<?, ?> map) {
      map.forEach(
          (name, value) -> {
            if (known(value) instanceof StoredTensor tensor && !passedOver.contains(name)) {
              tensors.put(prefix + known(name), tensor);
            }
          });
    }
  }

  private void setting(String prefix, Object key, Object value) {
    boolean plain = value instanceof Number || value instanceof String || value instanceof Boolean;
    if (plain && key instanceof String name && !name.startsWith("_") && !name.equals("training")) {
      settings.put(prefix + name, String.valueOf(value));
    }
  }
}
