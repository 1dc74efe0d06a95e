package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PublishedWeightsTest {

  private static final Path PAGE = Path.of(System.getProperty("potstill.root"), "docs/weights.md");

  @ParameterizedTest
  @CsvSource({
    "glad, imagenet, 128",
    "glad, imagenet, 256",
    "glad, ffhq, 256",
    "glad, pokemon, 256",
    "ld3m, imagenet, 128",
    "ld3m, imagenet, 256",
    "ld3m, ffhq, 256"
  })
  void addressIsThatOfThePage(String space, String init, int resolution) throws IOException {
    String advice = PublishedWeights.advice(space, init, resolution);
    Matcher address = Pattern.compile("https://\\S+").matcher(advice);
    assertTrue(address.find(), advice);
    assertTrue(Files.readString(PAGE).contains(address.group()), advice);
    assertTrue(advice.contains("GB") && !advice.contains("\n"), advice);
  }

  @Test
  void addressOfTheScorerIsThatOfThePage() throws IOException {
    String advice = PublishedWeights.scorerAdvice();
    Matcher address = Pattern.compile("https://\\S+").matcher(advice);
    assertTrue(address.find(), advice);
    assertTrue(Files.readString(PAGE).contains(address.group()), advice);
    assertTrue(advice.contains("45 MB") && !advice.contains("\n"), advice);
  }

  @Test
  void withoutAPublishedFileThePageIsNamed() {
    String advice = PublishedWeights.advice("glad", "ffhq", 128);
    assertFalse(advice.contains("https"), advice);
    assertTrue(advice.contains("docs/weights.md"), advice);
  }
}
