package org.potstill.kernels;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The C ABI of {@code cuda-kernels/include/potstill_cuda.h}, function by function; the header says
 * what each does and which buffers lie in memory of the device. Pointers to those are never read
 * here. {@link NativeLibrary#CUDA} loads it.
 */
@Platform(include = "potstill_cuda.h", link = "potstill_cuda")
final class CudaNative {

  static final int ABI_VERSION = 5;
  static final int OK = 0;
  static final int INVALID_ARGUMENT = 1;
  static final int UNAVAILABLE = 2;

  private CudaNative() {}

  static native int potstill_cuda_abi_version();

  static native @Cast("const char*") BytePointer potstill_cuda_last_error();

  static native int potstill_cuda_available(int device);

  static native int potstill_cuda_allocate(
      @Cast("int64_t") long bytes,
      @Cast("void**") PointerPointer<Pointer> memory,
      int device,
      Pointer stream);

  static native int potstill_cuda_release(Pointer memory, int device, Pointer stream);

  static native int potstill_cuda_copy(
      Pointer to,
      @Cast("const void*") Pointer from,
      @Cast("int64_t") long bytes,
      int device,
      Pointer stream);

  static native int potstill_cuda_score(
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
      int device,
      Pointer stream);

  static native @Cast("int64_t") long potstill_cuda_select_workspace(
      @Cast("int64_t") long n,
      @Cast("int64_t") long classes,
      @Cast("int64_t") long largestClass,
      int device);

  static native int potstill_cuda_select(
      @Cast("const float*") FloatPointer scores,
      @Cast("const int32_t*") IntPointer classOf,
      @Cast("int64_t") long n,
      @Cast("int64_t") long classes,
      @Cast("int64_t") long largestClass,
      int order,
      @Cast("const int64_t*") long[] keep,
      @Cast("int64_t*") LongPointer kept,
      @Cast("int64_t*") LongPointer offsets,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int device,
      Pointer stream);

  static native @Cast("int64_t") long potstill_cuda_feature_mean_workspace(
      @Cast("int64_t") long classes, @Cast("int64_t") long features);

  static native int potstill_cuda_feature_mean(
      @Cast("const float*") FloatPointer real,
      @Cast("const int64_t*") long[] realOffsets,
      @Cast("const float*") FloatPointer synthetic,
      @Cast("const int64_t*") long[] syntheticOffsets,
      @Cast("int64_t") long classes,
      @Cast("int64_t") long features,
      @Cast("double*") Pointer loss,
      @Cast("double*") Pointer perClass,
      FloatPointer gradient,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int device,
      Pointer stream);

  static native @Cast("int64_t") long potstill_cuda_gradient_match_workspace(
      int distance,
      @Cast("int64_t") long count,
      @Cast("const int64_t*") long[] rows,
      @Cast("const int64_t*") long[] sizes);

  static native int potstill_cuda_gradient_match(
      int distance,
      @Cast("int64_t") long count,
      @Cast("const int64_t*") long[] rows,
      @Cast("const int64_t*") long[] sizes,
      @Cast("const float* const*") long[] real,
      @Cast("const float* const*") long[] synthetic,
      @Cast("float* const*") long[] gradients,
      @Cast("double*") Pointer loss,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int device,
      Pointer stream);

  static native @Cast("int64_t") long potstill_cuda_trajectory_workspace(
      @Cast("int64_t") long count, @Cast("const int64_t*") long[] sizes);

  static native int potstill_cuda_trajectory(
      @Cast("int64_t") long count,
      @Cast("const int64_t*") long[] sizes,
      @Cast("const float* const*") long[] theta,
      @Cast("const float* const*") long[] target,
      @Cast("const float* const*") long[] start,
      @Cast("float* const*") long[] gradients,
      @Cast("double*") Pointer loss,
      Pointer workspace,
      @Cast("int64_t") long workspaceBytes,
      int device,
      Pointer stream);

  static native int potstill_cuda_quantise(
      @Cast("const float*") FloatPointer points,
      @Cast("int64_t") long count,
      @Cast("const float*") FloatPointer codebook,
      @Cast("int64_t") long codes,
      @Cast("int64_t") long width,
      @Cast("int64_t*") LongPointer indices,
      int device,
      Pointer stream);

  static native int potstill_cuda_upfirdn(
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
      int device,
      Pointer stream);

  static native int potstill_cuda_filtered_lrelu(
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
      int device,
      Pointer stream);

  static native int potstill_cuda_filtered_lrelu_gradient(
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
      int device,
      Pointer stream);
}
