package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.data.PatternDataset;
import org.potstill.data.RawImage;

class GalleryTest {

  @TempDir Path folder;

  /** As in the core-set; losses of folds that are matched are tied as a rule. */
  @Test
  void ofEqualLossesTheFirstImageComesFirst() throws IOException {
    Gallery gallery = new Gallery(1);
    for (int i = 0; i < 12; i++) {
      RawImage picture = new RawImage(1, 1, 1, new byte[1]);
      gallery.offer(i, "image " + i, 0, i < 2 ? 1 : 2, () -> picture);
    }
    gallery.write(folder, new PatternDataset(4, 1, 12, "only"));
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
    gallery.write(folder, new PatternDataset(4, 1, 12, "only"));
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
