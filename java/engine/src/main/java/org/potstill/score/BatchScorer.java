package org.potstill.score;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.LogitType;
import org.potstill.kernels.ScoreOutputs;
import org.potstill.net.Network;
import org.potstill.net.NetworkOutput;
import org.potstill.net.Pass;
import org.potstill.net.ScorerResNet18;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The loss of images under a trained ResNet-18: without gradients, batch norm folded into the
 * convolutions, channels last, cross-entropy by the kernel {@code score}.
 *
 * <p>Owns the folded weights. Used by one thread.
 */
final class BatchScorer implements AutoCloseable {

  private final Network network;
  private final NamedTensors state;
  private final torch.ScalarType type;
  private final Kernels kernels;

  /**
   * A scorer.
   *
   * @param trained state of {@link ScorerResNet18#of}; stays as it is
   * @param channels of the images
   * @param precision of the convolutions: {@code f32} or {@code bf16}
   */
  BatchScorer(NamedTensors trained, int channels, int outputs, String precision, Kernels kernels) {
    network = ScorerResNet18.folded(channels, outputs);
    type = precision.equals("bf16") ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    state = ScorerResNet18.fold(trained, type);
    this.kernels = kernels;
  }

  /**
   * Cross-entropy in nats of every image.
   *
   * @param images (N, C, H, W), normalised, N at least 1
   * @param labels outputs that should be the largest, one per image
   */
  float[] losses(Tensor images, long[] labels) {
    float[] losses = new float[labels.length];
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      NetworkOutput output = network.logits(state, images.to(type), Pass.EVAL);
      output.buffers().close();
      Tensor logits = output.value().contiguous();
      FloatPointer result = new FloatPointer(losses.length);
      kernels.score(
          logits.data_ptr_float(),
          LogitType.FLOAT32,
          Tensors.of(labels, labels.length).data_ptr_long(),
          labels.length,
          network.classes(),
          ScoreOutputs.lossOnly(result));
      result.get(losses);
      return losses;
    }
  }

  @Override
  public void close() {
    state.close();
  }
}
