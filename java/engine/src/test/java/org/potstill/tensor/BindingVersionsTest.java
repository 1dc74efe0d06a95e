package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.potstill.errors.RunFailedException;

class BindingVersionsTest {

  @Test
  void thoseOfTheTestsAreAccepted() {
    BindingVersions.require();
  }

  @Test
  void laterReleasesAndUnknownVersionsAreAccepted() {
    BindingVersions.require("opencv", "4.13.0-1.5.9", "1.5.9");
    BindingVersions.require("opencv", "4.14.0-1.5.10", "1.5.9");
    BindingVersions.require("javacpp", "1.6.0", "1.5.9");
    BindingVersions.require("javacpp", "1.5.8-SNAPSHOT", "1.5.9");
  }

  @Test
  void anEarlierReleaseIsNamed() {
    RunFailedException error =
        assertThrows(
            RunFailedException.class,
            () -> BindingVersions.require("opencv", "4.9.0-1.5.9", "1.5.13"));
    assertEquals(
        "the class path has org.bytedeco:opencv 4.9.0-1.5.9, and Potstill needs JavaCPP 1.5.13 and"
            + " its bindings of that release, or later ones; a parent, a BOM or another dependency"
            + " of the build, such as JavaCV, may hold it back",
        error.getMessage());
  }
}
