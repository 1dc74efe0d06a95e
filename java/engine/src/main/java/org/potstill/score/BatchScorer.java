package org.potstill.score;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.NetworkOutput;
import org.potstill.net.Pass;
import org.potstill.net.ScorerResNet18;
import org.potstill.tensor.Download;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.TensorKernels;

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
  private final TensorKernels kernels;
  private final Placement placement;
  private final Precision precision;
  private final RowParts parts = new RowParts(ScoreStage.NAME, ScoreStage.BATCH);

  /**
   * A scorer.
   *
   * @param trained state of {@link ScorerResNet18#of}; stays as it is
   * @param channels of the images
   * @param precision of the convolutions
   * @param placement where it computes
   */
  BatchScorer(
      NamedTensors trained,
      int channels,
      int outputs,
      Precision precision,
      Kernels kernels,
      Placement placement) {
    this(
        ScorerResNet18.folded(channels, outputs).with(kernels),
        trained,
        precision,
        kernels,
        placement);
  }

  /** The same, whose passes are those of {@code folded}. */
  BatchScorer(
      Network folded,
      NamedTensors trained,
      Precision precision,
      Kernels kernels,
      Placement placement) {
    network = folded;
    type = precision == Precision.BF16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    boolean byKernel = placement.isCpu() && type == torch.ScalarType.Float;
    state =
        placement.place(
            ScorerResNet18.fold(
                trained,
                type,
                byKernel ? torch.MemoryFormat.Contiguous : torch.MemoryFormat.ChannelsLast));
    this.placement = placement;
    this.precision = precision;
    this.kernels = new TensorKernels(kernels);
  }

  /** The losses of a batch, which a GPU may still be computing. Used by one thread. */
  static final class Pending implements AutoCloseable {

    private final List<Download> parts = new ArrayList<>();

    private void add(Tensor losses) {
      parts.add(Download.of(losses));
    }

    /** One per image, in nats; waits for them, and not for what was begun since. */
    float[] losses() {
      float[] all = new float[parts.stream().mapToInt(Download::count).sum()];
      int from = 0;
      for (Download part : parts) {
        float[] some = part.read();
        System.arraycopy(some, 0, all, from, some.length);
        from += some.length;
      }
      return all;
    }

    @Override
    public void close() {
      parts.forEach(Download::close);
    }
  }

  /** The images of a batch. */
  interface Images {

    /** Those from {@code from} to {@code to - 1}, (N, C, H, W), normalised, in any place. */
    Tensor of(int from, int to);
  }

  /**
   * Cross-entropy in nats of every image.
   *
   * @param images asked for in parts where not all fit the memory of a GPU
   * @param labels outputs that should be the largest, one per image, at least one
   */
  float[] losses(Images images, long[] labels) {
    try (Pending pending = start(images, labels)) {
      return pending.losses();
    }
  }

  /**
   * The same, begun: on a GPU the host may go on to the next batch.
   *
   * @param images read when this returns
   */
  Pending start(Images images, long[] labels) {
    Pending pending = new Pending();
    try {
      parts.run(
          labels.length,
          (from, to) -> {
            try (PointerScope scope = new PointerScope()) {
              pending.add(part(images.of(from, to), labels, from, to));
            }
          });
      return pending;
    } catch (RuntimeException e) {
      pending.close();
      throw e;
    }
  }

  private Tensor part(Tensor images, long[] labels, int from, int to) {
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor input = placement.place(images).to(type);
      NetworkOutput output;
      // The folded weights are in bfloat16 where that is wanted, the last layer never is.
      try (Precision.Scope computing =
          (precision == Precision.TF32 ? precision : Precision.F32).on(input)) {
        output = network.logits(state, input, Pass.EVAL);
      }
      output.buffers().close();
      return kernels.losses(output.value().contiguous(), Arrays.copyOfRange(labels, from, to));
    }
  }

  @Override
  public void close() {
    state.close();
  }
}
