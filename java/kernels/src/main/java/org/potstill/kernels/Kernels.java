package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The operations that Potstill writes by hand, each over plain row-major buffers that the caller
 * owns: in host memory, or in the memory of the GPU for {@link CudaKernels}.
 *
 * <p>Every provider returns the same results within the tolerances named in its tests. An instance
 * is immutable and safe for use by several threads at once. Sizes are 64-bit.
 */
public interface Kernels {

  /** Short name used in configuration and logs: {@code java}, {@code cpu} or {@code cuda}. */
  String name();

  /** Whether this provider can run here. */
  boolean isAvailable();

  /** Why {@link #isAvailable()} is false, in one line; empty when it is true. */
  String unavailabilityCause();

  /** Whether its buffers lie in the memory of a GPU, not in the host's. */
  default boolean onDevice() {
    return false;
  }

  /**
   * The same kernels with another number of threads, where a call uses several; itself otherwise.
   * Results are the same bits.
   *
   * @param other threads that a call may use, at least 1
   */
  default Kernels withThreads(int other) {
    return this;
  }

  /**
   * Per-sample cross-entropy of logits against labels by log-sum-exp in one pass, {@code loss_i =
   * log(sum_j exp(z_ij)) - z_i,y_i}, and whichever further figures {@code outputs} asks for.
   *
   * @param logits (rows, classes), row-major
   * @param type element type of {@code logits}
   * @param labels (rows), each from 0 to {@code classes - 1}
   * @throws IllegalArgumentException where a label is out of range (CUDA: the row is NaN instead)
   *     or a size is negative
   */
  void score(
      Pointer logits,
      LogitType type,
      LongPointer labels,
      long rows,
      long classes,
      ScoreOutputs outputs);

  /**
   * The best {@code keep[c]} scores of every class in rank order (Algorithm 1 of the pruning
   * paper).
   *
   * <p>The order is stable: ties go to the lower index. NaN ranks as hardest.
   *
   * @param scores (n)
   * @param classOf (n), each from 0 to {@code keep.length - 1}
   * @param keep how many to keep of every class; more than the class holds is an error
   * @param kept (sum of keep), filled with sample indices, class after class, in rank order
   * @throws IllegalArgumentException where a class is out of range or holds fewer than asked for
   *     (CUDA: the places that cannot be filled are -1 instead)
   */
  default void select(
      FloatPointer scores,
      IntPointer classOf,
      long n,
      SelectionOrder order,
      long[] keep,
      LongPointer kept) {
    select(scores, classOf, n, n, order, keep, kept);
  }

  /**
   * The same where the caller knows how large a class is at most: a GPU then sorts classes of up to
   * 4096 members side by side in one launch, not all samples together. Others go by what {@code
   * classOf} says.
   *
   * @param largestClass no class has more members (CUDA: where one has, all its places are -1)
   * @throws IllegalArgumentException where more than {@code largestClass} is to be kept of a class,
   *     too
   */
  void select(
      FloatPointer scores,
      IntPointer classOf,
      long n,
      long largestClass,
      SelectionOrder order,
      long[] keep,
      LongPointer kept);

  /**
   * Distribution matching (Zhao and Bilen 2023, eq. 5): {@code sum_c || mean(real_c) - mean(syn_c)
   * ||^2} and its gradient with respect to the synthetic features.
   *
   * <p>Samples are stored class after class; class {@code c} takes rows {@code offsets[c]} to
   * {@code offsets[c + 1] - 1}. Means and the sum are accumulated in double precision.
   *
   * @param real (realOffsets[classes], features)
   * @param synthetic (syntheticOffsets[classes], features)
   * @param perClass (classes), the loss of every class; may be null
   * @param gradient same shape as {@code synthetic}; may be null
   * @return the loss summed over classes
   * @throws IllegalArgumentException where a class has no real or no synthetic row
   */
  double featureMean(
      FloatPointer real,
      long[] realOffsets,
      FloatPointer synthetic,
      long[] syntheticOffsets,
      long features,
      double[] perClass,
      FloatPointer gradient);

  /**
   * Gradient matching (Zhao, Mopuri and Bilen 2021): the distance of two lists of gradients and its
   * gradient with respect to the synthetic ones.
   *
   * @param shapes the shape of every tensor; {@link GradientDistance#LAYERWISE} reads rows from it
   * @param real one buffer per shape
   * @param synthetic one buffer per shape
   * @param gradients one buffer per shape, overwritten; may be null
   * @return the distance
   */
  double gradientMatch(
      GradientDistance distance,
      List<long[]> shapes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients);

  /**
   * Trajectory matching (Cazenavette et al. 2022, eq. 2): {@code ||theta - target||^2 / ||start -
   * target||^2} over a list of tensors, and its gradient with respect to {@code theta}.
   *
   * @param sizes elements of every tensor
   * @param theta the student's parameters, one buffer per size
   * @param target the expert's parameters after its epochs
   * @param start the expert's parameters before them
   * @param gradients one buffer per size, overwritten; may be null
   * @return the normalised squared distance; NaN where start equals target
   */
  double trajectory(
      long[] sizes,
      List<FloatPointer> theta,
      List<FloatPointer> target,
      List<FloatPointer> start,
      List<FloatPointer> gradients);

  /**
   * A step of stochastic gradient descent with momentum and weight decay over a list of tensors, in
   * place, in one pass. Single precision.
   *
   * @param sizes elements of every tensor
   * @param parameters one buffer per size, moved
   * @param gradients one buffer per size
   * @param velocities one buffer per size, moved; zeros before the first step
   */
  void sgd(
      SgdRule rule,
      long[] sizes,
      List<FloatPointer> parameters,
      List<FloatPointer> gradients,
      List<FloatPointer> velocities);

  /**
   * The nearest vector of a codebook (van den Oord et al. 2017, eq. 1): {@code argmin_k sum_d (x_d
   * - e_kd)^2} for every point, ties to the lower index; a point at no finite distance of any has
   * index 0.
   *
   * @param points (count, width)
   * @param codebook (codes, width), at least one code
   * @param indices (count), filled
   * @throws IllegalArgumentException where a size does not fit
   */
  void quantise(
      FloatPointer points,
      long count,
      FloatPointer codebook,
      long codes,
      long width,
      LongPointer indices);

  /**
   * A convolution (cross-correlation) with squares of 3 x 3 or 5 x 5, stride 1, zeros around every
   * map so that it keeps its size. Where the kernel filters by tiles, a value that is not finite
   * makes NaN of the squares of 4 x 4 that it is in or beside.
   *
   * @param input (images, height, width, in)
   * @param weight (out, in, side, side)
   * @param bias (out); may be null
   * @param output (images, height, width, out), filled
   * @throws IllegalArgumentException where a size does not fit
   */
  void convolution(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer output);

  /**
   * The gradient of {@link #convolution} with respect to the input, which may have few channels:
   * native kernels then sum directly.
   *
   * @param outputGradient as the output
   * @param weight as it was given
   * @param inputGradient as the input, filled
   * @throws IllegalArgumentException where a size does not fit
   */
  void convolutionInputGradient(
      ConvolutionMaps maps,
      FloatPointer outputGradient,
      FloatPointer weight,
      FloatPointer inputGradient);

  /**
   * The gradient of {@link #convolution} with respect to the weights.
   *
   * @param input as it was given
   * @param outputGradient as the output
   * @param weightGradient as the weights, filled
   * @throws IllegalArgumentException where a size does not fit
   */
  void convolutionWeightGradient(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer outputGradient,
      FloatPointer weightGradient);

  /**
   * Instance norm (Ulyanov et al. 2016), ReLU, unless the maps are without, and average pooling in
   * one: the mean over squares of {@code max((x - mean) rstd scale + shift, 0)}, mean and variance
   * over the positions of every image and channel. NaN goes through.
   *
   * @param input (images, height, width, channels)
   * @param norm scale and shift; its mean and rstd are filled
   * @param output (images, height / window, width / window, channels), filled
   * @throws IllegalArgumentException where a size does not fit
   */
  void normReluPool(NormMaps maps, FloatPointer input, NormState norm, FloatPointer output);

  /**
   * The gradients of {@link #normReluPool} with respect to input, scale and shift.
   *
   * @param input as it was given
   * @param norm as it was left
   * @param outputGradient as the output
   * @throws IllegalArgumentException where a size does not fit
   */
  void normReluPoolGradient(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer outputGradient,
      NormGradients gradients);

  /**
   * How the output of {@link #normReluPool} moves with its operands: the product of its Jacobian
   * with a direction.
   *
   * @param input as it was given
   * @param norm as it was left
   * @param tangent the direction; its mean and product are filled
   * @param outputTangent as the output, filled
   * @throws IllegalArgumentException where a size does not fit
   */
  void normReluPoolTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputTangent);

  /**
   * How the gradients of {@link #normReluPool} move with the operands and the gradient of the
   * output: with {@link #normReluPoolTangent} what a gradient needs to be differentiated once more
   * (Pearlmutter, "Fast Exact Multiplication by the Hessian", 1994).
   *
   * @param input as it was given
   * @param norm as it was left
   * @param tangent as it was left
   * @param outputGradient as the output
   * @param outputGradientTangent as the output, the direction in which that gradient moves
   * @param tangents filled with the directions in which the gradients move; that of the input is
   *     none of the other buffers
   * @throws IllegalArgumentException where a size does not fit
   */
  void normReluPoolGradientTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputGradient,
      FloatPointer outputGradientTangent,
      NormGradients tangents);

  /**
   * Upsampling by zeros, padding, filtering and downsampling of images (Karras et al. 2020,
   * appendix): {@code out[o] = gain * sum_t f[t] z[down * o + t - before]}, where {@code z[up * i]
   * = in[i]} and 0 elsewhere, in both directions. A negative padding crops. The gradient with
   * respect to the input is the same operation with {@link Resampling#transposed}.
   *
   * <p>Inserted zeros are not multiplied: a sample that is not finite shows in the outputs whose
   * taps meet it and nowhere else.
   *
   * @param input (planes, height, width)
   * @param output (planes, {@link Resampling#outHeight}, {@link Resampling#outWidth}), filled; not
   *     the input
   * @throws IllegalArgumentException where a size does not fit or no output is left
   */
  void upFirDn(
      FloatPointer input,
      long planes,
      long height,
      long width,
      Resampling resampling,
      FirFilter filter,
      FloatPointer output);

  /**
   * A leaky ReLU between an upsampling and a downsampling filter (Karras et al. 2021, section 3.2):
   * {@code x + bias}; upsampled with gain {@code up^2}; {@code v = gain * (u > 0 ? u : slope * u)},
   * clamped to {@code -clamp .. clamp}; downsampled.
   *
   * @param input (planes, height, width), where plane p is of channel {@code p % channels}
   * @param bias (channels); may be null
   * @param output (planes, {@link FilteredActivation#outHeight}, {@link
   *     FilteredActivation#outWidth}), filled; not the input
   * @throws IllegalArgumentException where a size does not fit or no output is left
   */
  void filteredLeakyRelu(
      FloatPointer input,
      FloatPointer bias,
      long planes,
      long channels,
      long height,
      long width,
      FilteredActivation activation,
      FloatPointer output);

  /**
   * The gradient of {@link #filteredLeakyRelu} with respect to its input; what lies between the
   * filters is computed anew. None passes where {@code |v| > clamp} or v is NaN; elsewhere the
   * factor is {@code gain} where {@code u > 0} and {@code gain * slope} where not. A factor of 0
   * passes nothing either, even of a gradient that is not finite.
   *
   * @param gradient with respect to the output, of its shape
   * @param inputGradient (planes, height, width), filled; neither of the inputs
   * @throws IllegalArgumentException where a size does not fit or no output is left
   */
  void filteredLeakyReluGradient(
      FloatPointer input,
      FloatPointer bias,
      long planes,
      long channels,
      long height,
      long width,
      FilteredActivation activation,
      FloatPointer gradient,
      FloatPointer inputGradient);
}
