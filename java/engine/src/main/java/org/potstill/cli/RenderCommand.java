package org.potstill.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the images of a run anew from its latents. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class RenderCommand implements Callable<Integer>, HasOutput {

  @Mixin private Output output;
  @Mixin private NativeOptions natives;

  @Parameters(paramLabel = "RUN", description = "A run directory with latents.safetensors.")
  private Path run;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where distilled/ is written; by default the run directory itself.")
  private Path out;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "The file of the generator's weights, if it has moved since the run.")
  private Path weights;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Where to make them: auto, cpu, cuda or cuda:N; by default where the run did.")
  private String device;

  private final Engine engine;
  private final Streams streams;

  RenderCommand(Engine engine, Streams streams) {
    this.engine = engine;
    this.streams = streams;
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public Integer call() {
    try (Logging logging = Logging.setUp(streams, output)) {
      natives.apply();
      Path target = out == null ? run : out;
      int images = engine.render(run, target, weights, device);
      String folder = target.resolve("distilled").toString();
      if (output.json()) {
        JsonLines.print(
            streams.out(), Map.of("event", "rendered", "images", images, "folder", folder));
      } else if (!output.quiet()) {
        streams.out().println("wrote " + images + " images to " + folder);
      }
      return 0;
    }
  }
}
