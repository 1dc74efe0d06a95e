package org.potstill.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;
import org.potstill.errors.InputException;

/**
 * Reads a pickle that may hold numbers, strings, lists, tuples, dictionaries and tensors, and
 * refuses everything else by name; {@link NetworkUnpickler} passes over more.
 *
 * <p>A pickle is a program. This reader runs the opcodes that build plain data, keeps those that
 * name or call something to itself, and knows no class but its own few: nothing that a file names
 * is ever looked up, in Java or elsewhere.
 */
class RestrictedUnpickler extends Unpickler {

  private final String source;
  private final Map<String, StoredTensor.Storage> storages = new HashMap<>();

  /**
   * A reader.
   *
   * @param source the file, for messages
   */
  RestrictedUnpickler(String source) {
    this.source = source;
  }

  /** The storages that were named so far, by key. */
  Map<String, StoredTensor.Storage> storages() {
    return storages;
  }

  /**
   * Reads one pickle.
   *
   * @param stream supports {@code mark}; is left behind the pickle
   * @return String, Number, Boolean, null, byte[], List, Object[] (a tuple), Map, {@link
   *     StoredTensor}, {@link PickleRecord}, in a network {@link UnknownObject}
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
        setItems(Arrays.asList(stack.pop(), value));
      }
      case PickleOpcode.SET_ITEMS -> setItems(stack.pop_all_since_marker());
      case PickleOpcode.EMPTY_SET -> stack.add(new ArrayList<>());
      case PickleOpcode.FROZEN_SET -> stack.add(new ArrayList<>(stack.pop_all_since_marker()));
      case PickleOpcode.ADD_ITEMS, PickleOpcode.APPENDS -> append(stack.pop_all_since_marker());
      case PickleOpcode.APPEND -> append(Collections.singletonList(stack.pop()));
      default -> {
        return plain(opcode);
      }
    }
    return NO_RETURN_VALUE;
  }

  /** Items of objects that are never built are dropped. */
  @SuppressWarnings("unchecked")
  void append(List<Object> items) {
    if (!(stack.peek() instanceof PickleRecord)) {
      ((List<Object>) stack.peek()).addAll(items);
    }
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
    long bytes = length(lengthBytes);
    int left = input.available();
    input.reset();
    if (bytes < 0 || bytes > left) {
      throw tooLong(bytes, left);
    }
  }

  long length(int lengthBytes) throws IOException {
    ByteBuffer length = ByteBuffer.wrap(PickleUtils.readbytes(input, lengthBytes));
    length.order(ByteOrder.LITTLE_ENDIAN);
    return lengthBytes == 4 ? Integer.toUnsignedLong(length.getInt()) : length.getLong();
  }

  InputException tooLong(long bytes, long left) {
    return new InputException(
        source + " is damaged: a string of " + bytes + " bytes, of which " + left + " are left");
  }

  private void pushGlobal(String module, String name) {
    String full = module + "." + name;
    Object known = PickleNames.find(full);
    stack.add(known == null ? unknown(full) : known);
  }

  /** What stands for a global that is not among {@link PickleNames}. */
  Object unknown(String full) {
    throw refused(full);
  }

  InputException refused(String what) {
    return refused(source, what);
  }

  /** The file {@code source} needs something that may not be in a file of weights. */
  static InputException refused(Object source, String what) {
    return new InputException(
        source
            + " was refused: it asks for '"
            + what
            + "', and a file of weights may hold tensors"
            + " and plain containers only. If you trust it, load it where it was made and save its"
            + " state_dict, best as safetensors");
  }

  void call() {
    Object[] arguments = (Object[]) stack.pop();
    Object callable = stack.pop();
    if (callable instanceof PickleNames.Name name) {
      stack.add(new PickleRecord(name.full(), null));
      return;
    }
    if (!(callable instanceof PickleNames.Callable known)) {
      throw refused("a call of " + (callable instanceof ElementType ? "a storage" : "plain data"));
    }
    stack.add(
        switch (known) {
          case DICTIONARY -> orderedDict(arguments);
          case COLLECTION -> arguments.length == 0 ? new ArrayList<>() : arguments[0];
          case REBUILD_TENSOR -> tensor(arguments);
          case REBUILD_PARAMETER -> (StoredTensor) arguments[0];
          case PERSISTENT_OBJECT -> persistent((Map<?, ?>) arguments[0]);
          case STORAGE_OF_BYTES -> storageOfBytes(arguments[0]);
          case ENCODE -> ((String) arguments[0]).getBytes(StandardCharsets.ISO_8859_1);
        });
  }

  /** An object with the source text of its class, which is not looked at. */
  private static PickleRecord persistent(Map<?, ?> described) {
    return new PickleRecord((String) described.get("class_name"), described.get("state"));
  }

  /** The storage in a string of bytes, as the networks of StyleGAN have them. */
  StoredTensor.Storage storageOfBytes(Object bytes) {
    throw refused("torch.storage._load_from_bytes of something else than bytes in the file");
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

  /** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata]). */
  private StoredTensor tensor(Object[] arguments) {
    // It says, say, that the tensor is the negative of what is stored.
    if (arguments.length > 6 && arguments[6] instanceof Map<?, ?> marks && !marks.isEmpty()) {
      throw refused("a tensor marked as " + marks.keySet());
    }
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
    if (tensor.repeatsTooMuch()) {
      throw new InputException(
          source
              + " was refused: a tensor of shape "
              + tensor.size()
              + " is an expanded one, which repeats the "
              + tensor.storage().elements()
              + " elements of its storage; call contiguous() on it where the file was made, and save"
              + " it again");
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
    StoredTensor.Storage storage = new StoredTensor.Storage((String) parts[2], type, elements);
    StoredTensor.Storage other = storages.put(storage.key(), storage);
    if (other != null && !other.equals(storage)) {
      throw new InputException(
          source + " is damaged: storage " + storage.key() + " has two types or sizes");
    }
    return storage;
  }

  /** An ordered dictionary may carry attributes (a state_dict its versions), which are dropped. */
  void setAttributes() {
    Object attributes = stack.pop();
    if (stack.peek() instanceof PickleRecord record) {
      record.setState(attributes);
      return;
    }
    if (!(stack.peek() instanceof Map<?, ?>) || !(attributes instanceof Map<?, ?>)) {
      throw refused("attributes on plain data");
    }
  }

  void setItems(List<Object> items) {
    if (stack.peek() instanceof PickleRecord) {
      return;
    }
    Map<Object, Object> target = dictionary(stack.peek());
    for (int i = 0; i + 1 < items.size(); i += 2) {
      setItem(target, items.get(i), items.get(i + 1));
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, Object> dictionary(Object value) {
    return (Map<Object, Object>) value;
  }

  private void setItem(Map<Object, Object> target, Object key, Object value) {
    target.put(key(key), value);
  }

  /** Keys are text or numbers: the hash of a container could be made to take for ever. */
  Object key(Object key) {
    if (key instanceof PickleNames.Name name) {
      return name.full();
    }
    if (key instanceof String || key instanceof Number || key instanceof Boolean) {
      return key;
    }
    throw refused("a dictionary key that is neither text nor a number");
  }
}
