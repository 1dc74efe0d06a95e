package org.potstill.run;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Names of folders for classes, or other things, whatever they are called. */
public final class FolderNames {

  private static final int LONGEST = 80;

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
      String base = safe.isEmpty() ? "class" : safe.substring(0, end(safe));
      String name = base;
      for (int n = 2; !taken.add(name.toLowerCase(Locale.ROOT)); n++) {
        name = base + "_" + n;
      }
      names.add(name);
    }
    return names;
  }

  /** Where a long name is cut: not within a letter of two chars. */
  private static int end(String name) {
    int end = Math.min(LONGEST, name.length());
    return Character.isHighSurrogate(name.charAt(end - 1)) ? end - 1 : end;
  }

  /** Whether files can be named so where this runs, which the locale decides. */
  public static boolean canBeWritten(String name) {
    return Charset.forName(encoding()).newEncoder().canEncode(name);
  }

  /** What names of files are written in. */
  public static String encoding() {
    return System.getProperty("sun.jnu.encoding", "UTF-8");
  }
}
