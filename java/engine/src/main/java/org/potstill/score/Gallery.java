package org.potstill.score;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.potstill.data.Dataset;
import org.potstill.data.RawImage;
import org.potstill.run.AtomicFiles;
import org.potstill.run.FolderNames;
import org.potstill.run.PictureFiles;
import org.potstill.run.RunContext;

/**
 * The easiest and the hardest images of every class as small pictures, kept while scoring so that
 * nobody needs to decode them again.
 *
 * <p>Used by one thread.
 */
final class Gallery {

  /** Folder of the run directory. */
  static final String FOLDER = "gallery";

  /** File in it that lists the pictures. */
  static final String INDEX = "index.json";

  /** Pictures of either kind per class. */
  static final int PER_KIND = 8;

  /** What the listener is told while its pictures are written, or taken from another run. */
  static final String WRITING = "writing the gallery";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Comparator<Candidate> BY_LOSS =
      Comparator.comparingDouble(candidate -> candidate.loss);

  /** Of equal losses, as folds give them, the first comes first in both, as in the core-set. */
  private static final Comparator<Candidate> EASIEST =
      BY_LOSS.thenComparingInt(candidate -> candidate.index);

  private static final Comparator<Candidate> HARDEST =
      BY_LOSS.reversed().thenComparingInt(candidate -> candidate.index);

  private final List<TreeSet<Candidate>> easiest = new ArrayList<>();
  private final List<TreeSet<Candidate>> hardest = new ArrayList<>();

  /** A gallery of so many classes. */
  Gallery(int classes) {
    for (int c = 0; c < classes; c++) {
      easiest.add(new TreeSet<>(EASIEST));
      hardest.add(new TreeSet<>(HARDEST));
    }
  }

  /**
   * A scored image.
   *
   * @param index position in the data set, which breaks ties
   * @param picture a small copy
   */
  private record Candidate(int index, String id, float loss, Supplier<RawImage> picture) {}

  /**
   * Takes an image in, for as long as it is among the easiest or the hardest of its class.
   *
   * @param picture asked for when the gallery is written
   */
  void offer(int index, String id, int classIndex, float loss, Supplier<RawImage> picture) {
    Candidate candidate = new Candidate(index, id, loss, picture);
    for (TreeSet<Candidate> best : List.of(easiest.get(classIndex), hardest.get(classIndex))) {
      best.add(candidate);
      if (best.size() > PER_KIND) {
        best.pollLast();
      }
    }
  }

  /**
   * Writes {@code CLASS/easy-NN.png} and {@code CLASS/hard-NN.png}, and last {@code index.json}.
   *
   * @param context hears how far that is, and may stop it
   * @throws org.potstill.errors.RunFailedException where a file cannot be written
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop
   */
  void write(Path folder, Dataset data, RunContext context) {
    List<String> folders = FolderNames.of(data.classKeys());
    ArrayNode index = JSON.createArrayNode();
    for (int c = 0; c < folders.size(); c++) {
      String key = data.classKeys().get(c);
      write(folder, folders.get(c), key, "easy", easiest.get(c), index);
      write(folder, folders.get(c), key, "hard", hardest.get(c), index);
      context.cancellation().throwIfCancelled();
      context.listener().progress(ScoreStage.NAME, WRITING, c + 1L, folders.size(), "classes");
    }
    AtomicFiles.writeString(folder.resolve(INDEX), index.toPrettyString() + "\n");
  }

  private static void write(
      Path folder,
      String name,
      String classKey,
      String kind,
      SortedSet<Candidate> candidates,
      ArrayNode index) {
    int number = 1;
    for (Candidate candidate : candidates) {
      String file = String.format(Locale.ROOT, "%s/%s-%02d.png", name, kind, number++);
      PictureFiles.writePng(folder.resolve(file), Thumbnail.picture(candidate.picture.get()));
      ObjectNode entry = index.addObject();
      entry.put("file", file);
      entry.put("id", candidate.id);
      entry.put("class", classKey);
      entry.put("loss", candidate.loss);
      entry.put("kind", kind);
    }
  }
}
