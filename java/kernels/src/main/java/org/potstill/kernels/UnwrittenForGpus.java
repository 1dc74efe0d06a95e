package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/**
 * What there is no CUDA kernel for, since LibTorch's operators serve on a GPU: every operation here
 * throws an {@link UnsupportedOperationException}.
 */
abstract class UnwrittenForGpus implements Kernels {

  @Override
  public final void sgd(
      SgdRule rule,
      long[] sizes,
      List<FloatPointer> parameters,
      List<FloatPointer> gradients,
      List<FloatPointer> velocities) {
    throw unwritten("sgd");
  }

  @Override
  public final void convolution(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer output) {
    throw unwritten("convolution");
  }

  @Override
  public final void convolutionInputGradient(
      ConvolutionMaps maps,
      FloatPointer outputGradient,
      FloatPointer weight,
      FloatPointer inputGradient) {
    throw unwritten("convolutionInputGradient");
  }

  @Override
  public final void convolutionWeightGradient(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer outputGradient,
      FloatPointer weightGradient) {
    throw unwritten("convolutionWeightGradient");
  }

  @Override
  public final void normReluPool(
      NormMaps maps, FloatPointer input, NormState norm, FloatPointer output) {
    throw unwritten("normReluPool");
  }

  @Override
  public final void normReluPoolGradient(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer outputGradient,
      NormGradients gradients) {
    throw unwritten("normReluPoolGradient");
  }

  @Override
  public final void normReluPoolTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputTangent) {
    throw unwritten("normReluPoolTangent");
  }

  @Override
  public final void normReluPoolGradientTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputGradient,
      FloatPointer outputGradientTangent,
      NormGradients tangents) {
    throw unwritten("normReluPoolGradientTangent");
  }

  private static UnsupportedOperationException unwritten(String operation) {
    return new UnsupportedOperationException("the CUDA kernels have no " + operation);
  }
}
