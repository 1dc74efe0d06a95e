package org.potstill.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.potstill.data.FileNames;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.ImageFolder;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;

/** What the protocol says of the images that networks were trained on. */
final class EvaluatedSet {

  /** Those that the run came to. */
  static final Map<String, Object> OWN = Map.of(Evaluation.IMAGES, Evaluation.OWN);

  /** Of a set from elsewhere, as many as its file has in a run directory, with that of the run. */
  private static final int PARTS_OF_PATH = 3;

  private EvaluatedSet() {}

  /**
   * The entries for a set that need not be of the run. Of its path the last parts are enough to
   * tell it from that of another run, {@code RUN/distilled/distilled.safetensors}; the whole would
   * tell whoever gets the file of folders and names that are none of its matter, and would be
   * another one wherever the sets are moved.
   *
   * @param images the file or folder
   * @param content what stands for what is in it
   * @param run its directory
   */
  static Map<String, Object> of(Path images, String content, RunDirectory run) {
    Path own = run.resolve(DistilledSet.FILE);
    Path place = real(images);
    Path folder = real(run.resolve(DistilledSet.FOLDER));
    if ((Files.exists(own) && Fingerprint.ofFile(own).equals(content))
        || place.startsWith(real(run.resolve(ImageFolder.FOLDER)))) {
      return OWN;
    }
    Map<String, Object> set = new LinkedHashMap<>();
    set.put(
        Evaluation.IMAGES,
        place.startsWith(folder)
            ? Evaluation.OWN_FILE + DistilledSet.FOLDER + "/" + text(folder.relativize(place))
            : text(lastParts(images.toAbsolutePath().normalize())));
    set.put(Evaluation.IMAGES_SHA256, content);
    return set;
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      // Not there.
      return path.toAbsolutePath().normalize();
    }
  }

  private static Path lastParts(Path path) {
    int all = path.getNameCount();
    return path.subpath(Math.max(0, all - PARTS_OF_PATH), all);
  }

  private static String text(Path path) {
    return StreamSupport.stream(path.spliterator(), false)
        .map(FileNames::text)
        .collect(Collectors.joining("/"));
  }
}
