package org.potstill.kernels;

import java.lang.ref.Reference;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The operations in CUDA, on buffers in the memory of a GPU: every {@link Pointer} that is handed
 * over is one of the device's, arrays and lists are the host's. Work is queued on the stream of the
 * {@link CudaQueue}; an operation that returns a loss waits for it, the others for nothing.
 */
public final class CudaKernels extends UnwrittenForGpus {

  private final CudaQueue queue;
  private final String cause;

  /**
   * On the device and the stream of {@code queue}.
   *
   * @param queue asked at every call
   */
  public CudaKernels(CudaQueue queue) {
    this.queue = queue;
    this.cause = cause(queue.device());
  }

  private static String cause(int device) {
    String cause = NativeLibrary.CUDA.load();
    if (!cause.isEmpty() || CudaNative.potstill_cuda_available(device) == CudaNative.OK) {
      return cause;
    }
    String message = CudaNative.potstill_cuda_last_error().getString();
    return message.substring(message.indexOf(':') + 1).strip();
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public boolean isAvailable() {
    return cause.isEmpty();
  }

  @Override
  public String unavailabilityCause() {
    return cause;
  }

  @Override
  public boolean onDevice() {
    return true;
  }

  /** Where it works. */
  public CudaQueue queue() {
    return queue;
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
          CudaNative.potstill_cuda_score(
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
              queue.device(),
              queue.stream()),
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
    String shapes = "n=" + n + ", classes=" + keep.length;
    long largest = Math.min(n, largestClass);
    int device = queue.device();
    long bytes =
        size(CudaNative.potstill_cuda_select_workspace(n, keep.length, largest, device), shapes);
    try (CudaQueue.Memory workspace = queue.allocate(bytes)) {
      check(
          CudaNative.potstill_cuda_select(
              scores,
              classOf,
              n,
              keep.length,
              largest,
              AbiCodes.of(order),
              keep,
              kept,
              null,
              workspace.pointer(),
              bytes,
              device,
              queue.stream()),
          shapes);
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
    String shapes = "classes=" + classes + ", features=" + features;
    long bytes = size(CudaNative.potstill_cuda_feature_mean_workspace(classes, features), shapes);
    try (CudaResults results = new CudaResults(queue, 1 + classes, bytes)) {
      check(
          CudaNative.potstill_cuda_feature_mean(
              real,
              realOffsets,
              synthetic,
              syntheticOffsets,
              classes,
              features,
              results.value(0),
              perClass == null ? null : results.value(1),
              gradient,
              results.workspace(),
              bytes,
              queue.device(),
              queue.stream()),
          shapes);
      double[] values = results.read(perClass == null ? 1 : 1 + classes);
      if (perClass != null) {
        System.arraycopy(values, 1, perClass, 0, classes);
      }
      return values[0];
    }
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
    String call = distance + ", tensors=" + sizes.length;
    long bytes =
        size(
            CudaNative.potstill_cuda_gradient_match_workspace(code, sizes.length, rows, sizes),
            call);
    try (CudaResults results = new CudaResults(queue, 1, bytes)) {
      check(
          CudaNative.potstill_cuda_gradient_match(
              code,
              sizes.length,
              rows,
              sizes,
              Buffers.addresses(real),
              Buffers.addresses(synthetic),
              Buffers.addresses(gradients),
              results.value(0),
              results.workspace(),
              bytes,
              queue.device(),
              queue.stream()),
          call);
      return results.read(1)[0];
    } finally { // only addresses cross the border: the buffers must outlive the call
      Reference.reachabilityFence(real);
      Reference.reachabilityFence(synthetic);
      Reference.reachabilityFence(gradients);
    }
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
    String call = "tensors=" + sizes.length;
    long bytes = size(CudaNative.potstill_cuda_trajectory_workspace(sizes.length, sizes), call);
    try (CudaResults results = new CudaResults(queue, 1, bytes)) {
      check(
          CudaNative.potstill_cuda_trajectory(
              sizes.length,
              sizes,
              Buffers.addresses(theta),
              Buffers.addresses(target),
              Buffers.addresses(start),
              Buffers.addresses(gradients),
              results.value(0),
              results.workspace(),
              bytes,
              queue.device(),
              queue.stream()),
          call);
      return results.read(1)[0];
    } finally {
      Reference.reachabilityFence(theta);
      Reference.reachabilityFence(target);
      Reference.reachabilityFence(start);
      Reference.reachabilityFence(gradients);
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
    check(
        CudaNative.potstill_cuda_quantise(
            points, count, codebook, codes, width, indices, queue.device(), queue.stream()),
        "points=" + count + ", codes=" + codes + ", width=" + width);
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
    check(
        CudaNative.potstill_cuda_upfirdn(
            input,
            planes,
            height,
            width,
            AbiArrays.up(resampling),
            AbiArrays.down(resampling),
            AbiArrays.padding(resampling),
            filter.taps(),
            filter.rows(),
            filter.columns(),
            resampling.flip() ? 1 : 0,
            resampling.gain(),
            output,
            queue.device(),
            queue.stream()),
        images(planes, height, width));
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
    check(
        CudaNative.potstill_cuda_filtered_lrelu(
            input,
            bias,
            planes,
            channels,
            height,
            width,
            activation.up(),
            activation.down(),
            AbiArrays.padding(activation),
            activation.upFilter().taps(),
            activation.upFilter().rows(),
            activation.upFilter().columns(),
            activation.downFilter().taps(),
            activation.downFilter().rows(),
            activation.downFilter().columns(),
            activation.flip() ? 1 : 0,
            activation.gain(),
            activation.slope(),
            activation.clamp(),
            output,
            queue.device(),
            queue.stream()),
        images(planes, height, width));
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
    check(
        CudaNative.potstill_cuda_filtered_lrelu_gradient(
            input,
            bias,
            planes,
            channels,
            height,
            width,
            activation.up(),
            activation.down(),
            AbiArrays.padding(activation),
            activation.upFilter().taps(),
            activation.upFilter().rows(),
            activation.upFilter().columns(),
            activation.downFilter().taps(),
            activation.downFilter().rows(),
            activation.downFilter().columns(),
            activation.flip() ? 1 : 0,
            activation.gain(),
            activation.slope(),
            activation.clamp(),
            gradient,
            inputGradient,
            queue.device(),
            queue.stream()),
        images(planes, height, width));
  }

  private static String images(long planes, long height, long width) {
    return "planes=" + planes + ", height=" + height + ", width=" + width;
  }

  private void requireAvailable() {
    if (!cause.isEmpty()) {
      throw new KernelUnavailableException("kernel provider 'cuda' is unavailable: " + cause);
    }
  }

  /** The size that a query returned. */
  private static long size(long bytes, String shapes) {
    if (bytes < 0) {
      throw new IllegalArgumentException(lastError(shapes));
    }
    return bytes;
  }

  /** Throws what the status of a call stands for. */
  static void check(int status, String shapes) {
    switch (status) {
      case CudaNative.OK -> {}
      case CudaNative.INVALID_ARGUMENT -> throw new IllegalArgumentException(lastError(shapes));
      case CudaNative.UNAVAILABLE -> throw new KernelUnavailableException(lastError(shapes));
      default -> throw new KernelException(lastError(shapes));
    }
  }

  private static String lastError(String shapes) {
    return CudaNative.potstill_cuda_last_error().getString() + " (" + shapes + ")";
  }
}
