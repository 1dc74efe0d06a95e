package org.potstill.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.potstill.config.DataConfig;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;

/** Opens data sets. */
public final class Datasets {

  /** Resolution of folders of images where the configuration names none: the paper's. */
  static final int DEFAULT_RESOLUTION = 128;

  private static final List<String> KINDS =
      List.of("builtin", "folder", "idx", "cifar10", "cifar100");

  private Datasets() {}

  /**
   * Lists the images of a source and takes off the validation share; decodes nothing.
   *
   * @param config section {@code data} with absolute paths
   * @param seed of the run; decides which images are held back for validation
   * @return a data set that the caller closes
   * @throws InputException where the source does not exist, is damaged, has no image of a class or
   *     not the classes asked for
   */
  public static Dataset open(DataConfig config, long seed) {
    return open(config, seed, ListingProgress.SILENT);
  }

  /**
   * The same.
   *
   * @param progress hears how far the listing of folders is
   */
  public static Dataset open(DataConfig config, long seed, ListingProgress progress) {
    ImageSource source = source(config, progress);
    try {
      int own = source.resolution() == 0 ? DEFAULT_RESOLUTION : source.resolution();
      int resolution = config.resolution() == 0 ? own : config.resolution();
      return new SplitDataset(source, config, seed, resolution);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }

  private static ImageSource source(DataConfig config, ListingProgress progress) {
    int colon = config.source().indexOf(':');
    if (colon < 0) {
      throw new InputException(
          "data.source is \""
              + config.source()
              + "\"; it must be builtin:NAME, folder:DIR, idx:DIR,"
              + " cifar10:DIR or cifar100:DIR");
    }
    String kind = config.source().substring(0, colon);
    String place = config.source().substring(colon + 1);
    return switch (kind) {
      case "builtin" -> builtin(place);
      case "folder" -> new FolderSource(folder(place), config.maxPixels(), progress);
      case "cifar10" -> CifarSources.cifar10(folder(place));
      case "cifar100" -> CifarSources.cifar100(folder(place));
      case "idx" -> IdxSources.folder(folder(place));
      default ->
          throw new InputException(
              "data.source: \""
                  + kind
                  + "\" is none of "
                  + String.join(", ", KINDS)
                  + DidYouMean.hint(kind, KINDS));
    };
  }

  private static ImageSource builtin(String name) {
    if (!name.equals(IdxSources.FASHION_MNIST_MINI)) {
      throw new InputException(
          "data.source: there is no builtin data set \""
              + name
              + "\"; there is "
              + IdxSources.FASHION_MNIST_MINI);
    }
    return IdxSources.fashionMnistMini();
  }

  private static Path folder(String place) {
    Path folder = Path.of(place);
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          "data.source: "
              + folder
              + (Files.exists(folder) ? " is not a folder" : " does not exist"));
    }
    return folder;
  }
}
