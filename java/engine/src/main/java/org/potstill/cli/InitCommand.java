package org.potstill.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.potstill.config.ConfigTemplate;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.OutputPlaces;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a config to begin with. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class InitCommand implements Callable<Integer> {

  private static final String STANDARD_OUTPUT = "-";

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "potstill.yaml",
      description = "The file to write; - is standard output. By default ${DEFAULT-VALUE}.")
  private String file;

  @Option(names = "--overwrite", description = "Replace the file if it exists.")
  private boolean overwrite;

  @Option(
      names = "--schema",
      paramLabel = "FILE",
      description = "The JSON Schema (see 'schema') that editors complete and check the config by.")
  private String schema;

  private final Streams streams;

  InitCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    String text = ConfigTemplate.yaml(schema);
    if (file.equals(STANDARD_OUTPUT)) {
      streams.out().print(text);
      return 0;
    }
    Path path = Path.of(file);
    if (Files.isDirectory(path)) {
      throw new InputException(path + " is a folder; name the config, a file");
    }
    OutputPlaces.requireFile(path);
    if (!overwrite) {
      OutputPlaces.requireNew(path);
    }
    AtomicFiles.writeNamed(path, overwrite, part -> Files.writeString(part, text));
    streams.out().println("wrote " + path + "; run it with: java -jar engine.jar run " + path);
    return 0;
  }
}
