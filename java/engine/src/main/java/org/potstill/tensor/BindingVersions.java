package org.potstill.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor.Version;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.potstill.errors.RunFailedException;

/**
 * The versions of JavaCPP and of its bindings on the class path. The build of a program that
 * Potstill is part of may choose older ones, for JavaCV for example: methods are then missing, and
 * an OpenCV before 4.10 decodes no picture as it should.
 */
final class BindingVersions {

  private static final String GROUP = "org.bytedeco";
  private static final List<String> ARTIFACTS = List.of("javacpp", "openblas", "opencv", "pytorch");

  /** The release of JavaCPP, with which the version of every binding ends. */
  private static final Pattern RELEASE = Pattern.compile("\\d+(\\.\\d+)+$");

  private BindingVersions() {}

  /**
   * Asks for versions as new as those that Potstill was built with. A jar that does not tell its
   * version, as a merged one may, is taken to be new enough.
   *
   * @throws RunFailedException where one is older
   */
  static void require() {
    String needed = needed();
    try {
      for (String artifact : ARTIFACTS) {
        String found = Loader.getVersion(GROUP, artifact, Loader.class);
        if (found != null) {
          require(artifact, found, needed);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Accepts version {@code found} of an artifact, or says which release is needed. */
  static void require(String artifact, String found, String needed) {
    Matcher release = RELEASE.matcher(found);
    if (release.find() && Version.parse(release.group()).compareTo(Version.parse(needed)) < 0) {
      throw new RunFailedException(
          "the class path has "
              + GROUP
              + ":"
              + artifact
              + " "
              + found
              + ", and Potstill needs JavaCPP "
              + needed
              + " and its bindings of that release, or later ones; a parent, a BOM or another"
              + " dependency of the build, such as JavaCV, may hold it back");
    }
  }

  private static String needed() {
    Properties versions = new Properties();
    try (InputStream in = BindingVersions.class.getResourceAsStream("versions.properties")) {
      versions.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return versions.getProperty("javacpp");
  }
}
