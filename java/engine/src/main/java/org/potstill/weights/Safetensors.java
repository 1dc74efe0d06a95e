package org.potstill.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * A safetensors file: named tensors and metadata.
 *
 * <p>An opened file is its checked header; no file stays open, and LibTorch is loaded by the first
 * read of a tensor. Data is mapped into memory, in pieces, while it is copied. Safe for use by
 * several threads.
 */
public final class Safetensors {

  private static final long HEADER_LIMIT = 100L << 20;
  private static final long PIECE = 1L << 30;

  private final Path file;
  private final long fileBytes;
  private final long dataStart;
  private final SafetensorsHeader header;

  private Safetensors(Path file, long fileBytes, long dataStart, SafetensorsHeader header) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.dataStart = dataStart;
    this.header = header;
  }

  /**
   * Reads and checks the header of {@code file}.
   *
   * @throws InputException where the file is missing, cut short or not a valid safetensors file
   */
  public static Safetensors open(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long fileBytes = channel.size();
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, length, 0, file);
      long headerBytes = length.getLong(0);
      if (headerBytes < 2 || headerBytes > HEADER_LIMIT) {
        throw new InputException(
            file
                + " is not a safetensors file: its header would be "
                + Long.toUnsignedString(headerBytes)
                + " bytes long; save what PyTorch or NumPy wrote by save_file of the package"
                + " safetensors");
      }
      if (headerBytes > fileBytes - 8) {
        throw new InputException(
            file + " ends early, within its header, or is not a safetensors file");
      }
      ByteBuffer json = ByteBuffer.allocate((int) headerBytes);
      readFully(channel, json, 8, file);
      long dataStart = 8 + headerBytes;
      return new Safetensors(
          file,
          fileBytes,
          dataStart,
          SafetensorsHeader.parse(json.array(), fileBytes - dataStart, file));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static InputException unreadable(Path file, IOException e) {
    return new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
  }

  private static void readFully(FileChannel channel, ByteBuffer buffer, long position, Path file)
      throws IOException {
    long next = position;
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, next);
      if (count < 0) {
        throw new InputException(file + " ends early, after " + next + " bytes");
      }
      next += count;
    }
  }

  /** The names of the tensors in the order of the header. */
  public Set<String> names() {
    return Collections.unmodifiableSet(header.tensors().keySet());
  }

  /** The metadata; empty where there is none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /**
   * The shape of a tensor; empty for a scalar.
   *
   * @throws InputException where there is none of that name
   */
  public long[] shape(String name) {
    return info(name).dimensions();
  }

  private TensorInfo info(String name) {
    TensorInfo info = header.tensors().get(name);
    if (info == null) {
      throw new InputException(
          file + " has no tensor '" + name + "'; it has " + header.tensors().keySet());
    }
    return info;
  }

  /**
   * A copy of one tensor, in the element type of the file, live in the caller's scope.
   *
   * @throws InputException where there is none of that name, or the file changed or cannot be read
   */
  public Tensor read(String name) {
    TensorInfo info = info(name);
    LibTorch.load();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(channel, info);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * A copy of all tensors, in the element types of the file.
   *
   * @return the caller closes it
   * @throws InputException where the file changed or cannot be read
   */
  public NamedTensors readAll() {
    LibTorch.load();
    NamedTensors result = new NamedTensors();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        PointerScope scope = new PointerScope()) {
      for (Map.Entry<String, TensorInfo> entry : header.tensors().entrySet()) {
        result.put(entry.getKey(), read(channel, entry.getValue()));
      }
      return result;
    } catch (IOException e) {
      result.close();
      throw unreadable(file, e);
    } catch (RuntimeException e) {
      result.close();
      throw e;
    }
  }

  private Tensor read(FileChannel channel, TensorInfo info) throws IOException {
    if (channel.size() != fileBytes) {
      throw new InputException(file + " changed while it was read");
    }
    return NativeData.read(
        channel, dataStart + info.begin(), info.bytes(), info.type(), info.dimensions());
  }

  /**
   * Writes {@code tensors}, in order, and {@code metadata} to {@code file}, replacing it.
   *
   * <p>The file is incomplete until this returns: write to a name beside it and rename.
   *
   * @throws IOException where the file cannot be written
   * @throws IllegalArgumentException where a tensor has an element type that files cannot hold
   */
  public static void write(Path file, NamedTensors tensors, Map<String, String> metadata)
      throws IOException {
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    long position = 0;
    for (String name : tensors.names()) {
      TensorInfo info = describe(tensors.get(name), position);
      infos.put(name, info);
      position = info.end();
    }
    byte[] json = new SafetensorsHeader(infos, metadata).encode();
    ByteBuffer start = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(json.length).put(json).flip();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeFully(channel, start);
      for (Tensor tensor : tensors.values()) {
        writeData(channel, tensor);
      }
    }
  }

  private static TensorInfo describe(Tensor tensor, long position) {
    ElementType type = ElementType.of(tensor.scalar_type());
    List<Long> shape = Arrays.stream(Tensors.shape(tensor)).boxed().toList();
    return new TensorInfo(type, shape, position, TensorInfo.size(type, shape));
  }

  private static void writeData(FileChannel channel, Tensor tensor) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Tensor plain = tensor.detach().cpu().contiguous();
      long bytes = plain.numel() * plain.itemsize();
      if (bytes == 0) {
        return;
      }
      BytePointer data = new BytePointer(plain.data_ptr());
      for (long done = 0; done < bytes; done += PIECE) {
        long piece = Math.min(PIECE, bytes - done);
        writeFully(channel, data.limit(done + piece).position(done).asByteBuffer());
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
