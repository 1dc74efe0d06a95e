package org.potstill.weights;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.PickleUtils;

/**
 * Reads a pickled network. Beside the generator such a file has a discriminator, a whole program
 * with functions and classes in it, so that what is not known is passed over as an {@link
 * UnknownObject}, and refused only where the weights depend on it. Strings of bytes, which hold the
 * storages, stay in the file.
 */
final class NetworkUnpickler extends RestrictedUnpickler {

  /** Tells the storage that a string of bytes in the file holds. */
  @FunctionalInterface
  interface Blobs {
    /** The storage in {@code bytes}, or an {@link org.potstill.errors.InputException}. */
    StoredTensor.Storage storage(PickleBytes bytes);
  }

  /** How dill names a type of Python's own. */
  private static final String LOAD_TYPE = "dill._dill._load_type";

  private final String source;
  private final Blobs blobs;
  private UnknownObject first;

  /**
   * A reader of one pickle.
   *
   * @param source the file, for messages
   * @param blobs what strings of bytes hold
   */
  NetworkUnpickler(String source, Blobs blobs) {
    super(source);
    this.source = source;
    this.blobs = blobs;
  }

  /**
   * Refuses the pickle where it named anything unknown, wherever that was.
   *
   * @throws org.potstill.errors.InputException that names the first one
   */
  void requireKnown() {
    UnknownObject.require(source, first);
  }

  @Override
  protected Object dispatch(short opcode) throws IOException {
    if (PickleOpcode.isBytes(opcode)) {
      stack.add(leaveBytes(PickleOpcode.lengthBytes(opcode)));
      return NO_RETURN_VALUE;
    }
    switch (opcode) {
      // Numbers of more than 255 bytes are none of the weights.
      case PickleOpcode.BYTE_ARRAY, PickleOpcode.LONG_NUMBER ->
          stack.add(leaveBytes(opcode == PickleOpcode.BYTE_ARRAY ? 8 : 4));
      case PickleOpcode.INST -> {
        String module = PickleUtils.readline(input);
        String full = module + "." + PickleUtils.readline(input);
        stack.pop_all_since_marker();
        stack.add(unknown(full));
      }
      case PickleOpcode.OBJECT -> stack.add(instance(stack.pop_all_since_marker().get(0)));
      case PickleOpcode.NEW_OBJECT_KEYWORDS -> {
        stack.pop();
        stack.pop();
        stack.add(instance(stack.pop()));
      }
      default -> {
        return super.dispatch(opcode);
      }
    }
    return NO_RETURN_VALUE;
  }

  /** An object of a class, or of what is unknown. */
  private Object instance(Object made) {
    return made instanceof PickleNames.Name name
        ? new PickleRecord(name.full(), null)
        : unknown(nameOf(made));
  }

  private static String nameOf(Object called) {
    if (called instanceof UnknownObject unknown) {
      return unknown.name();
    }
    return called instanceof PickleRecord record ? record.name() : "a call of plain data";
  }

  /** Passes over a string of bytes. */
  private PickleBytes leaveBytes(int lengthBytes) throws IOException {
    FileInput file = (FileInput) input;
    long length = lengthBytes == 0 ? PickleUtils.readbyte(file) : length(lengthBytes);
    long position = file.position();
    if (length < 0 || length > file.remaining()) {
      throw tooLong(length, file.remaining());
    }
    file.seek(position + length);
    return new PickleBytes(position, length);
  }

  @Override
  StoredTensor.Storage storageOfBytes(Object bytes) {
    return bytes instanceof PickleBytes left ? blobs.storage(left) : super.storageOfBytes(bytes);
  }

  @Override
  Object unknown(String full) {
    UnknownObject unknown = new UnknownObject(full);
    first = first == null ? unknown : first;
    return unknown;
  }

  /** A call of what is unknown, or with it, gives what is unknown. */
  @Override
  void call() {
    Object arguments = stack.pop();
    Object called = stack.pop();
    if (called instanceof UnknownObject || called instanceof PickleRecord) {
      stack.add(result(nameOf(called), arguments));
      return;
    }
    Object unknown =
        arguments instanceof Object[] all
            ? Arrays.stream(all).filter(UnknownObject.class::isInstance).findFirst().orElse(null)
            : arguments;
    if (called instanceof PickleNames.Callable && unknown instanceof UnknownObject) {
      stack.add(unknown);
      return;
    }
    stack.add(called);
    stack.add(arguments);
    super.call();
  }

  private Object result(String called, Object arguments) {
    boolean isType =
        called.equals(LOAD_TYPE)
            && arguments instanceof Object[] all
            && all.length == 1
            && all[0] instanceof String;
    Object type = isType ? PickleNames.find("builtins." + ((Object[]) arguments)[0]) : null;
    return type == null ? unknown(called) : type;
  }

  @Override
  void setAttributes() {
    Object attributes = stack.pop();
    boolean dropped = attributes instanceof UnknownObject && stack.peek() instanceof Map<?, ?>;
    if (!dropped && !(stack.peek() instanceof UnknownObject)) {
      stack.add(attributes);
      super.setAttributes();
    }
  }

  @Override
  void append(List<Object> items) {
    if (!(stack.peek() instanceof UnknownObject)) {
      super.append(items);
    }
  }

  @Override
  void setItems(List<Object> items) {
    if (!(stack.peek() instanceof UnknownObject)) {
      super.setItems(items);
    }
  }

  /** A key of another kind is none of the weights. */
  @Override
  Object key(Object key) {
    boolean plain =
        key instanceof PickleNames.Name
            || key instanceof String
            || key instanceof Number
            || key instanceof Boolean;
    return plain
        ? super.key(key)
        : new UnknownObject("a dictionary key that is neither text nor a number");
  }
}
