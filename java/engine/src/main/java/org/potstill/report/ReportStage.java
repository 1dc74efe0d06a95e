package org.potstill.report;

import java.nio.file.Path;
import java.util.Map;
import org.potstill.run.AtomicFiles;
import org.potstill.run.RunContext;

/** Writes {@code report.html} from the files of a run directory and nothing else. */
public final class ReportStage {

  /** Name of the stage on the command line and in {@code stages.json}. */
  public static final String NAME = "report";

  private final RunContext context;
  private final Map<String, String> versions;

  /**
   * A report on the run of {@code context}.
   *
   * @param versions what the run stands on, by name in the order shown ({@code "engine"}, {@code
   *     "Java"}, {@code "LibTorch"}, ...); those recorded in {@code stages.json} count before them
   */
  public ReportStage(RunContext context, Map<String, String> versions) {
    this.context = context;
    this.versions = versions;
  }

  /**
   * Writes the page, whole or not at all.
   *
   * @return the page
   * @throws org.potstill.errors.InputException where a file that the report cannot do without is
   *     missing or not readable; names the file and the stage that writes it
   * @throws org.potstill.errors.RunFailedException where the page cannot be written
   */
  public Path run() {
    context.cancellation().throwIfCancelled();
    RunFiles files = RunFiles.read(context.directory(), versions);
    context.listener().progress(NAME, "reading the run", 1, 2, "steps");
    Path page = context.directory().resolve("report.html");
    AtomicFiles.writeString(page, new PageTemplate().render(Page.of(files)));
    context.listener().progress(NAME, "writing the page", 2, 2, "steps");
    return page;
  }
}
