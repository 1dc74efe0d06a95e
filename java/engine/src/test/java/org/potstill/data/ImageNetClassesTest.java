package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ImageNetClassesTest {

  /** ImageNet-1k numbers its classes in the order of their wnids. */
  @Test
  void wnidsAscend() {
    for (int i = 1; i < 1000; i++) {
      assertTrue(ImageNetClasses.wnid(i - 1).compareTo(ImageNetClasses.wnid(i)) < 0, "at " + i);
    }
  }

  @Test
  void indexIsThatOfThePretrainedNetwork() {
    assertEquals(OptionalInt.of(0), ImageNetClasses.indexOf("n01440764"));
    assertEquals(OptionalInt.of(701), ImageNetClasses.indexOf("n03888257"));
    assertEquals(OptionalInt.of(999), ImageNetClasses.indexOf("n15075141"));
    assertEquals(OptionalInt.empty(), ImageNetClasses.indexOf("tench"));
  }

  @Test
  void subsetsHaveTenClassesEach() {
    assertEquals(10, ImageNetClasses.subsetNames().size());
    for (String name : ImageNetClasses.subsetNames()) {
      List<String> wnids = ImageNetClasses.subset(name).orElseThrow();
      assertEquals(10, wnids.stream().distinct().count(), name);
    }
    assertEquals("n02123045", ImageNetClasses.subset("cats").orElseThrow().get(0));
  }

  @Test
  void equalLabelsAreToldApart() {
    List<ClassLabel> labels = ImageNetClasses.named(List.of("n02012849", "n03126707", "own"));
    assertEquals("crane (n02012849)", labels.get(0).name());
    assertEquals("crane (n03126707)", labels.get(1).name());
    assertEquals("own", labels.get(2).name());
  }
}
