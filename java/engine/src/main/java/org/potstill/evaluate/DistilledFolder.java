package org.potstill.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.DataConfig;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.FileNames;
import org.potstill.data.ImageDecoder;
import org.potstill.data.ImageTransform;
import org.potstill.data.ImageTransforms;
import org.potstill.data.RawImage;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.run.Fingerprint;
import org.potstill.run.FolderNames;
import org.potstill.tensor.Tensors;

/**
 * A distilled set as a folder of pictures, {@code CLASS/*.png}; a class is known by its key, its
 * display name, or the name of the folder that Potstill writes for it.
 */
final class DistilledFolder implements TrainingSource {

  private record Picture(Path file, int classIndex) {}

  private final Path folder;
  private final DataConfig config;
  private final Dataset data;
  private final TreeMap<String, Picture> pictures = new TreeMap<>();

  /**
   * Lists a folder.
   *
   * @throws InputException where it cannot be listed, has no pictures, or has a folder that is of
   *     no class
   */
  DistilledFolder(Path folder, DataConfig config, Dataset data) {
    this.folder = folder;
    this.config = config;
    this.data = data;
    List<Path> folders =
        entries(folder).stream()
            .filter(entry -> Files.isDirectory(entry) && !FileNames.isOfTheDesktop(name(entry)))
            .toList();
    List<String> classes = names(folders.stream().map(DistilledFolder::name).toList());
    for (Path entry : folders) {
      int classIndex = classes.indexOf(name(entry));
      for (Path file : entries(entry)) {
        String name = name(file);
        if (FileNames.isImage(name) && !FileNames.isOfTheDesktop(name)) {
          pictures.put(name(entry) + "/" + name, new Picture(file, classIndex));
        }
      }
    }
    if (pictures.isEmpty()) {
      throw new InputException(folder + " holds no pictures (CLASS/*.png)");
    }
  }

  private static List<Path> entries(Path folder) {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.sorted().toList();
    } catch (IOException e) {
      throw new InputException("cannot list " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }

  private static String name(Path path) {
    return FileNames.text(path.getFileName());
  }

  /**
   * The names that classes have here, in their order. One way of naming has to fit all folders: the
   * folder {@code a_b} is of class {@code a b} where a folder {@code a_b_2} lies beside it.
   */
  private List<String> names(List<String> found) {
    List<List<String>> ways =
        List.of(data.classKeys(), data.classNames(), FolderNames.of(data.classKeys()));
    for (List<String> way : ways) {
      if (way.containsAll(found)) {
        return way;
      }
    }
    for (String name : found) {
      if (ways.stream().noneMatch(way -> way.contains(name))) {
        throw new InputException(
            folder.resolve(name) + " is named after none of the classes of the data set");
      }
    }
    throw new InputException(
        folder
            + ": some folders are named after keys of classes, others after their names; name all"
            + " of them in one way, for example "
            + String.join(", ", data.classKeys().subList(0, Math.min(3, found.size()))));
  }

  @Override
  public String name() {
    return DistilledImages.NAME;
  }

  @Override
  public String key() {
    Map<String, String> files = new TreeMap<>();
    pictures.forEach((id, picture) -> files.put(id, Fingerprint.ofFile(picture.file())));
    return Fingerprint.of(files).hash();
  }

  @Override
  public LabelledImages load(int repeat) {
    ImageTransform transform =
        ImageTransforms.distill(data.normalisation(), data.resolution(), config.resize());
    long side = data.resolution();
    long[] shape = {pictures.size(), data.channels(), side, side};
    int[] labels = pictures.values().stream().mapToInt(Picture::classIndex).toArray();
    try (PointerScope scope = new PointerScope()) {
      Tensor images = torch.empty(shape, Tensors.float32(), null);
      FloatPointer memory = images.data_ptr_float();
      long filled = 0;
      for (Map.Entry<String, Picture> picture : pictures.entrySet()) {
        float[] pixels = transform.apply(read(picture.getKey(), picture.getValue().file()));
        try (FloatPointer target = memory.getPointer(filled)) {
          target.put(pixels);
        }
        filled += pixels.length;
      }
      return new LabelledImages(images, Tensors.indices(labels));
    }
  }

  private RawImage read(String id, Path file) {
    RawImage image;
    try {
      image = ImageDecoder.decode(id, Files.readAllBytes(file), config.maxPixels());
    } catch (BadImageException e) {
      throw new InputException(file + " cannot be used: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
    if (image.width() != data.resolution() || image.height() != data.resolution()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s is of %d x %d pixels, the data set of %d x %d%s",
              file,
              image.width(),
              image.height(),
              data.resolution(),
              data.resolution(),
              DistilledImages.sizeAdvice(image.height(), image.width(), "pictures")));
    }
    return data.channels() == 1 ? grey(file, image) : image;
  }

  /** One channel of a grey picture, whose three are equal once decoded. */
  private static RawImage grey(Path file, RawImage image) {
    byte[] pixels = new byte[image.width() * image.height()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = image.pixels()[i * image.channels()];
      for (int c = 1; c < image.channels(); c++) {
        if (image.pixels()[i * image.channels() + c] != pixels[i]) {
          throw new InputException(file + " has colours, but the data set is grey");
        }
      }
    }
    return new RawImage(image.width(), image.height(), 1, pixels);
  }
}
