package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.DataConfig.OnBadImage;
import org.potstill.config.DataConfig.Resize;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;

@Timeout(60)
class ImageLoaderTest {

  private static final int PIXELS = FakeDataset.SIDE * FakeDataset.SIDE;

  private static ImageLoader.Builder loader(FakeDataset dataset) {
    return ImageLoader.of(
        dataset,
        ImageTransforms.distill(dataset.normalisation(), dataset.resolution(), Resize.ANTIALIAS));
  }

  private static FakeDataset withBad(int count, Set<Integer> bad) {
    return new FakeDataset(
        count,
        false,
        index -> {
          if (bad.contains(index)) {
            throw new BadImageException(Integer.toString(index), "it is bad");
          }
        });
  }

  /** Every image that comes out, after checking that its pixels are its own. */
  private static List<Integer> drain(ImageLoader loader) {
    List<Integer> seen = new ArrayList<>();
    while (loader.hasNext()) {
      try (ImageBatch batch = loader.next()) {
        float[] pixels = new float[batch.count() * PIXELS];
        batch.pixels().get(pixels);
        for (int i = 0; i < batch.count(); i++) {
          int index = Integer.parseInt(batch.records().get(i).id());
          assertEquals(index % 256, pixels[i * PIXELS], 1e-3);
          assertEquals(index % 256, pixels[(i + 1) * PIXELS - 1], 1e-3);
          seen.add(index);
        }
      }
    }
    return seen;
  }

  private static List<Integer> range(int count, Set<Integer> without) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (!without.contains(i)) {
        numbers.add(i);
      }
    }
    return numbers;
  }

  @AfterEach
  void noThreadIsLeft() {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      assertFalse(thread.getName().startsWith("potstill-images"), thread.getName());
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "100,7,3", "64,64,2", "65,64,4", "1000,1,3", "10,100,16"})
  void imagesComeInOrder(int count, int batch, int threads) {
    for (boolean inMemory : new boolean[] {false, true}) {
      FakeDataset dataset = new FakeDataset(count, inMemory, index -> {});
      try (ImageLoader loader = loader(dataset).batch(batch).threads(threads).start()) {
        assertEquals(range(count, Set.of()), drain(loader));
        assertFalse(loader.hasNext());
      }
    }
  }

  @Test
  void noImagesMakeNoBatch() {
    try (ImageLoader loader = loader(new FakeDataset(0, false, index -> {})).start()) {
      assertFalse(loader.hasNext());
    }
  }

  @Test
  void skippedImagesAreReportedInOrderAndLeaveNoGap() {
    Set<Integer> bad = Set.of(0, 4, 5, 6, 7, 13, 18, 19);
    List<String> reported = new ArrayList<>();
    try (ImageLoader loader =
        loader(withBad(20, bad))
            .batch(4)
            .threads(3)
            .onBadImage(OnBadImage.SKIP, (image, why) -> reported.add(image.id() + ": " + why))
            .start()) {
      assertEquals(range(20, bad), drain(loader));
    }
    assertEquals(bad.stream().sorted().map(i -> i + ": it is bad").toList(), reported);
  }

  @Test
  void badImageFailsOnceAndNamesItself() {
    try (ImageLoader loader = loader(withBad(50, Set.of(21, 22))).batch(10).start()) {
      loader.next().close();
      loader.next().close();
      InputException error = assertThrows(InputException.class, loader::hasNext);
      assertTrue(error.getMessage().startsWith("image 21 cannot be used: it is bad"));
      assertThrows(IllegalStateException.class, loader::hasNext);
    }
  }

  @Test
  void failureOfAWorkerReachesTheConsumerOnce() {
    RuntimeException cause = new IllegalStateException("the disk is gone");
    FakeDataset dataset =
        new FakeDataset(
            50,
            false,
            index -> {
              if (index == 30) {
                throw cause;
              }
            });
    try (ImageLoader loader = loader(dataset).batch(10).threads(2).start()) {
      RunFailedException error = assertThrows(RunFailedException.class, () -> drain(loader));
      assertSame(cause, error.getCause());
      assertThrows(IllegalStateException.class, loader::hasNext);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, PIXELS - 1, PIXELS + 1})
  void transformOfAnotherSizeIsAnErrorThatNamesIt(int length) {
    ImageTransform wrong =
        new ImageTransform() {
          @Override
          public int channels() {
            return 1;
          }

          @Override
          public int resolution() {
            return FakeDataset.SIDE;
          }

          @Override
          public float[] apply(RawImage image) {
            return length < 0 ? null : new float[length];
          }
        };
    FakeDataset dataset = new FakeDataset(5, false, index -> {});
    try (ImageLoader loader = ImageLoader.of(dataset, wrong).start()) {
      String message = assertThrows(RunFailedException.class, loader::hasNext).getMessage();
      String gave = length < 0 ? "null" : length + " values";
      assertTrue(message.contains(wrong.getClass().getName() + " gave " + gave), message);
      assertTrue(message.endsWith("1 x 4 x 4"), message);
    }
  }

  @Test
  void memoryThatIsFullIsToldAsSuch() {
    OutOfMemoryError full = new OutOfMemoryError("Java heap space");
    FakeDataset dataset =
        new FakeDataset(
            5,
            false,
            index -> {
              throw full;
            });
    try (ImageLoader loader = loader(dataset).batch(5).threads(1).start()) {
      assertSame(full, assertThrows(OutOfMemoryError.class, () -> drain(loader)));
    }
  }

  @Test
  void nothingIsReadFurtherAheadThanAsked() throws InterruptedException {
    FakeDataset dataset = new FakeDataset(1000, false, index -> {});
    try (ImageLoader loader = loader(dataset).batch(5).ahead(3).threads(4).start()) {
      for (int taken = 0; taken < 3; taken++) {
        int most = (taken + 3) * 5;
        for (int i = 0; i < 200 && dataset.reads.get() < most; i++) {
          Thread.sleep(5);
        }
        Thread.sleep(20);
        assertEquals(most, dataset.reads.get());
        loader.next().close();
      }
    }
  }

  /** Native bytes once what earlier tests left to the garbage collector is gone. */
  private static long settledBytes() {
    long bytes = Pointer.totalBytes();
    for (int calm = 0, tries = 0; calm < 3 && tries < 50; tries++) {
      System.gc();
      LockSupport.parkNanos(20_000_000);
      long now = Pointer.totalBytes();
      calm = now == bytes ? calm + 1 : 0;
      bytes = now;
    }
    return bytes;
  }

  @Test
  void closingEarlyGivesAllMemoryBack() {
    long before = settledBytes();
    for (int round = 0; round < 300; round++) {
      try (ImageLoader loader =
          loader(new FakeDataset(1000, false, index -> {})).batch(50).threads(3).start()) {
        assertTrue(loader.hasNext());
        loader.next().close();
      }
    }
    assertEquals(before, Pointer.totalBytes());
  }

  @Test
  void nativeMemoryNeverExceedsTheBatchesAllowed() {
    long before = settledBytes();
    long batchBytes = 50L * PIXELS * Float.BYTES;
    long most = 0;
    FakeDataset dataset = new FakeDataset(20_000, false, index -> {});
    try (ImageLoader loader = loader(dataset).batch(50).ahead(3).threads(4).start()) {
      while (loader.hasNext()) {
        try (ImageBatch batch = loader.next()) {
          assertEquals(50, batch.count());
          most = Math.max(most, Pointer.totalBytes() - before);
        }
      }
    }
    // The one at hand and three ahead of it.
    assertTrue(most <= 4 * batchBytes, most + " bytes of " + 4 * batchBytes);
    assertEquals(before, Pointer.totalBytes());
  }

  @Test
  void everyDecodedImageIsShown() {
    Set<String> shown = ConcurrentHashMap.newKeySet();
    FakeDataset dataset = new FakeDataset(100, false, index -> {});
    try (ImageLoader loader =
        loader(dataset)
            .threads(3)
            .onDecoded((image, raw) -> shown.add(image.id() + "=" + raw.pixels()[0]))
            .start()) {
      assertEquals(100, drain(loader).size());
    }
    assertEquals(100, shown.size());
    assertTrue(shown.contains("99=99"));
    assertEquals(100, dataset.reads.get());
  }

  @Test
  void interruptionCancels() {
    CountDownLatch never = new CountDownLatch(1);
    FakeDataset dataset =
        new FakeDataset(
            10,
            false,
            index -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    try (ImageLoader loader = loader(dataset).threads(2).start()) {
      Thread.currentThread().interrupt();
      assertThrows(RunCancelledException.class, loader::hasNext);
      assertTrue(Thread.interrupted());
      never.countDown();
    }
  }

  @Test
  void closedBatchRefusesItsPixels() {
    try (ImageLoader loader = loader(new FakeDataset(3, false, index -> {})).start()) {
      ImageBatch batch = loader.next();
      batch.close();
      batch.close();
      assertThrows(IllegalStateException.class, batch::pixels);
    }
  }
}
