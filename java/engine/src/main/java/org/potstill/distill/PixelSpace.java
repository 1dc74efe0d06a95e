package org.potstill.distill;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/** The space whose variables are the pixels themselves: the identity. */
public final class PixelSpace implements Space {

  private static final String IMAGES = "images";

  private final NamedTensors variables = new NamedTensors();
  private final double learningRate;

  private PixelSpace(Tensor images, double learningRate) {
    variables.put(IMAGES, images);
    this.learningRate = learningRate;
  }

  /**
   * The space of a copy of {@code images}.
   *
   * @param images (M, C, H, W) float32, normalised and whitened, class after class
   */
  public static PixelSpace of(Tensor images, double learningRate) {
    try (PointerScope scope = new PointerScope()) {
      return new PixelSpace(images.detach().clone(), learningRate);
    }
  }

  /**
   * Standard normal noise.
   *
   * @param images number of images
   * @param imageShape channels, height, width
   * @param placement where they are put
   */
  public static PixelSpace noise(
      int images, long[] imageShape, long seed, double learningRate, Placement placement) {
    int pixels = Math.toIntExact(imageShape[0] * imageShape[1] * imageShape[2]);
    try (PointerScope scope = new PointerScope()) {
      Tensor noise =
          torch.empty(
              new long[] {images, imageShape[0], imageShape[1], imageShape[2]},
              Tensors.float32(),
              null);
      float[] values = new float[pixels];
      for (int i = 0; i < images; i++) {
        RandomStream.of(seed, Purpose.IMAGE_INITIALISATION, 0, i).fillGaussian(values, 0, 1);
        noise.data_ptr_float().position((long) i * pixels).put(values, 0, pixels);
      }
      return new PixelSpace(placement.place(noise), learningRate);
    }
  }

  /**
   * Images of the core-set, drawn per class without repeats.
   *
   * @throws InputException where a class has fewer images than asked for
   */
  public static PixelSpace real(
      CoreSetImages coreSet, int imagesPerClass, long seed, double learningRate) {
    try (PointerScope scope = new PointerScope()) {
      coreSet.requireEnough(imagesPerClass);
      TensorVector chosen = new TensorVector();
      for (int c = 0; c < coreSet.classes(); c++) {
        RandomStream random = RandomStream.of(seed, Purpose.IMAGE_INITIALISATION, 0, c);
        chosen.push_back(coreSet.batch(c, random.sample(coreSet.count(c), imagesPerClass)));
      }
      return new PixelSpace(torch.cat(chosen, 0), learningRate);
    }
  }

  @Override
  public List<VariableGroup> groups() {
    return List.of(new VariableGroup("pixels", learningRate, List.of(IMAGES)));
  }

  @Override
  public NamedTensors variables() {
    return variables;
  }

  /** The variables themselves; they change with the next update. */
  @Override
  public Tensor images(long iteration) {
    return new Tensor(variables.get(IMAGES));
  }

  @Override
  public NamedTensors pullBack(long iteration, Tensor imageGradient) {
    NamedTensors gradients = new NamedTensors();
    gradients.put(IMAGES, new Tensor(imageGradient));
    return gradients;
  }

  @Override
  public void close() {
    variables.close();
  }
}
