package org.potstill.weights;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;

/**
 * A file that Python's {@code pickle.dump} wrote, as the networks of StyleGAN are published: every
 * storage is a string of bytes, and in it a checkpoint in the older format of PyTorch.
 *
 * <p>The bytes stay in the file until a tensor of theirs is asked for.
 */
final class NetworkPickle implements Storages {

  private final Path file;
  private final FileChannel channel;
  private final Map<String, LegacyCheckpoint> blobs = new HashMap<>();

  private NetworkPickle(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static NetworkPickle open(Path file) throws IOException {
    return new NetworkPickle(file, FileChannel.open(file, StandardOpenOption.READ));
  }

  /** The object that was saved; without a network, everything in it has to be known. */
  Object root() throws IOException {
    FileInput input = new FileInput(channel, 0, channel.size());
    NetworkUnpickler unpickler = new NetworkUnpickler(file.toString(), this::storage);
    Object root = unpickler.read(input);
    if (CheckpointTree.network(file, root) == null) {
      unpickler.requireKnown();
    }
    return root;
  }

  private StoredTensor.Storage storage(PickleBytes bytes) {
    String key = "at byte " + bytes.position();
    try {
      LegacyCheckpoint blob = LegacyCheckpoint.within(file, channel, bytes);
      if (!(blob.root() instanceof StoredTensor.Storage inner)) {
        throw new InputException(file + " is damaged: the bytes " + key + " are no storage");
      }
      blob.locate();
      blobs.put(key, blob);
      return new StoredTensor.Storage(key, inner.type(), inner.elements(), inner.key());
    } catch (IOException e) {
      throw new InputException(file + " is damaged: the storage " + key + " cannot be read", e);
    }
  }

  @Override
  public Tensor read(StoredTensor.Storage storage) throws IOException {
    LegacyCheckpoint blob = blobs.get(storage.key());
    if (blob == null) {
      throw new InputException(file + " is damaged: storage " + storage.key() + " is missing");
    }
    return blob.read(
        new StoredTensor.Storage(storage.innerKey(), storage.type(), storage.elements()));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
