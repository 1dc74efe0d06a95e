package org.potstill.testing;

import java.util.function.Predicate;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/**
 * Asks a run to stop as soon as it tells of certain work.
 *
 * @param cancellation of the run
 * @param when at which work
 */
public record Stopper(CancellationToken cancellation, Predicate<Heard.Progress> when)
    implements RunListener {

  @Override
  public void progress(String stage, String task, long done, long total, String unit) {
    if (when.test(new Heard.Progress(task, done, total, unit))) {
      cancellation.cancel();
    }
  }
}
