package org.potstill.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.potstill.errors.InputException;
import org.potstill.pipeline.RunOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes the page of a run, or one page on several runs. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    customSynopsis = {
      "Usage: " + RootCommand.PROGRAM + " report [OPTIONS] CONFIG",
      "       " + RootCommand.PROGRAM + " report [--out PAGE] [--overwrite] RUN RUN..."
    },
    synopsisHeading = "")
final class ReportCommand extends RunningCommand {

  private static final String PAGE = "side-by-side.html";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "RUN",
      description =
          "With finished run directories in place of CONFIG: one page that shows every class of"
              + " all runs side by side; --out names it, by default "
              + PAGE
              + ".")
  private List<Path> others = new ArrayList<>();

  /** The command over {@code engine}. */
  ReportCommand(Engine engine, Streams streams) {
    super("report", engine, streams);
  }

  @Override
  public Integer call() {
    return others.isEmpty() && !Files.isDirectory(config().file()) ? super.call() : sideBySide();
  }

  private int sideBySide() {
    if (options().equals(RunOptions.RESUME) || isDryRun() || config().overrides()) {
      throw new InputException(
          "a page on several runs takes --out and --overwrite, and no option that changes a run");
    }
    List<Path> runs = new ArrayList<>(List.of(config().file()));
    runs.addAll(others);
    Path page = Path.of(config().out() == null ? PAGE : config().out());
    if (Files.isDirectory(page)) {
      throw new InputException("--out " + page + " is a folder; name the page, a file");
    }
    if (Files.exists(page) && !options().equals(RunOptions.OVERWRITE)) {
      throw new InputException(page + " exists; --overwrite replaces it, or --out names another");
    }
    engine().sideBySide(runs, page);
    if (output().json()) {
      JsonLines.print(streams().out(), Map.of("event", "written", "page", page.toString()));
    } else if (!output().quiet()) {
      streams().out().println("side by side: " + page);
    }
    return 0;
  }
}
