package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class ImageOptimiserTest {

  private static final float ROUNDING = 1e-6f;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static void step(ImageOptimiser optimiser, Space space, float gradient) {
    try (PointerScope scope = new PointerScope();
        NamedTensors gradients =
            space.pullBack(0, Tensors.of(new float[] {gradient, -gradient}, 2, 1, 1, 1))) {
      optimiser.step(space, gradients);
    }
  }

  private static float[] values(Space space) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(space.images(0));
    }
  }

  private static Space space() {
    try (PointerScope scope = new PointerScope()) {
      Tensor images = Tensors.of(new float[] {1, 2}, 2, 1, 1, 1);
      return PixelSpace.of(images, 0.1);
    }
  }

  @Test
  void stepsFollowTheRuleByHand() {
    try (Space space = space();
        ImageOptimiser optimiser = new ImageOptimiser(0.5)) {
      step(optimiser, space, 1);
      assertArrayEquals(new float[] {0.9f, 2.1f}, values(space), ROUNDING);
      step(optimiser, space, 2); // v = 0.5 * 1 + 2
      assertArrayEquals(new float[] {0.65f, 2.35f}, values(space), ROUNDING);
    }
  }

  /** Two variables in groups of their own; no images. */
  private record TwoGroups(NamedTensors variables) implements Space {

    @Override
    public List<VariableGroup> groups() {
      return List.of(
          new VariableGroup("codes", 0.1, List.of("w")),
          new VariableGroup("features", 10, List.of("f")));
    }

    @Override
    public Tensor images(long iteration) {
      throw new UnsupportedOperationException();
    }

    @Override
    public NamedTensors pullBack(long iteration, Tensor imageGradient) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      variables.close();
    }
  }

  private static NamedTensors pair(float w, float f) {
    NamedTensors pair = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      pair.put("w", Tensors.of(new float[] {w}, 1));
      pair.put("f", Tensors.of(new float[] {f}, 1));
    }
    return pair;
  }

  @Test
  void everyGroupMovesAtItsOwnRate() {
    try (Space space = new TwoGroups(pair(1, 2));
        ImageOptimiser optimiser = new ImageOptimiser(0.5);
        NamedTensors gradients = pair(1, 0.5f)) {
      optimiser.step(space, gradients);
      assertArrayEquals(new float[] {0.9f}, Tensors.toFloats(space.variables().get("w")), ROUNDING);
      assertArrayEquals(new float[] {-3}, Tensors.toFloats(space.variables().get("f")), ROUNDING);
    }
  }

  @Test
  void restoredVelocitiesGoOnAsBefore() {
    try (Space space = space();
        Space copy = space();
        ImageOptimiser optimiser = new ImageOptimiser(0.5);
        ImageOptimiser restored = new ImageOptimiser(0.5)) {
      step(optimiser, space, 1);
      step(restored, copy, 5);
      try (NamedTensors state = optimiser.saveState()) {
        restored.restoreState(state);
      }
      float before = values(space)[0] - values(copy)[0];
      step(optimiser, space, 3);
      step(restored, copy, 3);
      assertArrayEquals(
          new float[] {before}, new float[] {values(space)[0] - values(copy)[0]}, ROUNDING);
    }
  }
}
