package org.potstill.sweep;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.potstill.config.Sweep;
import org.potstill.pipeline.RunResult;
import org.potstill.report.SweepTable;

/**
 * How a sweep ended.
 *
 * @param directory the folder of its runs
 * @param table accuracies of all its runs, also of those that were run earlier
 * @param finished the runs that came to their end
 * @param failed those that did not, and why
 */
public record SweepResult(
    Path directory, SweepTable table, List<RunResult> finished, Map<Sweep.Run, Throwable> failed) {}
