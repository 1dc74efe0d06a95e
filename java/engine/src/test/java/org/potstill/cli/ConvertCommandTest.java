package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.fixtures.FixtureFile;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.CheckpointReader;
import org.potstill.weights.Safetensors;

class ConvertCommandTest {

  private static final Path NETWORK = FixtureFile.root().resolve("stylegan/tiny_superres_32.pkl");

  @TempDir Path folder;

  private String out;
  private String err;

  private int convert(Object... arguments) {
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            new PrintStream(outBytes, true, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8),
            false);
    String[] words = new String[arguments.length + 1];
    words[0] = "convert";
    for (int i = 0; i < arguments.length; i++) {
      words[i + 1] = arguments[i].toString();
    }
    int status = Main.execute(new FakeEngine(), streams, words);
    out = outBytes.toString(StandardCharsets.UTF_8);
    err = errBytes.toString(StandardCharsets.UTF_8);
    return status;
  }

  @Test
  void whatIsWrittenHoldsTheSameTensors() {
    Path file = folder.resolve("g.safetensors");
    assertEquals(0, convert(NETWORK, file), err);
    assertTrue(out.contains("tensors of a StyleGAN generator from " + NETWORK), out);
    assertTrue(out.contains("wrote " + file), out);
    assertEquals("8", Safetensors.open(file).metadata().get("setting.z_dim"));
    try (NamedTensors before = CheckpointReader.state(NETWORK);
        NamedTensors after = CheckpointReader.state(file)) {
      assertEquals(List.copyOf(before.names()), List.copyOf(after.names()));
      for (String name : before.names()) {
        assertTrue(before.get(name).equal(after.get(name)), name);
      }
    }
  }

  @Test
  void filesAreReplacedOnlyWhenAsked() throws IOException {
    Path file = Files.writeString(folder.resolve("g.safetensors"), "mine");
    assertEquals(2, convert(NETWORK, file));
    assertTrue(err.contains(file + " exists; --overwrite"), err);
    assertEquals("mine", Files.readString(file));
    assertEquals(0, convert(NETWORK, file, "--overwrite"), err);
    assertEquals(2, convert(file, file, "--overwrite"));
    assertTrue(err.contains("is the file to read"), err);
  }

  @Test
  void theFileToReadIsNotReplacedThroughALinkEither() throws IOException {
    Path file = folder.resolve("g.safetensors");
    assertEquals(0, convert(NETWORK, file), err);
    byte[] before = Files.readAllBytes(file);
    Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), file);
    Path copy = Files.createLink(folder.resolve("hard.safetensors"), file);
    for (Path[] names : new Path[][] {{link, file}, {file, link}, {copy, file}}) {
      assertEquals(2, convert(names[0], names[1], "--overwrite"), out);
      assertTrue(err.contains(names[1] + " is the file to read; name another"), err);
    }
    assertTrue(Files.isSymbolicLink(link));
    assertArrayEquals(before, Files.readAllBytes(file));
  }

  @Test
  void placesThatCannotBeWrittenAreToldBeforeTheFileIsRead() throws IOException {
    // What is read is no checkpoint, which would be told else.
    Path strange = Files.writeString(folder.resolve("strange.ckpt"), "no checkpoint at all");
    Path file = Files.writeString(folder.resolve("file"), "mine");
    Path below = file.resolve("g.safetensors");
    assertEquals(2, convert(strange, below));
    assertEquals("error: cannot write " + below + ": " + file + " is not a folder\n", err);
    Path taken = Files.createDirectory(folder.resolve("folder.safetensors"));
    assertEquals(2, convert(strange, taken, "--overwrite"));
    assertEquals("error: cannot write " + taken + ": it is a folder\n", err);
  }

  @Test
  void aFileThatIsNoCheckpointIsToldWhatIsTaken() throws IOException {
    Path file = folder.resolve("out.safetensors");
    byte[] png = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13, 'I', 'H'};
    byte[] page = "<!DOCTYPE html><html>not found</html>".getBytes(StandardCharsets.UTF_8);
    for (byte[] content : List.of(png, page)) {
      Path input = Files.write(folder.resolve("weights.pth"), content);
      assertEquals(2, convert(input, file));
      assertEquals(
          "error: "
              + input
              + " is no file of weights: it is neither safetensors, nor a checkpoint of PyTorch"
              + " (.pth, .ckpt), nor a pickled network (.pkl)\n",
          err);
    }
    assertFalse(Files.exists(file));
  }

  @Test
  void badFilesAreToldInOneLineAndNothingIsWritten() throws IOException {
    Path file = folder.resolve("out.safetensors");
    assertEquals(2, convert(folder.resolve("none.ckpt"), file));
    assertTrue(err.contains("there is no such file"), err);
    assertEquals(2, convert(NETWORK, folder.resolve("out.pth")));
    assertTrue(err.contains("must end in .safetensors"), err);
    Path malicious = FixtureFile.root().resolve("scorer/ckpt/MALICIOUS_plain_pickle.pkl");
    assertEquals(2, convert(malicious, file));
    assertTrue(err.contains(malicious + " was refused"), err);
    Path cut = folder.resolve("cut.pkl");
    byte[] whole = Files.readAllBytes(NETWORK);
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    assertEquals(2, convert(cut, file));
    assertTrue(err.contains(cut.toString()), err);
    Path empty = folder.resolve("empty.safetensors");
    try (NamedTensors none = new NamedTensors()) {
      Safetensors.write(empty, none, Map.of());
    }
    assertEquals(2, convert(empty, file));
    assertTrue(err.contains(empty + " holds no weights"), err);
    assertFalse(Files.exists(file));
  }
}
