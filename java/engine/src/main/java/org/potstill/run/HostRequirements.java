package org.potstill.run;

import com.fasterxml.jackson.core.Version;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.util.List;
import org.potstill.errors.RunFailedException;

/**
 * What a program may lack that Potstill is part of: modules of Java, in one that jlink made, its
 * libraries for pictures, and a Jackson and a Commons IO that are new enough, where its build
 * chooses the versions. Asked for at the start, since it would otherwise show late: where the first
 * picture is written, or the first stage ends.
 */
public final class HostRequirements {

  private static final List<String> MODULES = List.of("java.desktop", "jdk.management");

  /** The first version of Jackson 2 that will do. */
  private static final int JACKSON_MINOR = 15;

  private HostRequirements() {}

  /**
   * Asks for all of it.
   *
   * @throws RunFailedException where something is missing
   */
  public static void require() {
    List<String> missing =
        MODULES.stream().filter(name -> ModuleLayer.boot().findModule(name).isEmpty()).toList();
    if (!missing.isEmpty()) {
      throw new RunFailedException(
          "this Java was made without the module "
              + String.join(" and the module ", missing)
              + "; one that jlink makes needs --add-modules "
              + String.join(",", MODULES));
    }
    requirePictures(() -> new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).flush());
    requireJackson(new ObjectMapper().version());
    requireCsv(CsvFiles::probe);
  }

  /** Accepts an {@code attempt} to make a picture, or says what it lacks. */
  static void requirePictures(Runnable attempt) {
    try {
      attempt.run();
    } catch (LinkageError e) {
      throw new RunFailedException(
          "this Java cannot work with pictures ("
              + e.getMessage()
              + "); where it is a headless one and the variable DISPLAY is set, start it with"
              + " -Djava.awt.headless=true",
          e);
    }
  }

  /** Accepts {@code found} or says what is needed. */
  static void requireJackson(Version found) {
    if (found.getMajorVersion() == 2 && found.getMinorVersion() < JACKSON_MINOR) {
      throw new RunFailedException(
          "the class path has Jackson "
              + found
              + ", and Potstill needs 2."
              + JACKSON_MINOR
              + " or a later 2; a parent or a BOM of the build may hold it back");
    }
  }

  /** Accepts an {@code attempt} to use Commons CSV, or says what it lacks. */
  static void requireCsv(Runnable attempt) {
    try {
      attempt.run();
    } catch (LinkageError e) {
      throw misfit("Commons CSV", "Commons CSV 1.14 and Commons IO 2.17", e);
    }
  }

  /**
   * Why a library cannot be used whose version is another than Potstill was built with.
   *
   * @param needed the first versions that do, of it and of what it needs itself
   * @param cause what its first use threw
   */
  public static RunFailedException misfit(String library, String needed, LinkageError cause) {
    return new RunFailedException(
        library
            + " does not fit what else is on the class path ("
            + cause.getMessage()
            + "), and Potstill needs "
            + needed
            + " or later; a parent, a BOM or another dependency of the build may hold them back",
        cause);
  }
}
