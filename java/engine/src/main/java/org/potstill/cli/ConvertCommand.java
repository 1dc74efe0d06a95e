package org.potstill.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.Fingerprint;
import org.potstill.run.OutputPlaces;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.CheckpointReader;
import org.potstill.weights.Safetensors;
import org.potstill.weights.WeightsOf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Turns a checkpoint into safetensors. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class ConvertCommand implements Callable<Integer> {

  private static final String SUFFIX = ".safetensors";

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description = "The file to read: .pkl, .ckpt, .pth or .safetensors.")
  private Path input;

  @Parameters(index = "1", paramLabel = "OUT", description = "The .safetensors file to write.")
  private Path output;

  @Option(names = "--overwrite", description = "Replace OUT if it exists.")
  private boolean overwrite;

  @Option(
      names = "--ema",
      description =
          "Take the running averages of the weights if the file has them; otherwise they are left"
              + " out, as in the published code.")
  private boolean averages;

  @Mixin private NativeOptions natives;

  private final Streams streams;

  ConvertCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    if (!output.toString().endsWith(SUFFIX)) {
      throw new InputException(output + ": the file to write must end in " + SUFFIX);
    }
    if (Files.exists(output) && isInput()) {
      throw new InputException(output + " is the file to read; name another one to write");
    }
    OutputPlaces.requireFile(output);
    if (!overwrite) {
      OutputPlaces.requireNew(output);
    }
    try (Logging logging = Logging.setUp(streams, new Output())) {
      natives.apply();
      convert();
    }
    return 0;
  }

  private void convert() {
    try (NamedTensors tensors = CheckpointReader.state(input, averages)) {
      Map<String, String> metadata = metadata(tensors);
      AtomicFiles.writeNamed(output, overwrite, part -> Safetensors.write(part, tensors, metadata));
      streams
          .out()
          .println(
              "took " + tensors.size() + " tensors of " + metadata.get("holds") + " from " + input);
    }
    streams.out().println("wrote " + output);
  }

  /** Be it by another name or through a link. */
  private boolean isInput() {
    try {
      return Files.exists(input) && Files.isSameFile(input, output);
    } catch (IOException e) {
      throw new InputException("cannot read " + input + ": " + FileErrors.reason(input, e), e);
    }
  }

  private Map<String, String> metadata(NamedTensors tensors) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("holds", WeightsOf.network(tensors.names()).orElse("a network"));
    metadata.put("source", String.valueOf(input.getFileName()));
    metadata.put("source.sha256", Fingerprint.ofFile(input));
    metadata.put("averages", averages ? "taken where present" : "left out");
    CheckpointReader.settings(input).forEach((key, value) -> metadata.put("setting." + key, value));
    return metadata;
  }
}
