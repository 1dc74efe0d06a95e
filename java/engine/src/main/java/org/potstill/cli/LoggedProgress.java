package org.potstill.cli;

import java.nio.file.Path;
import org.potstill.run.Durations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes stages and warnings to {@code run.log} as well, once the run directory is there. */
final class LoggedProgress implements ProgressListener {

  private static final Logger LOG = LoggerFactory.getLogger(Logging.PROGRESS);

  private final ProgressListener shown;
  private final Logging logging;
  private final Path runDirectory;

  LoggedProgress(ProgressListener shown, Logging logging, Path runDirectory) {
    this.shown = shown;
    this.logging = logging;
    this.runDirectory = runDirectory;
  }

  @Override
  public void stageStarted(String stage) {
    logging.openRunLog(runDirectory);
    LOG.info("{} begins", stage);
    shown.stageStarted(stage);
  }

  @Override
  public void stageSkipped(String stage) {
    logging.openRunLog(runDirectory);
    LOG.info("{} was finished before", stage);
    shown.stageSkipped(stage);
  }

  @Override
  public void stageFinished(String stage, double seconds) {
    LOG.info("{} is done after {}", stage, Durations.text(seconds));
    shown.stageFinished(stage, seconds);
  }

  @Override
  public void progress(String stage, String task, long done, long total, String unit) {
    shown.progress(stage, task, done, total, unit);
  }

  @Override
  public void metric(String stage, long step, String name, double value) {
    shown.metric(stage, step, name, value);
  }

  @Override
  public void note(String stage, String message) {
    LOG.info("{}: {}", stage, message);
    shown.note(stage, message);
  }

  @Override
  public void warning(String stage, String message) {
    LOG.warn("{}: {}", stage, message);
    shown.warning(stage, message);
  }

  @Override
  public void close() {
    shown.close();
  }
}
