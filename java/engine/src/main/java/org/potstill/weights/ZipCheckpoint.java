package org.potstill.weights;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;

/**
 * A checkpoint in the format of PyTorch since 1.6: a zip archive of the pickle {@code
 * NAME/data.pkl} and one uncompressed entry {@code NAME/data/KEY} per storage.
 */
final class ZipCheckpoint implements Storages {

  private static final String PICKLE = "data.pkl";

  private final Path file;
  private final ZipFile zip;
  private final String prefix;

  private ZipCheckpoint(Path file, ZipFile zip, String prefix) {
    this.file = file;
    this.zip = zip;
    this.prefix = prefix;
  }

  static ZipCheckpoint open(Path file) throws IOException {
    ZipFile zip = openZip(file);
    try {
      ZipCheckpoint checkpoint = new ZipCheckpoint(file, zip, prefix(file, zip));
      checkpoint.requireLittleEndian();
      return checkpoint;
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static ZipFile openZip(Path file) throws IOException {
    try {
      return new ZipFile(file.toFile());
    } catch (ZipException e) {
      throw new InputException(
          file + " is cut short or damaged: its zip archive cannot be opened; fetch it again", e);
    }
  }

  private static String prefix(Path file, ZipFile zip) {
    List<String> pickles =
        zip.stream()
            .map(ZipEntry::getName)
            .filter(name -> name.equals(PICKLE) || name.endsWith("/" + PICKLE))
            .toList();
    if (pickles.size() != 1) {
      throw new InputException(
          file
              + " is a zip archive but no checkpoint of PyTorch: it has "
              + pickles.size()
              + " entries called "
              + PICKLE);
    }
    String pickle = pickles.get(0);
    return pickle.substring(0, pickle.length() - PICKLE.length());
  }

  private void requireLittleEndian() throws IOException {
    if (zip.getEntry(prefix + "byteorder") != null) {
      String order = new String(bytes("byteorder"), StandardCharsets.US_ASCII);
      if (!order.equals("little")) {
        throw new InputException(file + " holds numbers in byte order '" + order + "'");
      }
    }
  }

  /** The object that was saved. */
  Object root() throws IOException {
    return new RestrictedUnpickler(file.toString()).read(new ByteArrayInputStream(bytes(PICKLE)));
  }

  private byte[] bytes(String name) throws IOException {
    ZipEntry entry = entry(name);
    if (entry.getSize() > Integer.MAX_VALUE - 16) {
      throw new InputException(file + ": entry " + name + " is too large");
    }
    try (CheckedInputStream stream = checked(entry)) {
      byte[] bytes = stream.readAllBytes();
      requireSum(entry, stream);
      return bytes;
    }
  }

  private CheckedInputStream checked(ZipEntry entry) throws IOException {
    return new CheckedInputStream(zip.getInputStream(entry), new CRC32());
  }

  /** Java checks the sums of compressed entries alone. */
  private void requireSum(ZipEntry entry, CheckedInputStream stream) throws IOException {
    stream.transferTo(OutputStream.nullOutputStream());
    // PyTorch can be told to leave the sums out, which are then 0.
    if (entry.getCrc() != 0 && entry.getCrc() != stream.getChecksum().getValue()) {
      throw new InputException(
          file
              + " is damaged: the bytes of its entry "
              + entry.getName()
              + " are not those that were written (their CRC-32 differs); fetch it again");
    }
  }

  /** An entry that is stored as it is, so that it cannot be larger than the file. */
  private ZipEntry entry(String name) throws IOException {
    ZipEntry entry = zip.getEntry(prefix + name);
    if (entry == null) {
      throw new InputException(file + " is damaged: it has no entry " + prefix + name);
    }
    if (entry.getMethod() != ZipEntry.STORED || entry.getSize() > Files.size(file)) {
      throw new InputException(
          file + ": entry " + entry.getName() + " is compressed, which PyTorch never does");
    }
    return entry;
  }

  @Override
  public Tensor read(StoredTensor.Storage storage) throws IOException {
    ZipEntry entry = entry("data/" + storage.key());
    if (entry.getSize() < storage.bytes()) {
      throw new InputException(
          file
              + " is damaged: storage "
              + storage.key()
              + " has "
              + entry.getSize()
              + " bytes, its tensors want "
              + storage.bytes());
    }
    try (CheckedInputStream stream = checked(entry)) {
      Tensor data = NativeData.read(stream, storage.type(), storage.elements());
      requireSum(entry, stream);
      return data;
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
