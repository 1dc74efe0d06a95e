package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.RunContext;

/**
 * The baseline {@code random}: real training images, as many of every class as the distilled set
 * has, chosen anew for every repeat from the whole training set without its validation share and
 * without images that cannot be read.
 */
final class RandomImages implements TrainingSource {

  static final String NAME = "random";

  private final Dataset data;
  private final ImageSetLoader loader;
  private final long seed;
  private final int[] perClass;
  private final SortedSet<String> unreadable;

  /**
   * A baseline.
   *
   * @param perClass images of every class; a class with fewer gives all it has
   * @param unreadable ids of training images that scoring left out
   */
  RandomImages(
      Dataset data,
      ImageSetLoader loader,
      RunContext context,
      int[] perClass,
      Set<String> unreadable) {
    this.data = data;
    this.loader = loader;
    this.seed = context.seed();
    this.perClass = perClass.clone();
    this.unreadable = new TreeSet<>(unreadable);
    List<ImageRecord> all = byClass().stream().flatMap(List::stream).toList();
    Baselines.warnOfFew(context, data, NAME, all, "training images", perClass);
  }

  private List<List<ImageRecord>> byClass() {
    List<List<ImageRecord>> classes = new ArrayList<>();
    data.classKeys().forEach(key -> classes.add(new ArrayList<>()));
    data.training().stream()
        .filter(image -> !unreadable.contains(image.id()))
        .forEach(image -> classes.get(image.classIndex()).add(image));
    return classes;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String key() {
    String drawn = NAME + " " + Arrays.toString(perClass);
    return unreadable.isEmpty() ? drawn : drawn + " without " + unreadable;
  }

  @Override
  public boolean varies() {
    return true;
  }

  /** The images chosen for a repeat, class after class. */
  List<ImageRecord> choose(int repeat) {
    List<List<ImageRecord>> classes = byClass();
    List<ImageRecord> chosen = new ArrayList<>();
    for (int c = 0; c < perClass.length; c++) {
      List<ImageRecord> all = classes.get(c);
      RandomStream random = RandomStream.of(seed, Purpose.BASELINE_CHOICE, repeat, c);
      for (int i : random.sample(all.size(), Math.min(all.size(), perClass[c]))) {
        chosen.add(all.get(i));
      }
    }
    return chosen;
  }

  @Override
  public SortedSet<String> leftOut(int repeat) {
    return loader.unreadable(choose(repeat), "looking at random images");
  }

  @Override
  public LabelledImages load(int repeat) {
    return loader.load(choose(repeat), "loading random images");
  }
}
