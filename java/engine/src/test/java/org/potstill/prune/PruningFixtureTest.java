package org.potstill.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.config.PruneConfig.Mode;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.LeftBehind;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.Kernels;

/** Every selection of the pruning fixtures, by every kernel provider that runs here. */
class PruningFixtureTest {

  private static final Pattern SELECTION = Pattern.compile("(class\\d+)\\.p(\\d+)\\.(asc|desc)");

  static Stream<Arguments> files() {
    return FixtureFile.group("pruning").stream()
        .flatMap(
            file ->
                Stream.of("asc", "desc")
                    .flatMap(
                        order ->
                            KernelProviders.all(2).stream()
                                .map(kernels -> Arguments.of(file, order, kernels.name()))));
  }

  @ParameterizedTest(name = "{0} {1} with {2}")
  @MethodSource("files")
  void selectsWhatTheReferenceSelects(FixtureFile file, String order, String provider) {
    List<Matcher> selections = selections(file, order);
    assertTrue(!selections.isEmpty(), file + " holds no selection in order " + order);
    Optional<String> leftBehind = LeftBehind.reason(file, selections.get(0).group());
    Assumptions.assumeFalse(leftBehind.isPresent(), leftBehind::orElseThrow);
    Kernels kernels = provider(provider);
    assumeTrue(kernels.isAvailable(), kernels::unavailabilityCause);
    Classes classes = Classes.read(file);
    for (int percent : selections.stream().mapToInt(PruningFixtureTest::percent).toArray()) {
      check(file, order, percent, classes, kernels);
    }
  }

  private static void check(
      FixtureFile file, String order, int percent, Classes classes, Kernels kernels) {
    int[] keep = new int[classes.names().size()];
    for (int c = 0; c < keep.length; c++) {
      String tensor = classes.names().get(c) + ".p" + percent + "." + order;
      keep[c] = Math.toIntExact(file.shape(tensor)[0]);
      if (paperForm(file)) {
        int ours = Selection.keepCount(percent / 100.0, classes.sizes()[c]);
        assertEquals(keep[c], ours, file + " " + tensor);
      }
    }
    Mode mode = order.equals("asc") ? Mode.EASY : Mode.HARD;
    int[][] kept =
        new Selection(kernels, 0).select(mode, classes.losses(), classes.classOf(), keep);
    for (int c = 0; c < keep.length; c++) {
      String tensor = classes.names().get(c) + ".p" + percent + "." + order;
      int first = classes.first(c);
      long[] ours = Arrays.stream(kept[c]).mapToLong(i -> i - first).toArray();
      assertArrayEquals(file.longs(tensor), ours, file + " " + tensor);
    }
  }

  /** The published script counts {@code int(percent * n / 100)}, Algorithm 1 {@code int(r * n)}. */
  private static boolean paperForm(FixtureFile file) {
    return file.metadata().getOrDefault("reference", "").contains("int(r*len)");
  }

  private static int percent(Matcher selection) {
    return Integer.parseInt(selection.group(2));
  }

  private static List<Matcher> selections(FixtureFile file, String order) {
    List<Matcher> found = new ArrayList<>();
    for (String name : file.names()) {
      Matcher matcher = SELECTION.matcher(name);
      if (matcher.matches() && matcher.group(3).equals(order)) {
        found.add(matcher);
      }
    }
    return found;
  }

  private static Kernels provider(String name) {
    return KernelProviders.all(2).stream()
        .filter(kernels -> kernels.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** All classes of a file, one after the other. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Classes(List<String> names, int[] sizes, float[] losses, int[] classOf) {

    static Classes read(FixtureFile file) {
      List<String> names =
          file.names().stream()
              .filter(name -> name.endsWith(".loss"))
              .map(name -> name.substring(0, name.length() - ".loss".length()))
              .toList();
      int[] sizes = new int[names.size()];
      List<Float> losses = new ArrayList<>();
      List<Integer> classOf = new ArrayList<>();
      for (int c = 0; c < sizes.length; c++) {
        for (double loss : file.doubles(names.get(c) + ".loss")) {
          losses.add((float) loss);
          classOf.add(c);
          sizes[c]++;
        }
      }
      float[] values = new float[losses.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = losses.get(i);
      }
      return new Classes(
          names, sizes, values, classOf.stream().mapToInt(Integer::intValue).toArray());
    }

    int first(int c) {
      return Arrays.stream(sizes, 0, c).sum();
    }
  }
}
