package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.data.Dataset;
import org.potstill.data.PatternDataset;
import org.potstill.data.RawImage;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunContext;
import org.potstill.run.RunListener;

class GalleryTest {

  @TempDir Path folder;
  private final List<String> told = new ArrayList<>();

  /** As in the core-set; losses of folds that are matched are tied as a rule. */
  @Test
  void ofEqualLossesTheFirstImageComesFirst() throws IOException {
    Gallery gallery = new Gallery(1);
    for (int i = 0; i < 12; i++) {
      RawImage picture = new RawImage(1, 1, 1, new byte[1]);
      gallery.offer(i, "image " + i, 0, i < 2 ? 1 : 2, () -> picture);
    }
    gallery.write(folder, new PatternDataset(4, 1, 12, "only"), context());
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), images("easy"));
    assertEquals(List.of(2, 3, 4, 5, 6, 7, 8, 9), images("hard"));
  }

  @Test
  void everyPictureIsInTheFileThatTheIndexNames() throws IOException {
    Gallery gallery = new Gallery(1);
    for (int i = 0; i < 3; i++) {
      RawImage picture = new RawImage(1, 1, 1, new byte[] {(byte) (100 + i)});
      gallery.offer(i, "image " + i, 0, 0.5f * i, () -> picture);
    }
    gallery.write(folder, new PatternDataset(4, 1, 12, "only"), context());
    List<String> found = new ArrayList<>();
    for (JsonNode entry : new ObjectMapper().readTree(folder.resolve(Gallery.INDEX).toFile())) {
      String file = entry.get("file").asText();
      int grey = ImageIO.read(folder.resolve(file).toFile()).getRaster().getSample(0, 0, 0);
      found.add(file + " " + entry.get("id").asText() + " " + entry.get("loss") + " " + grey);
    }
    assertEquals(
        List.of(
            "only/easy-01.png image 0 0.0 100",
            "only/easy-02.png image 1 0.5 101",
            "only/easy-03.png image 2 1.0 102",
            "only/hard-01.png image 2 1.0 102",
            "only/hard-02.png image 1 0.5 101",
            "only/hard-03.png image 0 0.0 100"),
        found);
  }

  /** Sixteen thousand pictures for ImageNet, each of which is synchronised to the disk. */
  @Test
  void writingIsToldAndCanBeStopped() {
    Gallery gallery = new Gallery(3);
    RawImage picture = new RawImage(1, 1, 1, new byte[1]);
    gallery.offer(0, "image", 1, 1, () -> picture);
    RunContext context = context();
    Dataset data = new PatternDataset(4, 1, 12, "a", "b", "c");
    gallery.write(folder.resolve("whole"), data, context);
    assertEquals(
        List.of("writing the gallery 1/3", "writing the gallery 2/3", "writing the gallery 3/3"),
        told);
    context.cancellation().cancel();
    Path stopped = folder.resolve("stopped");
    assertThrows(RunCancelledException.class, () -> gallery.write(stopped, data, context));
    assertFalse(Files.exists(stopped.resolve(Gallery.INDEX)));
  }

  private RunContext context() {
    RunListener listener =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            told.add(task + " " + done + "/" + total);
          }
        };
    return new RunContext(null, listener, new CancellationToken(), 1, 1);
  }

  private List<Integer> images(String kind) throws IOException {
    List<Integer> images = new ArrayList<>();
    for (JsonNode entry : new ObjectMapper().readTree(folder.resolve(Gallery.INDEX).toFile())) {
      if (entry.get("kind").asText().equals(kind)) {
        images.add(Integer.valueOf(entry.get("id").asText().substring("image ".length())));
      }
    }
    return images;
  }
}
