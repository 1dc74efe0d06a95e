package org.potstill.run;

/** What is done with a run directory that is already there. */
public enum Existing {
  /** It is an error. */
  FAIL,
  /** The run in it goes on; where there is none, one begins. */
  RESUME,
  /** What is in it is deleted first. */
  OVERWRITE
}
