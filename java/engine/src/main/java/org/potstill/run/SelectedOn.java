package org.potstill.run;

/** The entry of an evaluation's protocol that says which images the iteration was chosen on. */
public final class SelectedOn {

  /** Its key. Files of earlier versions have it only where an iteration was chosen. */
  public static final String KEY = "selected-on";

  /** Where none was. */
  public static final String NOTHING = "nothing: the last iteration";

  private SelectedOn() {}
}
