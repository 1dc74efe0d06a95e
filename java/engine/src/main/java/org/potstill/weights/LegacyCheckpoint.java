package org.potstill.weights;

import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;

/**
 * A checkpoint in the format of PyTorch before 1.6: five pickles (a magic number, a version, the
 * machine, the object, the keys of its storages), then for every key the number of elements as a
 * 64-bit integer and the elements.
 */
final class LegacyCheckpoint implements Storages {

  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final int VERSION = 1001;

  /** Where a storage lies. */
  private record Location(long position, long elements) {}

  private final Path file;
  private final FileChannel channel;
  private final FileInput input;
  private final Map<String, StoredTensor.Storage> storages = new HashMap<>();
  private List<?> keys;
  private long dataStart;
  private Map<String, Location> locations;

  private LegacyCheckpoint(Path file, FileChannel channel, long start, long end) {
    this.file = file;
    this.channel = channel;
    this.input = new FileInput(channel, start, end);
  }

  /** Whether {@code object} is what files in this format begin with. */
  static boolean begins(Object object) {
    return MAGIC.equals(object);
  }

  /** A checkpoint within a file; it does not own the channel and need not be closed. */
  static LegacyCheckpoint within(Path file, FileChannel channel, PickleBytes bytes) {
    return new LegacyCheckpoint(file, channel, bytes.position(), bytes.position() + bytes.length());
  }

  static LegacyCheckpoint open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new LegacyCheckpoint(file, channel, 0, channel.size());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The object that was saved; once, before any storage is read. */
  Object root() {
    if (!begins(unpickle())) {
      throw new InputException(
          file + " is a pickle but no checkpoint of PyTorch: it lacks the magic number");
    }
    Object version = unpickle();
    Object machine = unpickle();
    if (!Objects.equals(version, VERSION)
        || !(machine instanceof Map<?, ?> facts)
        || !Boolean.TRUE.equals(facts.get("little_endian"))) {
      throw new InputException(
          file + " is not a checkpoint of version " + VERSION + " of a little-endian machine");
    }
    Object root = unpickle();
    if (!(unpickle() instanceof List<?> found)
        || !found.stream().allMatch(String.class::isInstance)) {
      throw new InputException(file + " is damaged: it has no list of storages");
    }
    keys = found;
    dataStart = input.position();
    return root;
  }

  private Object unpickle() {
    RestrictedUnpickler unpickler = new RestrictedUnpickler(file.toString());
    Object object = unpickler.read(input);
    storages.putAll(unpickler.storages());
    return object;
  }

  /** Finds the storages: how long each is follows from its type, which only the tensors know. */
  void locate() throws IOException {
    locations = new HashMap<>();
    input.seek(dataStart);
    for (Object key : keys) {
      StoredTensor.Storage storage = storages.get((String) key);
      if (storage == null) {
        throw new InputException(file + " is damaged: no tensor uses its storage " + key);
      }
      ElementType type = storage.type();
      long elements = elementCount();
      long left = input.remaining();
      if (elements < 0 || elements > left / type.bytes()) {
        throw new InputException(
            file
                + " ends early: storage "
                + key
                + " has "
                + elements
                + " elements of "
                + type.bytes()
                + " bytes, and "
                + left
                + " bytes are left; fetch it again");
      }
      locations.put(storage.key(), new Location(input.position(), elements));
      input.seek(input.position() + elements * type.bytes());
    }
  }

  private long elementCount() throws IOException {
    try {
      return input.readLong();
    } catch (EOFException e) {
      throw new InputException(file + " ends early, before its last storage; fetch it again", e);
    }
  }

  @Override
  public Tensor read(StoredTensor.Storage storage) throws IOException {
    Location location = locations.get(storage.key());
    if (location == null || location.elements() < storage.elements()) {
      throw new InputException(
          file + " is damaged: storage " + storage.key() + " is missing or too short");
    }
    return NativeData.read(
        channel, location.position(), storage.bytes(), storage.type(), storage.elements());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
