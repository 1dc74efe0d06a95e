package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.errors.RunFailedException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.RowParts;

class ChunksTest {

  private static final int COUNT = 7;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** Doubles and squares of rows, where no more than {@code most} of them fit. */
  private static Chunks.Parts doublesAndSquares(Tensor rows, int most, List<String> made) {
    return (start, length) -> {
      Tensor part = rows.narrow(0, start, length);
      Tensor[] both = {part.mul(new Scalar(2)), part.square()};
      if (length > most) {
        throw new RuntimeException("CUDA out of memory. Tried to allocate 20.00 MiB.");
      }
      made.add(start + "+" + length);
      return both;
    };
  }

  private static void requireAll(Tensor rows, Tensor[] joined) {
    assertEquals(2, joined.length);
    assertTrue(joined[0].equal(rows.mul(new Scalar(2))));
    assertTrue(joined[1].equal(rows.square()));
  }

  @Test
  void everyTensorIsJoinedOfItsParts() {
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = torch.rand(COUNT, 3);
      List<String> made = new ArrayList<>();
      requireAll(
          rows, new Chunks(Chunks.ofRun(), 3).joinEach(COUNT, 2, doublesAndSquares(rows, 9, made)));
      assertEquals(List.of("0+3", "3+3", "6+1"), made);
    }
  }

  @Test
  void partsThatDoNotFitAGpuAreMadeSmallerAndStaySo() {
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = torch.rand(COUNT, 3);
      List<String> made = new ArrayList<>();
      Chunks chunks = new Chunks(Chunks.ofRun(), 4);
      requireAll(rows, chunks.joinEach(COUNT, 2, doublesAndSquares(rows, 2, made)));
      assertEquals(List.of("0+2", "2+2", "4+2", "6+1"), made);
      made.clear();
      requireAll(rows, chunks.joinEach(COUNT, 2, doublesAndSquares(rows, 9, made)));
      assertEquals(List.of("0+2", "2+2", "4+2", "6+1"), made);
    }
  }

  @Test
  void whatAPartLeftThatDidNotFitIsGoneBeforeTheNext() {
    long floats = 1 << 20;
    try (PointerScope scope = new PointerScope()) {
      List<Pointer> left = new ArrayList<>();
      new Chunks(Chunks.ofRun(), 4)
          .joinEach(
              4,
              1,
              (start, length) -> {
                assertTrue(left.stream().allMatch(old -> old.isNull()), "held at " + start);
                left.add(torch.zeros(floats));
                if (length > 1) {
                  throw new RuntimeException("CUDA out of memory.");
                }
                return new Tensor[] {torch.zeros(length)};
              });
      assertEquals(6, left.size());
    }
  }

  /** What is told where no image fits. */
  private static String refusal(RowParts parts) {
    try (PointerScope scope = new PointerScope()) {
      Chunks.Parts none = doublesAndSquares(torch.rand(COUNT, 3), 0, new ArrayList<>());
      return assertThrows(
              RunFailedException.class, () -> new Chunks(parts, 4).joinEach(COUNT, 2, none))
          .getMessage();
    }
  }

  @Test
  void imageThatDoesNotFitAloneIsAnErrorThatSaysWhatToDo() {
    String full =
        "the memory of the GPU is full: CUDA out of memory. Tried to allocate 20.00 MiB.; ";
    assertEquals(
        "distill: "
            + full
            + "lower distill.prior.chunk or data.resolution, or compute on the CPU (run.device:"
            + " cpu)",
        refusal(Chunks.ofRun()));
    assertEquals("render: " + full + "take --device cpu", refusal(Rendering.parts()));
  }

  @Test
  void imagesHaveNoHistory() {
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = torch.rand(COUNT, 3).requires_grad_(true);
      Tensor joined =
          new Chunks(Chunks.ofRun(), 3)
              .join(COUNT, (start, length) -> rows.narrow(0, start, length).mul(new Scalar(2)));
      assertFalse(joined.requires_grad());
      assertTrue(joined.equal(rows.mul(new Scalar(2))));
    }
  }
}
