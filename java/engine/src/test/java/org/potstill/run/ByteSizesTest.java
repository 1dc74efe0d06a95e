package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ByteSizesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0.0 MB",
    "440000, 0.4 MB",
    "99900000, 99.9 MB",
    "99960000, 100 MB",
    "526800000, 527 MB",
    "999400000, 999 MB",
    "999600000, 1.0 GB",
    "139000000000, 139.0 GB"
  })
  void aFewDigitsInDecimalUnits(long bytes, String text) {
    assertEquals(text, ByteSizes.text(bytes));
  }
}
