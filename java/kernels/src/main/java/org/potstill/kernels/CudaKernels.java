package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The place of the CUDA kernels among the providers. This build binds none, so it is never
 * available and says so; every operation throws {@link KernelUnavailableException}.
 */
public final class CudaKernels implements Kernels {

  private static final String CAUSE = "this build holds no binding of the CUDA kernels";

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public boolean isAvailable() {
    return false;
  }

  @Override
  public String unavailabilityCause() {
    return CAUSE;
  }

  @Override
  public void score(
      Pointer logits,
      LogitType type,
      LongPointer labels,
      long rows,
      long classes,
      ScoreOutputs outputs) {
    throw unavailable();
  }

  @Override
  public void select(
      FloatPointer scores,
      IntPointer classOf,
      long n,
      SelectionOrder order,
      long[] keep,
      LongPointer kept) {
    throw unavailable();
  }

  @Override
  public double featureMean(
      FloatPointer real,
      long[] realOffsets,
      FloatPointer synthetic,
      long[] syntheticOffsets,
      long features,
      double[] perClass,
      FloatPointer gradient) {
    throw unavailable();
  }

  @Override
  public double gradientMatch(
      GradientDistance distance,
      List<long[]> shapes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    throw unavailable();
  }

  @Override
  public double trajectory(
      long[] sizes,
      List<FloatPointer> theta,
      List<FloatPointer> target,
      List<FloatPointer> start,
      List<FloatPointer> gradients) {
    throw unavailable();
  }

  @Override
  public void quantise(
      FloatPointer points,
      long count,
      FloatPointer codebook,
      long codes,
      long width,
      LongPointer indices) {
    throw unavailable();
  }

  @Override
  public void normReluPool(
      NormMaps maps, FloatPointer input, NormState norm, FloatPointer output) {
    throw unavailable();
  }

  @Override
  public void normReluPoolGradient(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer outputGradient,
      NormGradients gradients) {
    throw unavailable();
  }

  private static KernelUnavailableException unavailable() {
    return new KernelUnavailableException("kernel provider 'cuda' is unavailable: " + CAUSE);
  }
}
