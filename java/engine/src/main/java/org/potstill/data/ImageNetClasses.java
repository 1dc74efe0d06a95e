package org.potstill.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The 1000 classes of ImageNet-1k and the ten-class subsets that papers on distillation use. */
public final class ImageNetClasses {

  private static final Map<String, int[]> SUBSETS =
      new TreeMap<>(
          Map.of(
              "imagenette", new int[] {0, 217, 482, 491, 497, 566, 569, 571, 574, 701},
              "imagewoof", new int[] {193, 182, 258, 162, 155, 167, 159, 273, 207, 229},
              "birds", new int[] {84, 130, 88, 144, 145, 22, 96, 9, 100, 89},
              "fruits", new int[] {953, 954, 949, 950, 951, 957, 952, 945, 943, 948},
              "cats", new int[] {281, 282, 283, 284, 285, 291, 292, 290, 289, 287},
              "a", new int[] {255, 376, 984, 364, 500, 986, 333, 576, 148, 135},
              "b", new int[] {129, 916, 90, 275, 995, 874, 102, 259, 685, 139},
              "c", new int[] {565, 94, 554, 535, 92, 392, 291, 136, 324, 11},
              "d", new int[] {9, 258, 13, 262, 19, 339, 321, 24, 93, 322},
              "e", new int[] {816, 96, 100, 145, 739, 713, 783, 76, 688, 326}));

  private ImageNetClasses() {}

  /** The table of the classes, read when it is first asked for. */
  private static final class Table {
    static final List<String> WNIDS = new ArrayList<>();
    static final List<String> LABELS = new ArrayList<>();
    static final Map<String, Integer> INDEX = new HashMap<>();

    private Table() {}

    static {
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(
                  ImageNetClasses.class.getResourceAsStream("imagenet-classes.tsv"),
                  StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          String[] fields = line.split("\t", -1);
          INDEX.put(fields[0], WNIDS.size());
          WNIDS.add(fields[0]);
          LABELS.add(fields[1]);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The output of a network trained on ImageNet-1k, from 0 to 999, that stands for a wnid. */
  public static OptionalInt indexOf(String wnid) {
    Integer index = Table.INDEX.get(wnid);
    return index == null ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /**
   * The wnid (such as {@code n01440764}) of an output of a network trained on ImageNet-1k.
   *
   * @throws IndexOutOfBoundsException where {@code index} is not from 0 to 999
   */
  public static String wnid(int index) {
    return Table.WNIDS.get(index);
  }

  /** The first label of a wnid, or none where it is no class of ImageNet-1k. */
  public static Optional<String> label(String wnid) {
    return indexOf(wnid).stream().mapToObj(Table.LABELS::get).findFirst();
  }

  /** The wnids of a subset in the order of the papers, or none where it has another name. */
  public static Optional<List<String>> subset(String name) {
    return Optional.ofNullable(SUBSETS.get(name))
        .map(indices -> Arrays.stream(indices).mapToObj(ImageNetClasses::wnid).toList());
  }

  /** The names of the subsets. */
  public static Set<String> subsetNames() {
    return SUBSETS.keySet();
  }

  /** The display names of classes given by key: labels for wnids, told apart where two agree. */
  static List<ClassLabel> named(List<String> keys) {
    List<String> labels = keys.stream().map(key -> label(key).orElse(key)).toList();
    Map<String, Integer> uses = new HashMap<>();
    labels.forEach(label -> uses.merge(label, 1, Integer::sum));
    return IntStream.range(0, keys.size())
        .mapToObj(
            i -> {
              String label = labels.get(i);
              String name = uses.get(label) > 1 ? label + " (" + keys.get(i) + ")" : label;
              return new ClassLabel(keys.get(i), name);
            })
        .toList();
  }
}
