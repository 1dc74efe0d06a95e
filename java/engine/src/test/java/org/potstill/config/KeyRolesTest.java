package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class KeyRolesTest {

  /** A new key that names something has to be in one of the two. */
  @Test
  void ofEveryKeyThatNamesAPlaceItIsSaidWhatCounts() {
    Set<String> naming =
        ConfigKeys.all().stream()
            .filter(
                key -> key.type() instanceof Places.Location || key.type() instanceof Places.Source)
            .map(Key::path)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> known = new TreeSet<>(KeyRoles.PLACES);
    known.addAll(KeyRoles.CONTENTS);
    known.remove("run.name");
    assertEquals(known, naming);
  }
}
