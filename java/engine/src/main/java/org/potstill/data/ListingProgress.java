package org.potstill.data;

/** Hears how far the listing of a source is: a million files take minutes on a slow file system. */
@FunctionalInterface
public interface ListingProgress {

  /** Hears nothing. */
  ListingProgress SILENT = (done, total) -> {};

  /**
   * Some folders of classes are listed. What this throws ends the listing.
   *
   * @param done folders so far
   * @param total folders in all, those of test images included
   */
  void listed(int done, int total);
}
