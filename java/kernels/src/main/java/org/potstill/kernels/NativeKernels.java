package org.potstill.kernels;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The C ABI of {@code native/include/potstill_kernels.h}, function by function; the header says
 * what each does. Lists of tensors cross as arrays of addresses. {@link NativeLibrary} loads it.
 */
@Platform(include = "potstill_kernels.h", link = "potstill_kernels")
final class NativeKernels {

  static final int ABI_VERSION = 11;
  static final int OK = 0;
  static final int INVALID_ARGUMENT = 1;

  private NativeKernels() {}

  static native int potstill_abi_version();

  static native @Cast("const char*") BytePointer potstill_last_error();

  static native int potstill_cpu_level();

  static native int potstill_level_supported(int level);

  static native @Cast("const char*") BytePointer potstill_compiler();

  static native @Cast("const char*") BytePointer potstill_c_library();

  static native int potstill_score(
      @Cast("const void*") Pointer logits,
      int type,
      @Cast("const int64_t*") LongPointer labels,
      @Cast("int64_t") long rows,
      @Cast("int64_t") long classes,
      FloatPointer loss,
      FloatPointer margin,
      FloatPointer entropy,
      FloatPointer el2n,
      @Cast("int8_t*") BytePointer correct,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_select_workspace(
      @Cast("int64_t") long n, @Cast("int64_t") long classes);

  static native int potstill_select(
      @Cast("const float*") FloatPointer scores,
      @Cast("const int32_t*") IntPointer classOf,
      @Cast("int64_t") long n,
      @Cast("int64_t") long classes,
      int order,
      @Cast("const int64_t*") long[] keep,
      @Cast("int64_t*") LongPointer kept,
      @Cast("int64_t*") long[] offsets,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads);

  static native @Cast("int64_t") long potstill_feature_mean_workspace(
      @Cast("int64_t") long classes, @Cast("int64_t") long features);

  static native int potstill_feature_mean(
      @Cast("const float*") FloatPointer real,
      @Cast("const int64_t*") long[] realOffsets,
      @Cast("const float*") FloatPointer synthetic,
      @Cast("const int64_t*") long[] syntheticOffsets,
      @Cast("int64_t") long classes,
      @Cast("int64_t") long features,
      double[] loss,
      double[] perClass,
      FloatPointer gradient,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_gradient_match_workspace(
      int distance,
      @Cast("int64_t") long count,
      @Cast("const int64_t*") long[] rows,
      @Cast("const int64_t*") long[] sizes);

  static native int potstill_gradient_match(
      int distance,
      @Cast("int64_t") long count,
      @Cast("const int64_t*") long[] rows,
      @Cast("const int64_t*") long[] sizes,
      @Cast("const float* const*") long[] real,
      @Cast("const float* const*") long[] synthetic,
      @Cast("float* const*") long[] gradients,
      double[] loss,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_trajectory_workspace(
      @Cast("int64_t") long count, @Cast("const int64_t*") long[] sizes);

  static native int potstill_trajectory(
      @Cast("int64_t") long count,
      @Cast("const int64_t*") long[] sizes,
      @Cast("const float* const*") long[] theta,
      @Cast("const float* const*") long[] target,
      @Cast("const float* const*") long[] start,
      @Cast("float* const*") long[] gradients,
      double[] loss,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_sgd_workspace(
      @Cast("int64_t") long count, @Cast("const int64_t*") long[] sizes);

  static native int potstill_sgd(
      @Cast("int64_t") long count,
      @Cast("const int64_t*") long[] sizes,
      @Cast("float* const*") long[] parameters,
      @Cast("const float* const*") long[] gradients,
      @Cast("float* const*") long[] velocities,
      double rate,
      double momentum,
      double decay,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_quantise_workspace(
      @Cast("int64_t") long codes, @Cast("int64_t") long width);

  static native int potstill_quantise(
      @Cast("const float*") FloatPointer points,
      @Cast("int64_t") long count,
      @Cast("const float*") FloatPointer codebook,
      @Cast("int64_t") long codes,
      @Cast("int64_t") long width,
      @Cast("int64_t*") LongPointer indices,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_convolution_workspace(
      @Cast("int64_t") long images,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("int64_t") long in,
      @Cast("int64_t") long out,
      @Cast("int64_t") long side,
      int threads);

  static native int potstill_convolution(
      @Cast("const float*") FloatPointer x,
      @Cast("int64_t") long images,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("int64_t") long in,
      @Cast("const float*") FloatPointer weight,
      @Cast("int64_t") long side,
      int transposed,
      @Cast("const float*") FloatPointer bias,
      @Cast("int64_t") long out,
      FloatPointer y,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native int potstill_convolution_weight_gradient(
      @Cast("const float*") FloatPointer x,
      @Cast("int64_t") long images,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("int64_t") long in,
      @Cast("const float*") FloatPointer yGradient,
      @Cast("int64_t") long out,
      @Cast("int64_t") long side,
      FloatPointer weightGradient,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native int potstill_norm_relu_pool(
      @Cast("const float*") FloatPointer x,
      @Cast("int64_t") long images,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("int64_t") long channels,
      @Cast("const float*") FloatPointer scale,
      @Cast("const float*") FloatPointer shift,
      float epsilon,
      int window,
      int relu,
      FloatPointer out,
      FloatPointer mean,
      FloatPointer rstd,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_norm_relu_pool_gradient_workspace(
      @Cast("int64_t") long images, @Cast("int64_t") long channels);

  static native int potstill_norm_relu_pool_gradient(
      @Cast("const float*") FloatPointer x,
      @Cast("int64_t") long images,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("int64_t") long channels,
      @Cast("const float*") FloatPointer scale,
      @Cast("const float*") FloatPointer shift,
      int window,
      int relu,
      @Cast("const float*") FloatPointer mean,
      @Cast("const float*") FloatPointer rstd,
      @Cast("const float*") FloatPointer outGradient,
      FloatPointer xGradient,
      FloatPointer scaleGradient,
      FloatPointer shiftGradient,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native int potstill_norm_relu_pool_tangent(
      @Cast("const float*") FloatPointer x,
      @Cast("int64_t") long images,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("int64_t") long channels,
      @Cast("const float*") FloatPointer scale,
      @Cast("const float*") FloatPointer shift,
      int window,
      @Cast("const float*") FloatPointer mean,
      @Cast("const float*") FloatPointer rstd,
      @Cast("const float*") FloatPointer xTangent,
      @Cast("const float*") FloatPointer scaleTangent,
      @Cast("const float*") FloatPointer shiftTangent,
      FloatPointer outTangent,
      FloatPointer xMean,
      FloatPointer xProduct,
      int threads,
      int level);

  static native int potstill_norm_relu_pool_gradient_tangent(
      @Cast("const float*") FloatPointer x,
      @Cast("int64_t") long images,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("int64_t") long channels,
      @Cast("const float*") FloatPointer scale,
      @Cast("const float*") FloatPointer shift,
      int window,
      @Cast("const float*") FloatPointer mean,
      @Cast("const float*") FloatPointer rstd,
      @Cast("const float*") FloatPointer xTangent,
      @Cast("const float*") FloatPointer scaleTangent,
      @Cast("const float*") FloatPointer xMean,
      @Cast("const float*") FloatPointer xProduct,
      @Cast("const float*") FloatPointer outGradient,
      @Cast("const float*") FloatPointer outGradientTangent,
      FloatPointer xGradientTangent,
      FloatPointer scaleGradientTangent,
      FloatPointer shiftGradientTangent,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_upfirdn_workspace(
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("const int32_t*") int[] up,
      @Cast("const int32_t*") int[] down,
      @Cast("const int64_t*") long[] padding,
      @Cast("int64_t") long rows,
      @Cast("int64_t") long columns,
      int threads);

  static native int potstill_upfirdn(
      @Cast("const float*") FloatPointer input,
      @Cast("int64_t") long planes,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      @Cast("const int32_t*") int[] up,
      @Cast("const int32_t*") int[] down,
      @Cast("const int64_t*") long[] padding,
      @Cast("const float*") FloatPointer filter,
      @Cast("int64_t") long rows,
      @Cast("int64_t") long columns,
      int flip,
      double gain,
      FloatPointer output,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native @Cast("int64_t") long potstill_filtered_lrelu_workspace(
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      int up,
      int down,
      @Cast("const int64_t*") long[] padding,
      @Cast("int64_t") long upRows,
      @Cast("int64_t") long upColumns,
      @Cast("int64_t") long downRows,
      @Cast("int64_t") long downColumns,
      int threads);

  static native int potstill_filtered_lrelu(
      @Cast("const float*") FloatPointer input,
      @Cast("const float*") FloatPointer bias,
      @Cast("int64_t") long planes,
      @Cast("int64_t") long channels,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      int up,
      int down,
      @Cast("const int64_t*") long[] padding,
      @Cast("const float*") FloatPointer upFilter,
      @Cast("int64_t") long upRows,
      @Cast("int64_t") long upColumns,
      @Cast("const float*") FloatPointer downFilter,
      @Cast("int64_t") long downRows,
      @Cast("int64_t") long downColumns,
      int flip,
      double gain,
      double slope,
      double clamp,
      FloatPointer output,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native int potstill_filtered_lrelu_gradient(
      @Cast("const float*") FloatPointer input,
      @Cast("const float*") FloatPointer bias,
      @Cast("int64_t") long planes,
      @Cast("int64_t") long channels,
      @Cast("int64_t") long height,
      @Cast("int64_t") long width,
      int up,
      int down,
      @Cast("const int64_t*") long[] padding,
      @Cast("const float*") FloatPointer upFilter,
      @Cast("int64_t") long upRows,
      @Cast("int64_t") long upColumns,
      @Cast("const float*") FloatPointer downFilter,
      @Cast("int64_t") long downRows,
      @Cast("int64_t") long downColumns,
      int flip,
      double gain,
      double slope,
      double clamp,
      @Cast("const float*") FloatPointer gradient,
      FloatPointer inputGradient,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int threads,
      int level);

  static native int potstill_keep_freed_memory();

  static native void potstill_give_back_memory();
}
