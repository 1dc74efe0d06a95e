package org.potstill.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;
import org.potstill.errors.InputException;

/**
 * Reads a pickle that may hold numbers, strings, lists, tuples, dictionaries and tensors, and
 * refuses everything else by name.
 *
 * <p>A pickle is a program. This reader runs the opcodes that build plain data, keeps those that
 * name or call something to itself, and knows no class but its own few: nothing that a file names
 * is ever looked up, in Java or elsewhere.
 */
final class RestrictedUnpickler extends Unpickler {

  /** What a pickle may name. */
  private enum Callable {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER
  }

  private static final Map<String, Callable> CALLABLES =
      Map.of(
          "collections.OrderedDict", Callable.ORDERED_DICT,
          "torch._utils._rebuild_tensor_v2", Callable.REBUILD_TENSOR,
          "torch._utils._rebuild_parameter", Callable.REBUILD_PARAMETER);

  private static final Map<String, ElementType> STORAGES =
      Map.of(
          "torch.FloatStorage", ElementType.F32,
          "torch.DoubleStorage", ElementType.F64,
          "torch.HalfStorage", ElementType.F16,
          "torch.BFloat16Storage", ElementType.BF16,
          "torch.LongStorage", ElementType.I64,
          "torch.IntStorage", ElementType.I32,
          "torch.ShortStorage", ElementType.I16,
          "torch.CharStorage", ElementType.I8,
          "torch.ByteStorage", ElementType.U8,
          "torch.BoolStorage", ElementType.BOOL);

  private final String source;

  /**
   * A reader.
   *
   * @param source the file, for messages
   */
  RestrictedUnpickler(String source) {
    this.source = source;
  }

  /**
   * Reads one pickle.
   *
   * @param stream supports {@code mark}; is left behind the pickle
   * @return String, Number, Boolean, null, byte[], List, Object[] (a tuple), Map, {@link
   *     StoredTensor}
   * @throws InputException where it is damaged or asks for anything else
   */
  Object read(InputStream stream) {
    try {
      return load(stream);
    } catch (IOException | PickleException e) {
      throw new InputException(source + " is damaged: its pickle ends or fails within", e);
    } catch (InputException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new InputException(source + " is damaged: its pickle is malformed", e);
    }
  }

  @Override
  protected Object dispatch(short opcode) throws IOException {
    switch (opcode) {
      case PickleOpcode.GLOBAL ->
          pushGlobal(PickleUtils.readline(input), PickleUtils.readline(input));
      case PickleOpcode.STACK_GLOBAL -> {
        String name = (String) stack.pop();
        pushGlobal((String) stack.pop(), name);
      }
      case PickleOpcode.INST ->
          throw refused(PickleUtils.readline(input) + "." + PickleUtils.readline(input));
      case PickleOpcode.REDUCE, PickleOpcode.NEW_OBJECT -> call();
      case PickleOpcode.BUILD -> setAttributes();
      case PickleOpcode.PERSISTENT -> stack.add(storage(stack.pop()));
      case PickleOpcode.EMPTY_DICT -> stack.add(new LinkedHashMap<>());
      case PickleOpcode.DICT -> {
        List<Object> items = stack.pop_all_since_marker();
        stack.add(new LinkedHashMap<>());
        setItems(items);
      }
      case PickleOpcode.SET_ITEM -> {
        Object value = stack.pop();
        Object key = stack.pop();
        setItem(dictionary(stack.peek()), key, value);
      }
      case PickleOpcode.SET_ITEMS -> setItems(stack.pop_all_since_marker());
      default -> {
        return plain(opcode);
      }
    }
    return NO_RETURN_VALUE;
  }

  private Object plain(short opcode) throws IOException {
    if (!PickleOpcode.isPlain(opcode)) {
      throw refused("pickle opcode 0x" + Integer.toHexString(opcode));
    }
    int lengthBytes = PickleOpcode.lengthBytes(opcode);
    if (lengthBytes > 0) {
      requireWithin(lengthBytes);
    }
    return super.dispatch(opcode);
  }

  /** A length is believed only where that many bytes are left: it is allocated at once. */
  private void requireWithin(int lengthBytes) throws IOException {
    input.mark(lengthBytes);
    ByteBuffer length = ByteBuffer.wrap(PickleUtils.readbytes(input, lengthBytes));
    length.order(ByteOrder.LITTLE_ENDIAN);
    long bytes = lengthBytes == 4 ? length.getInt() : length.getLong();
    int left = input.available();
    input.reset();
    if (bytes < 0 || bytes > left) {
      throw new InputException(
          source + " is damaged: a string of " + bytes + " bytes, of which " + left + " are left");
    }
  }

  private void pushGlobal(String module, String name) {
    String full = module + "." + name;
    Object known = CALLABLES.get(full);
    if (known == null) {
      known = STORAGES.get(full);
    }
    if (known == null) {
      throw refused(full);
    }
    stack.add(known);
  }

  private InputException refused(String what) {
    return new InputException(
        source
            + " was refused: it asks for '"
            + what
            + "', and a file of weights may hold tensors"
            + " and plain containers only. If you trust it, load it where it was made and save its"
            + " state_dict, best as safetensors");
  }

  private void call() {
    Object[] arguments = (Object[]) stack.pop();
    Object callable = stack.pop();
    if (!(callable instanceof Callable known)) {
      throw refused("a call of " + (callable instanceof ElementType ? "a storage" : "plain data"));
    }
    stack.add(
        switch (known) {
          case ORDERED_DICT -> orderedDict(arguments);
          case REBUILD_TENSOR -> tensor(arguments);
          case REBUILD_PARAMETER -> (StoredTensor) arguments[0];
        });
  }

  private Map<Object, Object> orderedDict(Object[] arguments) {
    Map<Object, Object> dictionary = new LinkedHashMap<>();
    if (arguments.length > 0) {
      for (Object pair : (List<?>) arguments[0]) {
        Object[] items = pair instanceof List<?> list ? list.toArray() : (Object[]) pair;
        setItem(dictionary, items[0], items[1]);
      }
    }
    return dictionary;
  }

  /** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks). */
  private StoredTensor tensor(Object[] arguments) {
    StoredTensor tensor =
        new StoredTensor(
            (StoredTensor.Storage) arguments[0],
            whole(arguments[1]),
            wholes((Object[]) arguments[2]),
            wholes((Object[]) arguments[3]));
    if (!tensor.fits()) {
      throw new InputException(
          source
              + " is damaged: a tensor of "
              + tensor.size().size()
              + " dimensions does not lie within its storage of "
              + tensor.storage().elements()
              + " elements");
    }
    return tensor;
  }

  private static List<Long> wholes(Object[] values) {
    return Arrays.stream(values).map(RestrictedUnpickler::whole).toList();
  }

  private static long whole(Object value) {
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw new IllegalArgumentException("not a whole number");
  }

  /** ('storage', type, key, device, elements[, None]). */
  private StoredTensor.Storage storage(Object id) {
    Object[] parts = (Object[]) id;
    if (!"storage".equals(parts[0]) || !(parts[1] instanceof ElementType type)) {
      throw refused("a persistent object that is no storage");
    }
    if (parts.length > 5 && parts[5] != null) {
      throw refused("a view of a storage, as PyTorch before 0.4 wrote");
    }
    long elements = whole(parts[4]);
    if (elements < 0) {
      throw new InputException(source + " is damaged: a storage of " + elements + " elements");
    }
    return new StoredTensor.Storage((String) parts[2], type, elements);
  }

  /** An ordered dictionary may carry attributes (a state_dict its versions), which are dropped. */
  private void setAttributes() {
    Object attributes = stack.pop();
    if (!(stack.peek() instanceof Map<?, ?>) || !(attributes instanceof Map<?, ?>)) {
      throw refused("attributes on plain data");
    }
  }

  private void setItems(List<Object> items) {
    Map<Object, Object> target = dictionary(stack.peek());
    for (int i = 0; i + 1 < items.size(); i += 2) {
      setItem(target, items.get(i), items.get(i + 1));
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, Object> dictionary(Object value) {
    return (Map<Object, Object>) value;
  }

  /** Keys are text or numbers: the hash of a container could be made to take for ever. */
  private void setItem(Map<Object, Object> target, Object key, Object value) {
    if (!(key instanceof String || key instanceof Number || key instanceof Boolean)) {
      throw refused("a dictionary key that is neither text nor a number");
    }
    target.put(key, value);
  }
}
