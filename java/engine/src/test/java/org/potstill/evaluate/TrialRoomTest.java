package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.potstill.tensor.SideBySide;

class TrialRoomTest {

  private static final long MORE_THAN_ANY_MACHINE = 1L << 60;
  private static final List<Trial> TRIALS =
      List.of(trial(1, "convnet"), trial(2, "giant"), trial(3, "vit"), trial(4, "alexnet"));

  private static long bytes(Trial trial) {
    return trial.network().equals("giant") ? MORE_THAN_ANY_MACHINE : trial.number();
  }

  private static Trial trial(long number, String network) {
    return new Trial(number, network, "distilled", OptionalInt.empty(), 0, 0.01, "key");
  }

  @Test
  void networksThatDivideTheThreadsAlikeRunTogether() {
    List<TrialRoom.Group> groups =
        new TrialRoom(4, 2, () -> 0).groups(TRIALS, TrialRoomTest::bytes);
    assertEquals(
        List.of(
            new TrialRoom.Group(TRIALS.subList(0, 1), new SideBySide(2, 2)),
            new TrialRoom.Group(TRIALS.subList(1, 2), new SideBySide(1, 4)),
            new TrialRoom.Group(TRIALS.subList(2, 4), new SideBySide(2, 2))),
        groups);
  }

  @Test
  void freeMemoryDecidesHowManyRunAtOnceButNotTheirThreads() {
    TrialRoom.Group last = new TrialRoom.Group(TRIALS.subList(2, 4), new SideBySide(3, 2));
    assertEquals(
        new SideBySide(1, 2), new TrialRoom(6, 3, () -> 0).now(last, TrialRoomTest::bytes));
    assertEquals(
        new SideBySide(1, 2), new TrialRoom(6, 3, () -> 7).now(last, TrialRoomTest::bytes));
    assertEquals(
        new SideBySide(2, 2), new TrialRoom(6, 3, () -> 8).now(last, TrialRoomTest::bytes));
    assertEquals(
        new SideBySide(3, 2), new TrialRoom(6, 3, () -> 100).now(last, TrialRoomTest::bytes));
  }
}
