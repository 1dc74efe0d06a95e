package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Every operation in plain single-threaded Java with double accumulation: the oracle that the other
 * providers are tested against, and the fallback where no native library runs.
 */
public final class JavaKernels implements Kernels {

  @Override
  public String name() {
    return "java";
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public String unavailabilityCause() {
    return "";
  }

  @Override
  public void score(
      Pointer logits,
      LogitType type,
      LongPointer labels,
      long rows,
      long classes,
      ScoreOutputs outputs) {
    Arguments.score(logits, type, labels, rows, classes, outputs);
    JavaScore.run(logits, type, labels, rows, classes, outputs);
  }

  @Override
  public void select(
      FloatPointer scores,
      IntPointer classOf,
      long n,
      long largestClass,
      SelectionOrder order,
      long[] keep,
      LongPointer kept) {
    long total = Arguments.select(scores, classOf, n, largestClass, order, keep, kept);
    long[] indices = JavaSelect.run(scores, classOf, Math.toIntExact(n), order, keep);
    Buffers.write(indices, kept, Math.toIntExact(total));
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
    Arguments.featureMean(
        real, realOffsets, synthetic, syntheticOffsets, features, perClass, gradient);
    return JavaFeatureMean.run(
        real,
        realOffsets,
        synthetic,
        syntheticOffsets,
        Math.toIntExact(features),
        perClass,
        gradient);
  }

  @Override
  public double gradientMatch(
      GradientDistance distance,
      List<long[]> shapes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    long[] sizes = Arguments.gradientMatch(distance, shapes, real, synthetic, gradients);
    return switch (distance) {
      case LAYERWISE -> JavaGradientMatch.layerwise(shapes, sizes, real, synthetic, gradients);
      case MSE -> JavaGradientMatch.squared(sizes, real, synthetic, gradients);
      case COSINE -> JavaGradientMatch.cosine(sizes, real, synthetic, gradients);
    };
  }

  @Override
  public double trajectory(
      long[] sizes,
      List<FloatPointer> theta,
      List<FloatPointer> target,
      List<FloatPointer> start,
      List<FloatPointer> gradients) {
    Arguments.trajectory(sizes, theta, target, start, gradients);
    return JavaTrajectory.run(sizes, theta, target, start, gradients);
  }

  @Override
  public void sgd(
      SgdRule rule,
      long[] sizes,
      List<FloatPointer> parameters,
      List<FloatPointer> gradients,
      List<FloatPointer> velocities) {
    Arguments.sgd(sizes, parameters, gradients, velocities);
    JavaSgd.run(rule, sizes, parameters, gradients, velocities);
  }

  @Override
  public void quantise(
      FloatPointer points,
      long count,
      FloatPointer codebook,
      long codes,
      long width,
      LongPointer indices) {
    Arguments.quantise(points, count, codebook, codes, width, indices);
    JavaQuantise.run(
        points,
        Math.toIntExact(count),
        codebook,
        Math.toIntExact(codes),
        Math.toIntExact(width),
        indices);
  }

  @Override
  public void convolution(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer output) {
    Arguments.convolution(maps, input, weight, bias, output);
    new JavaConvolution(maps).forward(input, weight, bias, output);
  }

  @Override
  public void convolutionInputGradient(
      ConvolutionMaps maps,
      FloatPointer outputGradient,
      FloatPointer weight,
      FloatPointer inputGradient) {
    Arguments.convolutionInputGradient(maps, outputGradient, weight, inputGradient);
    new JavaConvolution(maps).inputGradient(outputGradient, weight, inputGradient);
  }

  @Override
  public void convolutionWeightGradient(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer outputGradient,
      FloatPointer weightGradient) {
    Arguments.convolution(maps, input, weightGradient, null, outputGradient);
    new JavaConvolution(maps).weightGradient(input, outputGradient, weightGradient);
  }

  @Override
  public void normReluPool(NormMaps maps, FloatPointer input, NormState norm, FloatPointer output) {
    Arguments.normReluPool(maps, input, norm, output);
    new JavaNormReluPool(maps, norm).forward(input, output);
  }

  @Override
  public void normReluPoolGradient(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer outputGradient,
      NormGradients gradients) {
    Arguments.normReluPoolGradient(maps, input, norm, outputGradient, gradients);
    new JavaNormReluPool(maps, norm).backward(input, outputGradient, gradients);
  }

  @Override
  public void normReluPoolTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputTangent) {
    Arguments.normReluPoolTangent(maps, input, norm, tangent, outputTangent);
    new JavaNormTangent(maps, norm, tangent).forward(input, outputTangent);
  }

  @Override
  public void normReluPoolGradientTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputGradient,
      FloatPointer outputGradientTangent,
      NormGradients tangents) {
    Arguments.normReluPoolGradientTangent(
        maps, input, norm, tangent, outputGradient, outputGradientTangent, tangents);
    new JavaNormTangent(maps, norm, tangent)
        .backward(input, outputGradient, outputGradientTangent, tangents);
  }

  @Override
  public void upFirDn(
      FloatPointer input,
      long planes,
      long height,
      long width,
      Resampling resampling,
      FirFilter filter,
      FloatPointer output) {
    Arguments.upFirDn(input, planes, height, width, resampling, filter, output);
    JavaResample.upFirDn(
        input, planes, Math.toIntExact(height), Math.toIntExact(width), resampling, filter, output);
  }

  @Override
  public void filteredLeakyRelu(
      FloatPointer input,
      FloatPointer bias,
      long planes,
      long channels,
      long height,
      long width,
      FilteredActivation activation,
      FloatPointer output) {
    Arguments.filteredLeakyRelu(input, bias, planes, channels, height, width, activation, output);
    JavaResample.filteredLeakyRelu(
        input,
        bias,
        planes,
        channels,
        Math.toIntExact(height),
        Math.toIntExact(width),
        activation,
        output);
  }

  @Override
  public void filteredLeakyReluGradient(
      FloatPointer input,
      FloatPointer bias,
      long planes,
      long channels,
      long height,
      long width,
      FilteredActivation activation,
      FloatPointer gradient,
      FloatPointer inputGradient) {
    Arguments.filteredLeakyRelu(input, bias, planes, channels, height, width, activation, gradient);
    Arguments.filteredLeakyReluGradient(planes, height, width, inputGradient);
    JavaResample.filteredLeakyReluGradient(
        input,
        bias,
        planes,
        channels,
        Math.toIntExact(height),
        Math.toIntExact(width),
        activation,
        gradient,
        inputGradient);
  }
}
