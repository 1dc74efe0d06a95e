package org.potstill.run;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Names of folders for classes, whatever the classes are called. */
public final class FolderNames {

  private FolderNames() {}

  /**
   * One name per class, in order: safe in any file system, and different from each other also where
   * case makes no difference.
   */
  public static List<String> of(List<String> classKeys) {
    List<String> names = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (String key : classKeys) {
      String safe = key.replaceAll("[^\\p{L}\\p{N}._-]", "_").replaceAll("^\\.|\\.$", "_");
      String base = safe.isEmpty() ? "class" : safe.substring(0, Math.min(80, safe.length()));
      String name = base;
      for (int n = 2; !taken.add(name.toLowerCase(Locale.ROOT)); n++) {
        name = base + "_" + n;
      }
      names.add(name);
    }
    return names;
  }
}
