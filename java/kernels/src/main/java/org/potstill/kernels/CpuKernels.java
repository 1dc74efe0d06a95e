package org.potstill.kernels;

import java.lang.ref.Reference;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The operations in C++ with AVX2 or AVX-512 chosen at run time and OpenMP. Results do not depend
 * on the thread count. Inside the engine load LibTorch first: the library then shares its OpenMP
 * runtime.
 */
public final class CpuKernels implements Kernels {

  /** POTSTILL_MOST_THREADS. */
  private static final int MOST_THREADS = 1024;

  private final int threads;
  private final CpuLevel level;
  private final String cause;

  /**
   * With the best instruction set of this CPU.
   *
   * @param threads threads that a call may use, at least 1; no more than 1024 are used
   * @throws IllegalArgumentException where {@code threads} is below 1
   */
  public CpuKernels(int threads) {
    this(threads, CpuLevel.AUTO);
  }

  /**
   * With a given instruction set, for tests and comparisons.
   *
   * @param threads threads that a call may use, at least 1; no more than 1024 are used
   * @param level unavailable where this CPU lacks it
   * @throws IllegalArgumentException where {@code threads} is below 1
   */
  public CpuKernels(int threads, CpuLevel level) {
    this(threads, level, cause(level));
  }

  private CpuKernels(int threads, CpuLevel level, String cause) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + ", at least 1 is needed");
    }
    this.threads = Math.min(threads, MOST_THREADS);
    this.level = level;
    this.cause = cause;
  }

  @Override
  public CpuKernels withThreads(int other) {
    return new CpuKernels(other, level, cause);
  }

  private static String cause(CpuLevel level) {
    String cause = NativeLibrary.CPU.load();
    if (!cause.isEmpty()) {
      return cause;
    }
    if (level == CpuLevel.AUTO) {
      return wishIgnored(System.getenv("POTSTILL_CPU"));
    }
    boolean supported = NativeKernels.potstill_level_supported(level.code()) != 0;
    return supported ? "" : "this CPU has no " + level;
  }

  /** The library falls back on the best level where it cannot do as asked; we say so instead. */
  private static String wishIgnored(String wish) {
    CpuLevel taken = CpuLevel.ofCode(NativeKernels.potstill_cpu_level());
    boolean granted = wish == null || taken.name().equalsIgnoreCase(wish);
    return granted
        ? ""
        : "POTSTILL_CPU=" + wish + " is not one of generic, avx2, avx512 that this CPU has";
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public boolean isAvailable() {
    return cause.isEmpty();
  }

  @Override
  public String unavailabilityCause() {
    return cause;
  }

  /**
   * The instruction set in use.
   *
   * @throws KernelUnavailableException where the provider is unavailable
   */
  public CpuLevel level() {
    requireAvailable();
    return level == CpuLevel.AUTO ? CpuLevel.ofCode(NativeKernels.potstill_cpu_level()) : level;
  }

  /**
   * What the kernels were compiled with, such as {@code GCC 12.2.0}. Compilers differ in which sums
   * of products they round once, so in the last bits of results.
   *
   * @throws KernelUnavailableException where the provider is unavailable
   */
  public String compiler() {
    requireAvailable();
    return NativeKernels.potstill_compiler().getString();
  }

  /**
   * The C library of this process, such as {@code glibc 2.36}. The last bits of its exponentials
   * and logarithms differ from version to version.
   *
   * @throws KernelUnavailableException where the provider is unavailable
   */
  public String cLibrary() {
    requireAvailable();
    return NativeKernels.potstill_c_library().getString();
  }

  /** Threads that a call may use. */
  public int threads() {
    return threads;
  }

  @Override
  public void score(
      Pointer logits,
      LogitType type,
      LongPointer labels,
      long rows,
      long classes,
      ScoreOutputs outputs) {
    requireAvailable();
    Arguments.score(logits, type, labels, rows, classes, outputs);
    try {
      check(
          NativeKernels.potstill_score(
              Buffers.bytes(logits, 0),
              AbiCodes.of(type),
              labels,
              rows,
              classes,
              outputs.loss(),
              outputs.margin(),
              outputs.entropy(),
              outputs.el2n(),
              outputs.correct(),
              threads,
              level.code()),
          "rows=" + rows + ", classes=" + classes);
    } finally {
      Reference.reachabilityFence(logits);
    }
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
    requireAvailable();
    Arguments.select(scores, classOf, n, largestClass, order, keep, kept);
    long bytes = NativeKernels.potstill_select_workspace(n, keep.length);
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_select(
              scores,
              classOf,
              n,
              keep.length,
              AbiCodes.of(order),
              keep,
              kept,
              null,
              workspace,
              bytes,
              threads),
          "n=" + n + ", classes=" + keep.length);
    }
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
    requireAvailable();
    Arguments.featureMean(
        real, realOffsets, synthetic, syntheticOffsets, features, perClass, gradient);
    int classes = realOffsets.length - 1;
    long bytes = NativeKernels.potstill_feature_mean_workspace(classes, features);
    double[] loss = new double[1];
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_feature_mean(
              real,
              realOffsets,
              synthetic,
              syntheticOffsets,
              classes,
              features,
              loss,
              perClass,
              gradient,
              workspace,
              bytes,
              threads,
              level.code()),
          "classes=" + classes + ", features=" + features);
    }
    return loss[0];
  }

  @Override
  public double gradientMatch(
      GradientDistance distance,
      List<long[]> shapes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    requireAvailable();
    long[] sizes = Arguments.gradientMatch(distance, shapes, real, synthetic, gradients);
    long[] rows = Arguments.countedRows(shapes);
    int code = AbiCodes.of(distance);
    long bytes = NativeKernels.potstill_gradient_match_workspace(code, sizes.length, rows, sizes);
    double[] loss = new double[1];
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_gradient_match(
              code,
              sizes.length,
              rows,
              sizes,
              Buffers.addresses(real),
              Buffers.addresses(synthetic),
              Buffers.addresses(gradients),
              loss,
              workspace,
              bytes,
              threads,
              level.code()),
          distance + ", tensors=" + sizes.length);
    } finally { // only addresses cross the border: the buffers must outlive the call
      Reference.reachabilityFence(real);
      Reference.reachabilityFence(synthetic);
      Reference.reachabilityFence(gradients);
    }
    return loss[0];
  }

  @Override
  public double trajectory(
      long[] sizes,
      List<FloatPointer> theta,
      List<FloatPointer> target,
      List<FloatPointer> start,
      List<FloatPointer> gradients) {
    requireAvailable();
    Arguments.trajectory(sizes, theta, target, start, gradients);
    long bytes = NativeKernels.potstill_trajectory_workspace(sizes.length, sizes);
    double[] loss = new double[1];
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_trajectory(
              sizes.length,
              sizes,
              Buffers.addresses(theta),
              Buffers.addresses(target),
              Buffers.addresses(start),
              Buffers.addresses(gradients),
              loss,
              workspace,
              bytes,
              threads,
              level.code()),
          "tensors=" + sizes.length);
    } finally {
      Reference.reachabilityFence(theta);
      Reference.reachabilityFence(target);
      Reference.reachabilityFence(start);
      Reference.reachabilityFence(gradients);
    }
    return loss[0];
  }

  @Override
  public void sgd(
      SgdRule rule,
      long[] sizes,
      List<FloatPointer> parameters,
      List<FloatPointer> gradients,
      List<FloatPointer> velocities) {
    requireAvailable();
    Arguments.sgd(sizes, parameters, gradients, velocities);
    long bytes = NativeKernels.potstill_sgd_workspace(sizes.length, sizes);
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_sgd(
              sizes.length,
              sizes,
              Buffers.addresses(parameters),
              Buffers.addresses(gradients),
              Buffers.addresses(velocities),
              rule.rate(),
              rule.momentum(),
              rule.decay(),
              workspace,
              bytes,
              threads,
              level.code()),
          "tensors=" + sizes.length);
    } finally {
      Reference.reachabilityFence(parameters);
      Reference.reachabilityFence(gradients);
      Reference.reachabilityFence(velocities);
    }
  }

  @Override
  public void quantise(
      FloatPointer points,
      long count,
      FloatPointer codebook,
      long codes,
      long width,
      LongPointer indices) {
    requireAvailable();
    Arguments.quantise(points, count, codebook, codes, width, indices);
    long bytes = NativeKernels.potstill_quantise_workspace(codes, width);
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_quantise(
              points,
              count,
              codebook,
              codes,
              width,
              indices,
              workspace,
              bytes,
              threads,
              level.code()),
          "points=" + count + ", codes=" + codes + ", width=" + width);
    }
  }

  @Override
  public void convolution(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer output) {
    requireAvailable();
    Arguments.convolution(maps, input, weight, bias, output);
    convolve(maps, input, maps.in(), weight, false, bias, maps.out(), output);
  }

  @Override
  public void convolutionInputGradient(
      ConvolutionMaps maps,
      FloatPointer outputGradient,
      FloatPointer weight,
      FloatPointer inputGradient) {
    requireAvailable();
    Arguments.convolutionInputGradient(maps, outputGradient, weight, inputGradient);
    convolve(maps, outputGradient, maps.out(), weight, true, null, maps.in(), inputGradient);
  }

  private void convolve(
      ConvolutionMaps maps,
      FloatPointer from,
      long fromChannels,
      FloatPointer weight,
      boolean transposed,
      FloatPointer bias,
      long intoChannels,
      FloatPointer into) {
    long bytes = convolutionWorkspace(maps, fromChannels, intoChannels);
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_convolution(
              from,
              maps.images(),
              maps.height(),
              maps.width(),
              fromChannels,
              weight,
              maps.side(),
              transposed ? 1 : 0,
              bias,
              intoChannels,
              into,
              workspace,
              bytes,
              threads,
              level.code()),
          maps.toString());
    }
  }

  @Override
  public void convolutionWeightGradient(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer outputGradient,
      FloatPointer weightGradient) {
    requireAvailable();
    Arguments.convolution(maps, input, weightGradient, null, outputGradient);
    long bytes = convolutionWorkspace(maps, maps.in(), maps.out());
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_convolution_weight_gradient(
              input,
              maps.images(),
              maps.height(),
              maps.width(),
              maps.in(),
              outputGradient,
              maps.out(),
              maps.side(),
              weightGradient,
              workspace,
              bytes,
              threads,
              level.code()),
          maps.toString());
    }
  }

  private long convolutionWorkspace(ConvolutionMaps maps, long from, long into) {
    return NativeKernels.potstill_convolution_workspace(
        maps.images(), maps.height(), maps.width(), from, into, maps.side(), threads);
  }

  @Override
  public void normReluPool(NormMaps maps, FloatPointer input, NormState norm, FloatPointer output) {
    requireAvailable();
    Arguments.normReluPool(maps, input, norm, output);
    check(
        NativeKernels.potstill_norm_relu_pool(
            input,
            maps.images(),
            maps.height(),
            maps.width(),
            maps.channels(),
            norm.scale(),
            norm.shift(),
            norm.epsilon(),
            maps.window(),
            maps.relu() ? 1 : 0,
            output,
            norm.mean(),
            norm.rstd(),
            threads,
            level.code()),
        maps.toString());
  }

  @Override
  public void normReluPoolGradient(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer outputGradient,
      NormGradients gradients) {
    requireAvailable();
    Arguments.normReluPoolGradient(maps, input, norm, outputGradient, gradients);
    long bytes =
        NativeKernels.potstill_norm_relu_pool_gradient_workspace(maps.images(), maps.channels());
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_norm_relu_pool_gradient(
              input,
              maps.images(),
              maps.height(),
              maps.width(),
              maps.channels(),
              norm.scale(),
              norm.shift(),
              maps.window(),
              maps.relu() ? 1 : 0,
              norm.mean(),
              norm.rstd(),
              outputGradient,
              gradients.input(),
              gradients.scale(),
              gradients.shift(),
              workspace,
              bytes,
              threads,
              level.code()),
          maps.toString());
    }
  }

  @Override
  public void normReluPoolTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputTangent) {
    requireAvailable();
    Arguments.normReluPoolTangent(maps, input, norm, tangent, outputTangent);
    check(
        NativeKernels.potstill_norm_relu_pool_tangent(
            input,
            maps.images(),
            maps.height(),
            maps.width(),
            maps.channels(),
            norm.scale(),
            norm.shift(),
            maps.window(),
            norm.mean(),
            norm.rstd(),
            tangent.input(),
            tangent.scale(),
            tangent.shift(),
            outputTangent,
            tangent.mean(),
            tangent.product(),
            threads,
            level.code()),
        maps.toString());
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
    requireAvailable();
    Arguments.normReluPoolGradientTangent(
        maps, input, norm, tangent, outputGradient, outputGradientTangent, tangents);
    long bytes =
        NativeKernels.potstill_norm_relu_pool_gradient_workspace(maps.images(), maps.channels());
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_norm_relu_pool_gradient_tangent(
              input,
              maps.images(),
              maps.height(),
              maps.width(),
              maps.channels(),
              norm.scale(),
              norm.shift(),
              maps.window(),
              norm.mean(),
              norm.rstd(),
              tangent.input(),
              tangent.scale(),
              tangent.mean(),
              tangent.product(),
              outputGradient,
              outputGradientTangent,
              tangents.input(),
              tangents.scale(),
              tangents.shift(),
              workspace,
              bytes,
              threads,
              level.code()),
          maps.toString());
    }
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
    requireAvailable();
    Arguments.upFirDn(input, planes, height, width, resampling, filter, output);
    int[] up = AbiArrays.up(resampling);
    int[] down = AbiArrays.down(resampling);
    long[] padding = AbiArrays.padding(resampling);
    long bytes =
        NativeKernels.potstill_upfirdn_workspace(
            height, width, up, down, padding, filter.rows(), filter.columns(), threads);
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_upfirdn(
              input,
              planes,
              height,
              width,
              up,
              down,
              padding,
              filter.taps(),
              filter.rows(),
              filter.columns(),
              resampling.flip() ? 1 : 0,
              resampling.gain(),
              output,
              workspace,
              bytes,
              threads,
              level.code()),
          "planes=" + planes + ", height=" + height + ", width=" + width);
    }
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
    requireAvailable();
    Arguments.filteredLeakyRelu(input, bias, planes, channels, height, width, activation, output);
    long[] padding = AbiArrays.padding(activation);
    long bytes = workspaceBytes(height, width, activation, padding);
    FirFilter upFilter = activation.upFilter();
    FirFilter downFilter = activation.downFilter();
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_filtered_lrelu(
              input,
              bias,
              planes,
              channels,
              height,
              width,
              activation.up(),
              activation.down(),
              padding,
              upFilter.taps(),
              upFilter.rows(),
              upFilter.columns(),
              downFilter.taps(),
              downFilter.rows(),
              downFilter.columns(),
              activation.flip() ? 1 : 0,
              activation.gain(),
              activation.slope(),
              activation.clamp(),
              output,
              workspace,
              bytes,
              threads,
              level.code()),
          "planes=" + planes + ", height=" + height + ", width=" + width);
    }
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
    requireAvailable();
    Arguments.filteredLeakyRelu(input, bias, planes, channels, height, width, activation, gradient);
    Arguments.filteredLeakyReluGradient(planes, height, width, inputGradient);
    long[] padding = AbiArrays.padding(activation);
    long bytes = workspaceBytes(height, width, activation, padding);
    FirFilter upFilter = activation.upFilter();
    FirFilter downFilter = activation.downFilter();
    try (BytePointer workspace = workspace(bytes)) {
      check(
          NativeKernels.potstill_filtered_lrelu_gradient(
              input,
              bias,
              planes,
              channels,
              height,
              width,
              activation.up(),
              activation.down(),
              padding,
              upFilter.taps(),
              upFilter.rows(),
              upFilter.columns(),
              downFilter.taps(),
              downFilter.rows(),
              downFilter.columns(),
              activation.flip() ? 1 : 0,
              activation.gain(),
              activation.slope(),
              activation.clamp(),
              gradient,
              inputGradient,
              workspace,
              bytes,
              threads,
              level.code()),
          "planes=" + planes + ", height=" + height + ", width=" + width);
    }
  }

  private long workspaceBytes(long height, long width, FilteredActivation of, long[] padding) {
    return NativeKernels.potstill_filtered_lrelu_workspace(
        height,
        width,
        of.up(),
        of.down(),
        padding,
        of.upFilter().rows(),
        of.upFilter().columns(),
        of.downFilter().rows(),
        of.downFilter().columns(),
        threads);
  }

  private void requireAvailable() {
    if (!cause.isEmpty()) {
      throw new KernelUnavailableException("kernel provider 'cpu' is unavailable: " + cause);
    }
  }

  private static BytePointer workspace(long bytes) {
    return new BytePointer(Math.max(bytes, 1));
  }

  private static void check(int status, String shapes) {
    if (status == NativeKernels.OK) {
      return;
    }
    String message = NativeKernels.potstill_last_error().getString() + " (" + shapes + ")";
    if (status == NativeKernels.INVALID_ARGUMENT) {
      throw new IllegalArgumentException(message);
    }
    throw new KernelException(message);
  }
}
