package org.potstill.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.run.Sha256;

/**
 * A folder of images: {@code train/CLASS/FILE}, or just {@code CLASS/FILE}, and for the test {@code
 * val/CLASS/FILE} or {@code test/CLASS/FILE}.
 */
final class FolderSource implements ImageSource {

  private static final String TRAIN = "train";
  private static final String VAL = "val";
  private static final String TEST = "test";

  /** Files that are looked at before it is asked whether to stop. */
  private static final int FILES_AT_ONCE = 1000;

  private final Path root;
  private final long maxPixels;
  private final ListingProgress progress;

  /** What ids of training images begin with. */
  private final String trainPart;

  /** What ids of test images begin with. */
  private final String testPart;

  private final Map<String, Path> trainFolders;
  private final Map<String, Path> testFolders;
  private final List<ClassLabel> classes;
  private final List<String> warnings = new ArrayList<>();

  /** Files whose names cannot be had back from their ids, as the locale has no letters for them. */
  private final Map<String, Path> oddNames = new ConcurrentHashMap<>();

  FolderSource(Path root, long maxPixels, ListingProgress progress) {
    this.root = root;
    this.progress = progress;
    this.maxPixels = maxPixels;
    Path train = root.resolve(TRAIN);
    boolean inParts = isPart(train);
    trainPart = inParts ? TRAIN + "/" : "";
    testPart = (folders(root.resolve(VAL)).isEmpty() ? TEST : VAL) + "/";
    if (!inParts) {
      requireReadable(root);
    }
    trainFolders = inParts ? folders(train) : classesAmong(folders(root));
    classes = ImageNetClasses.named(List.copyOf(trainFolders.keySet()));
    warnOfLinks(inParts ? train : root);
    Path tests = root.resolve(testPart);
    if (trainFolders.containsValue(tests)) {
      testFolders = Map.of(); // It is a class.
    } else {
      testFolders = folders(tests);
      warnOfLinks(tests);
    }
    if (inParts && testFolders.isEmpty()) {
      warnOfUnreadParts();
    }
    warnings.addAll(
        Listed.few(
            testFolders.keySet().stream()
                .filter(name -> !trainFolders.containsKey(name))
                .map(name -> testPart + name + " has no folder " + trainPart + name + ": left out")
                .toList()));
  }

  /** Tests under another name, {@code validation} say, or without folders of classes. */
  private void warnOfUnreadParts() {
    Map<String, Path> parts = folders(root);
    parts.remove(TRAIN);
    parts
        .values()
        .removeIf(
            part ->
                Collections.disjoint(folders(part).keySet(), trainFolders.keySet())
                    && !holdsImage(part));
    if (!parts.isEmpty()) {
      warnings.add(
          "not read, beside train: "
              + Listed.some(parts.keySet())
              + "; test images are looked for in val/CLASS/ or test/CLASS/");
    }
  }

  /** Whether it holds class folders; else it may be a class of trains. */
  private static boolean isPart(Path train) {
    Map<String, Path> inside = folders(train);
    return !inside.isEmpty()
        && (inside.values().stream().anyMatch(FolderSource::holdsImage) || !holdsImage(train));
  }

  /** Those that hold images themselves: a run directory may lie beside them, or test images. */
  private Map<String, Path> classesAmong(Map<String, Path> folders) {
    Map<String, Path> chosen = new TreeMap<>(folders);
    chosen.values().removeIf(folder -> !holdsImage(folder));
    if (chosen.isEmpty()) {
      throw noClasses(folders);
    }
    if (chosen.containsKey(TRAIN) && (folders.containsKey(VAL) || folders.containsKey(TEST))) {
      throw new InputException(
          root.resolve(TRAIN)
              + " holds images, but no folder per class: data.source folder: looks for them in"
              + " train/CLASS/");
    }
    Set<String> others = new TreeSet<>(folders.keySet());
    others.removeAll(chosen.keySet());
    others.remove(testPart.substring(0, testPart.length() - 1));
    if (!others.isEmpty()) {
      warnings.add("folders that hold no images are left out: " + Listed.some(others));
    }
    return chosen;
  }

  private InputException noClasses(Map<String, Path> folders) {
    return new InputException(
        root
            + " has no images in train/CLASS/ or CLASS/, where data.source folder: looks for them"
            + (folders.isEmpty()
                ? ""
                : "; the folders there are " + Listed.some(folders.keySet())));
  }

  private static boolean holdsImage(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> FileNames.isImage(FileNames.text(file.getFileName())));
    } catch (IOException | UncheckedIOException e) {
      return true; // Whoever lists it says why it cannot be.
    }
  }

  /** What lies in a folder that may not be looked into seems not to be there. */
  private static void requireReadable(Path folder) {
    if (Files.isDirectory(folder) && !(Files.isReadable(folder) && Files.isExecutable(folder))) {
      throw new InputException("cannot read " + folder + ": permission denied");
    }
  }

  /** The folders in one by name; none where it is not there. */
  private static Map<String, Path> folders(Path parent) {
    Map<String, Path> folders = new TreeMap<>();
    for (Path entry : Files.isDirectory(parent) ? entries(parent) : List.<Path>of()) {
      String name = FileNames.text(entry.getFileName());
      if (!name.startsWith(".") && Files.isDirectory(entry)) {
        folders.put(name, entry);
      }
    }
    return folders;
  }

  private void warnOfLinks(Path parent) {
    List<String> broken = new ArrayList<>();
    for (Path entry : Files.isDirectory(parent) ? entries(parent) : List.<Path>of()) {
      if (Files.isSymbolicLink(entry) && !Files.exists(entry)) {
        String name = root.equals(parent) ? "" : parent.getFileName() + "/";
        name += FileNames.text(entry.getFileName());
        broken.add(name + " is a link that leads nowhere: left out");
      }
    }
    warnings.addAll(Listed.few(broken.stream().sorted().toList()));
  }

  private static List<Path> entries(Path folder) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      stream.forEach(entries::add);
      return entries;
    } catch (IOException e) {
      throw unlisted(folder, e);
    } catch (DirectoryIteratorException e) {
      throw unlisted(folder, e.getCause());
    }
  }

  private static InputException unlisted(Path folder, IOException e) {
    return new InputException(folder + " cannot be listed: " + FileErrors.reason(folder, e), e);
  }

  @Override
  public List<ClassLabel> classes() {
    return classes;
  }

  @Override
  public Listing list(Split split, List<ClassLabel> chosen) {
    String part = split == Split.TRAIN ? trainPart : testPart;
    Map<String, Path> folders = split == Split.TRAIN ? trainFolders : testFolders;
    MessageDigest digest = Sha256.begin();
    List<ImageRecord> images = new ArrayList<>();
    List<String> passedOver = new ArrayList<>();
    int total = count(trainFolders, chosen) + count(testFolders, chosen);
    int listed = split == Split.TRAIN ? 0 : count(trainFolders, chosen);
    for (int c = 0; c < chosen.size(); c++) {
      String key = chosen.get(c).key();
      if (folders.containsKey(key)) {
        int before = listed;
        Map<String, Long> sizes =
            sizes(part + key, folders.get(key), passedOver, () -> progress.listed(before, total));
        if (sizes.isEmpty() && split == Split.TRAIN) {
          requireNoneNested(part + key, folders.get(key));
        }
        for (Map.Entry<String, Long> file : sizes.entrySet()) {
          images.add(new ImageRecord(file.getKey(), c));
          String line = file.getKey() + '\0' + file.getValue() + '\0';
          digest.update(line.getBytes(StandardCharsets.UTF_8));
        }
        progress.listed(++listed, total);
      }
    }
    warnings.addAll(Listed.few(passedOver));
    return new Listing(images, Sha256.hex(digest));
  }

  /** Images in a folder of a class folder, as in the archives of Tiny ImageNet. */
  private static void requireNoneNested(String classFolder, Path folder) {
    Map<String, Path> nested = folders(folder);
    nested.values().removeIf(inner -> !holdsImage(inner));
    if (!nested.isEmpty()) {
      throw new InputException(
          classFolder
              + " holds no images itself, but its folder "
              + Listed.some(nested.keySet())
              + " does; data.source folder: reads the files directly in a class folder: move them up");
    }
  }

  private static int count(Map<String, Path> folders, List<ClassLabel> chosen) {
    return (int) chosen.stream().filter(label -> folders.containsKey(label.key())).count();
  }

  /**
   * Sizes in bytes of the images of one class by id, sorted; -1 where one cannot be looked at.
   *
   * @param passedOver gets a line for every kind of other files
   * @param stop called now and then; what it throws ends the listing
   */
  private Map<String, Long> sizes(
      String prefix, Path folder, List<String> passedOver, Runnable stop) {
    Map<String, Long> sizes = new TreeMap<>();
    TreeMap<String, Integer> others = new TreeMap<>();
    for (Path file : entries(folder)) {
      String name = FileNames.text(file.getFileName());
      if (FileNames.isOfTheDesktop(name)) {
        continue;
      }
      // Looked at once: with a million files on a file server, that is what takes the time.
      Optional<BasicFileAttributes> found =
          FileNames.isImage(name) ? FileNames.attributes(file) : Optional.empty();
      if (FileNames.isImage(name) && !found.map(BasicFileAttributes::isDirectory).orElse(false)) {
        String id = prefix + "/" + name;
        sizes.put(id, found.map(BasicFileAttributes::size).orElse(-1L));
        if (sizes.size() % FILES_AT_ONCE == 0) {
          stop.run();
        }
        remember(id, file);
      } else {
        others.merge(kind(file, name), 1, Integer::sum);
      }
    }
    others.forEach(
        (kind, count) -> passedOver.add(prefix + ": " + kind + " ignored (" + count + ")"));
    return sizes;
  }

  private static String kind(Path file, String name) {
    if (Files.isDirectory(file)) {
      return "nested folders";
    }
    int dot = name.lastIndexOf('.');
    return dot < 0
        ? "files without an extension"
        : "*" + name.substring(dot).toLowerCase(Locale.ROOT) + " files";
  }

  private void remember(String id, Path file) {
    if (!file.equals(FileNames.resolve(root, id).orElse(null))) {
      oddNames.put(id, file);
    }
  }

  @Override
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  @Override
  public int channels() {
    return 3;
  }

  @Override
  public int resolution() {
    return 0;
  }

  @Override
  public boolean inMemory() {
    return false;
  }

  @Override
  public RawImage read(String id) throws BadImageException {
    return ImageDecoder.decode(id, bytes(id), maxPixels);
  }

  @Override
  public int shorterSide(String id) throws BadImageException {
    try {
      ImageFile file = ImageFile.of(bytes(id));
      return Math.min(file.width(), file.height());
    } catch (DamagedImageException e) {
      throw new BadImageException(id, e.getMessage());
    }
  }

  private byte[] bytes(String id) throws BadImageException {
    Path file = oddNames.get(id);
    if (file == null) {
      file =
          FileNames.resolve(root, id)
              .orElseThrow(() -> new BadImageException(id, "no such image in this source"));
    }
    try {
      return FileNames.read(file, maxPixels);
    } catch (IOException e) {
      throw new BadImageException(id, "the file cannot be read: " + FileErrors.reason(file, e));
    }
  }

  @Override
  public void close() {
    // Files are opened one at a time and closed at once.
  }
}
