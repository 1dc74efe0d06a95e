package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A narrow space is written as an underscore here. */
class NumbersTest {

  private static void assertText(String expected, String text) {
    assertEquals(expected, text.replace('\u202f', '_'));
  }

  @Test
  void countsHaveTheirThousandsApartAndTheirNoun() {
    assertText("999", Numbers.count(999));
    assertText("60_000", Numbers.count(60_000));
    assertText("1 image", Numbers.count(1, "images"));
    assertText("0 images", Numbers.count(0, "images"));
    assertText("1 class", Numbers.count(1, "classes"));
    assertText("1_000 classes", Numbers.count(1000, "classes"));
  }

  @Test
  void sharesAreInPercent() {
    assertText("12.3_%", Numbers.percent(0.1234));
    assertText("–", Numbers.percent(Double.NaN));
    assertText("50.0 ± 1.2_%", Numbers.percent(0.5, 0.012));
    assertText("50.0_%", Numbers.percent(0.5, Double.NaN));
    assertText("–", Numbers.percent(Double.NaN, 0.1));
    assertText("40.0 to 60.0", Numbers.interval(0.5, 0.1));
    assertText("0.0 to 3.0", Numbers.interval(0.01, 0.02));
    assertText("97.0 to 100.0", Numbers.interval(0.99, 0.02));
    assertText("+2.5 points", Numbers.points(0.025));
    assertText("−2.5 points", Numbers.points(-0.025));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.000",
    "0.00012, 1e-4",
    "-0.00012, -1e-4",
    "0.001, 0.001",
    "0.5, 0.500",
    "-0.5, -0.500",
    "1, 1.00",
    "10, 10.0",
    "100, 100",
    "NaN, –"
  })
  void lossesAreShort(double loss, String expected) {
    assertText(expected, Numbers.loss(loss));
  }

  @ParameterizedTest
  @CsvSource({
    "0.04, 0.0_s",
    "9.94, 9.9_s",
    "10, 10_s",
    "59.4, 59_s",
    "59.6, 1_min 0_s",
    "3599.4, 59_min 59_s",
    "3600, 1_h 0_min",
    "90061, 25_h 1_min",
    "3600000, 1_000_h 0_min"
  })
  void timesHaveTheirTwoLargestUnits(double seconds, String expected) {
    assertText(expected, Numbers.duration(seconds));
  }

  @ParameterizedTest
  @CsvSource({"5400, 10, 540", "3, 2, 1.5", "994, 100, 9.9", "995, 100, 10", "60000, 1, 60_000"})
  void ratiosBelowTenHaveADecimal(long whole, long part, String expected) {
    assertText(expected, Numbers.ratio(whole, part));
  }
}
