package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.run.Fingerprint;

class ExpertEpochsTest {

  private static Config config(String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "data.source=idx:none",
                "distill.method=mtt",
                "distill.trajectory.max-start-epoch=3",
                "distill.trajectory.expert-epochs=4",
                "experts.epochs=6"));
    all.addAll(List.of(settings));
    return ConfigLoader.of(all.toArray(String[]::new));
  }

  @Test
  void startsAndTargetsOfSegmentsAreDrawn() {
    assertEquals(Set.of(0, 1, 2, 4, 5, 6), ExpertEpochs.drawn(config()));
    assertEquals(
        Set.of(0, 1, 2, 3, 4), ExpertEpochs.drawn(config("distill.trajectory.expert-epochs=2")));
  }

  @Test
  void theLastTargetHasToBeTrained() {
    InputException refused =
        assertThrows(InputException.class, () -> ExpertEpochs.drawn(config("experts.epochs=5")));
    assertTrue(refused.getMessage().endsWith("reach epoch 6"), refused::getMessage);
  }

  private static Fingerprint settings(String... settings) {
    try (PatternDataset data = new PatternDataset(8, 1, 10, "a", "b")) {
      return ExpertEpochs.settings(config(settings), data);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run.seed=7",
        "data.resize=reference",
        "data.whitening=zca",
        "distill.network.width=16",
        "distill.augment=flip",
        "experts.epochs=9",
        "experts.learning-rate=0.5",
        "experts.momentum=0.25",
        "experts.batch=17",
        "experts.precision=bf16",
        "experts.training-precision=bf16"
      })
  void whatChangesAnExpertIsInItsFingerprint(String setting) {
    assertNotEquals(settings().values(), settings(setting).values());
  }

  @ParameterizedTest
  @ValueSource(strings = {"experts.count=7", "distill.iterations=9", "run.threads=3"})
  void whatLeavesAnExpertAsItIsIsNot(String setting) {
    assertEquals(settings().values(), settings(setting).values());
  }

  /** Experts of versions that knew no whitening, and no versions of networks, stay good. */
  @Test
  void whatEarlierVersionsDidNotKnowIsNotedWhereItIsUsedAlone() {
    Set<String> plain = settings().values().keySet();
    assertFalse(plain.contains("data.whitening"), plain::toString);
    assertFalse(plain.contains("version of the distilling network"), plain::toString);
  }
}
