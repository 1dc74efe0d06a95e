package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.ConfigLoader;
import org.potstill.data.PatternDataset;
import org.potstill.experts.ExpertNeeds;

/**
 * Estimates by hand. Unless a test says otherwise nothing is scored and evaluating takes little.
 */
class EstimateTest {

  private static final long BASE = 700_000_000;
  private static final long MEGABYTE = 1_000_000;

  @TempDir Path folder;

  /** Of two classes with ten training images each and ten test images in all. */
  private static Estimate of(int side, int channels, String... settings) {
    String[] all = {
      "data.source=builtin:fashion-mnist-mini",
      "run.threads=1",
      "prune.mode=none",
      "distill.images-per-class=5",
      "distill.iterations=100",
      "distill.network.depth=1",
      "evaluate.repeats=1",
      "evaluate.batch=1",
      "evaluate.baselines=[]"
    };
    return Estimate.of(
        ConfigLoader.of(Stream.of(all, settings).flatMap(Stream::of).toArray(String[]::new)),
        new PatternDataset(side, channels, 10, "a", "b"));
  }

  /** Start, result, three checkpoints with momenta, and what is evaluated; besides, the report. */
  @Test
  void aRunKeepsImagesOfItsStartItsEndAndOfEveryEvaluation() {
    long set = 2 * 5 * 3 * 16 * 16 * 4;
    Estimate last = of(16, 3);
    assertEquals(8 * MEGABYTE + 8 * set, last.lastingBytes());
    assertEquals(0, last.passingBytes());
    assertEquals(
        8 * MEGABYTE + (8 + 4) * set,
        of(16, 3, "evaluate.every=25", "evaluate.protocol=paper").lastingBytes());
  }

  /** What a scorer leaves for a while is gone before the images are there. */
  @Test
  void theDiskHoldsCheckpointsOfAScorerOrImages() {
    String[] settings = {"prune.mode=easy", "distill.images-per-class=5"};
    Estimate few = of(16, 3, settings);
    settings[1] = "distill.images-per-class=10";
    Estimate more = of(16, 3, settings);
    assertEquals(few.diskBytes(), more.diskBytes());
    assertEquals(8L * 10 * 3 * 16 * 16 * 4, more.lastingBytes() - few.lastingBytes());
    settings[1] = "distill.images-per-class=100000";
    assertEquals(0, of(16, 3, settings).passingBytes());
  }

  /** The matrix is kept with its inverse; LAPACK takes five of eight bytes a value. */
  @Test
  void whiteningTakesMatricesOfAllValues() {
    long matrix = 3072L * 3072;
    long set = 2 * 5 * 3072 * 4;
    Estimate whitened = of(32, 3, "data.whitening=zca", "distill.network.width=1");
    assertEquals(8 * MEGABYTE + 8 * set + 8 * matrix, whitened.lastingBytes());
    assertEquals(BASE + 6 * set + (8 + 40) * matrix, whitened.memoryBytes());
  }

  /** ResNet-18 as published, of whose maps a fifth is there at a time. */
  @Test
  void pretrainedScoringTakesMapsOfABatch() {
    String[] settings = {
      "prune.mode=easy", "score.weights=w.pth", "score.batch=1000", "score.resolution=224"
    };
    long images = 6 * 2 * 5 * 3 * 16 * 16 * 4;
    Estimate estimate = of(16, 3, settings);
    assertEquals(BASE + images + 6000 * MEGABYTE, estimate.memoryBytes());
    assertEquals(images + 6000 * MEGABYTE, estimate.gpuBytes());
    assertEquals(8 * MEGABYTE + images / 6 * 8, estimate.diskBytes());
    settings[3] = "score.resolution=112";
    assertEquals(images + 1500 * MEGABYTE, of(16, 3, settings).gpuBytes());
    // The form for small images, at 32 pixels or more.
    settings[3] = "score.resolution=64";
    assertEquals(images + 5600 * MEGABYTE, of(16, 3, settings).gpuBytes());
    settings[3] = "score.resolution=0";
    assertEquals(images + 1400 * MEGABYTE, of(16, 3, settings).gpuBytes());
    String[] taken = {"prune.mode=easy", "prune.keep=1", "score.batch=1000", "score.from=other"};
    assertEquals(of(16, 3).gpuBytes(), of(16, 3, taken).gpuBytes());
  }

  @Test
  void aScorerThatIsTrainedOnAGpuTakesAllMapsOfABatch() {
    String[] settings = {"prune.mode=easy", "score.batch=1000", "score.resolution=224"};
    long images = 6 * 2 * 5 * 3 * 16 * 16 * 4;
    assertEquals(images + 7000 * MEGABYTE, of(16, 3, settings).gpuBytes());
    assertEquals(4 * images + 7000 * MEGABYTE, of(32, 3, settings).gpuBytes());
    assertEquals(9 * images + 7000 * 9 / 4 * MEGABYTE, of(48, 3, settings).gpuBytes());
  }

  @Test
  void featuresAreMatchedOnAGpuForAllClassesTogether() {
    long layer = 256L * 32 * 32 * 4;
    long images = (20 + 6 * 2 * 5) * 3 * 32 * 32 * 4;
    String[] settings = {"distill.network.width=256", "distill.batch-real=300", "prune.keep=1"};
    assertEquals(images + 3 * 300 * layer + 10 * layer * 32 / 3, of(32, 3, settings).gpuBytes());
  }

  /** What distilling 40 images a class takes on the CPU, beside what holds images. */
  private static long distilling(int side, String... settings) {
    String[] more = {
      "distill.images-per-class=40", "distill.batch-real=100", "distill.network.width=64"
    };
    Estimate estimate =
        of(side, 1, Stream.of(more, settings).flatMap(Stream::of).toArray(String[]::new));
    return estimate.memoryBytes() - BASE - 4L * (20 + 6 * 2 * 40) * side * side;
  }

  /** Of real images 32 at a time at 32 pixels, and of synthetic ones, with gradients, half. */
  @Test
  void imagesAreWorkedOnInPartsOnTheCpu() {
    long layer = 64 * 32 * 32 * 4;
    assertEquals(3 * 32 * layer + 16 * layer * 32 / 3, distilling(32));
    assertEquals(3 * 16 * layer + 40 * layer * 32 / 3, distilling(32, "distill.method=dc"));
    // Networks pad smaller images.
    assertEquals(3 * 32 * layer + 16 * layer * 32 / 3, distilling(16));
    long larger = 4 * layer;
    assertEquals(3 * 8 * larger + 4 * larger * 32 / 3, distilling(64));
    // One is the least.
    long largest = 64 * layer;
    assertEquals(3 * largest + largest * 32 / 3, distilling(256));
  }

  @Test
  void imagesThatKnowEachOtherAreNotWorkedOnInParts() {
    long layer = 64 * 32 * 32 * 4;
    assertEquals(
        3 * 100 * layer + 40 * layer * 32 / 3, distilling(32, "distill.network.norm=batch"));
  }

  @Test
  void theFileOfAGeneratorIsHeldInMemory() throws IOException {
    Path weights = Files.write(folder.resolve("generator.pkl"), new byte[12345]);
    String[] settings = {"distill.space=glad", "distill.prior.init=random"};
    Estimate without = of(32, 3, settings);
    settings[1] = "distill.prior.weights=" + weights;
    Estimate with = of(32, 3, settings);
    assertEquals(12345, with.memoryBytes() - without.memoryBytes());
    assertEquals(12345, with.gpuBytes() - without.gpuBytes());
    assertEquals(without.diskBytes(), with.diskBytes());
    Files.delete(weights);
    assertEquals(without, of(32, 3, settings));
  }

  /** One stage after the other, and their files beside those of the others. */
  @Test
  void expertsTakeTheDiskBesidesAndTheMemoryInTurn() {
    Estimate run = new Estimate(10, 500, BASE + 70, 7, true);
    assertEquals(
        new Estimate(40, 500, BASE + 90, 8, true),
        run.withExperts(new ExpertNeeds(30, 90, 8, "30 experts")));
    assertEquals(
        new Estimate(40, 500, BASE + 70, 7, true),
        run.withExperts(new ExpertNeeds(30, 60, 6, "30 experts")));
  }

  @Test
  void itSaysWhatARunNeedsInWords() {
    Estimate estimate = new Estimate(12 * MEGABYTE, 400_000, 2 * BASE, 3 * BASE, false);
    assertEquals("about 1.4 GB of memory, 12.4 MB of disk", estimate.words());
    assertEquals("about 2.1 GB of its memory", estimate.onGpuWords());
    Estimate generator = new Estimate(1, 1, 2 * BASE, 1, true);
    assertEquals(
        "about 1.4 GB of memory, 0.0 MB of disk; up to half of all memory besides for images that"
            + " go through the generator (distill.prior.chunk at a time at most)",
        generator.words());
  }
}
