package org.potstill.cli;

/** Shows how far a task has got. */
interface ProgressView {

  /** Shows nothing. */
  ProgressView NONE =
      new ProgressView() {
        @Override
        public void update(String task, long done, long total, String unit) {}

        @Override
        public void clear() {}
      };

  /** So much of a task is done. */
  void update(String task, long done, long total, String unit);

  /** Takes what is shown off the screen, before a line is printed or at the end. */
  void clear();
}
