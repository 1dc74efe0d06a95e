package org.potstill.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The easiest and the hardest images of every class. */
final class GalleryRows {

  private static final int LONGEST_SIDE = 96;
  private static final long BYTE_BUDGET = 3L << 20;
  private static final int MOST_CLASSES = 40;
  private static final int MOST_IMAGES = 8;

  private final Pictures pictures = new Pictures(LONGEST_SIDE, BYTE_BUDGET);
  private final Map<String, List<RunFiles.GalleryImage>> classes = new LinkedHashMap<>();
  private final List<Row> rows = new ArrayList<>();

  GalleryRows(RunFiles files) {
    for (RunFiles.GalleryImage image : files.gallery()) {
      String className = files.distilled().displayName(image.className());
      classes.computeIfAbsent(className, name -> new ArrayList<>()).add(image);
    }
    for (Map.Entry<String, List<RunFiles.GalleryImage>> entry : classes.entrySet()) {
      if (rows.size() < MOST_CLASSES && pictures.hasRoom()) {
        rows.add(row(entry.getKey(), entry.getValue()));
      }
    }
  }

  /**
   * Images of a class.
   *
   * @param name of the class
   * @param easy the easiest first
   * @param hard the hardest first
   */
  record Row(String name, List<Thumbnail> easy, List<Thumbnail> hard) {}

  /**
   * A small picture of an image.
   *
   * @param picture the picture
   * @param loss of the image
   * @param id of the image
   */
  record Thumbnail(Pictures.Picture picture, String loss, String id) {}

  List<Row> rows() {
    return rows;
  }

  String note() {
    if (classes.isEmpty()) {
      return "The run keeps no thumbnails of its images; scoring writes them to gallery/.";
    }
    return rows.size() == classes.size()
        ? "Lowest and highest loss of every class, with the loss below each image."
        : "Lowest and highest loss. To keep this page small it shows "
            + Numbers.count(rows.size())
            + " of "
            + Numbers.count(classes.size(), "classes")
            + ".";
  }

  private Row row(String name, List<RunFiles.GalleryImage> images) {
    return new Row(name, thumbnails(name, images, true), thumbnails(name, images, false));
  }

  private List<Thumbnail> thumbnails(
      String name, List<RunFiles.GalleryImage> images, boolean easy) {
    List<Thumbnail> thumbnails = new ArrayList<>();
    for (RunFiles.GalleryImage image : images) {
      if (image.easy() == easy && thumbnails.size() < MOST_IMAGES) {
        String loss = Numbers.loss(image.loss());
        String kind = easy ? "easy" : "hard";
        String alt = kind + " image of class " + name + ", loss " + loss;
        Pictures.Picture picture = pictures.of(image.file(), alt);
        if (picture != null) {
          thumbnails.add(new Thumbnail(picture, loss, image.id()));
        }
      }
    }
    return thumbnails;
  }
}
