package org.potstill.cli;

import org.potstill.run.RunListener;

/** A listener that shows progress and can be taken off the screen. */
interface ProgressListener extends RunListener, AutoCloseable {

  @Override
  void close();
}
