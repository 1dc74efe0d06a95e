package org.potstill.kernels;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Checks of the arguments that every provider shares, so that all of them refuse the same calls
 * with the same words. What only the data can tell (a label out of range) is left to the provider.
 */
final class Arguments {

  private Arguments() {}

  static void score(
      Pointer logits,
      LogitType type,
      LongPointer labels,
      long rows,
      long classes,
      ScoreOutputs outputs) {
    String call = "score(rows=" + rows + ", classes=" + classes + ")";
    require(rows >= 0 && classes >= 0, call, "negative size");
    require(rows == 0 || classes > 0, call, "rows without classes");
    require(type != null && outputs != null, call, "type and outputs must be given");
    // The logits' element size is the caller's word: only buffers of known length are compared.
    holds(call, "logits", logits, product(call, rows, classes, type.bytes()), 1);
    holds(call, "labels", labels, rows, Long.BYTES);
    require(rows == 0 || outputs.loss() != null, call, "loss is null");
    holds(call, "loss", outputs.loss(), rows, Float.BYTES);
    holdsIfGiven(call, "margin", outputs.margin(), rows, Float.BYTES);
    holdsIfGiven(call, "entropy", outputs.entropy(), rows, Float.BYTES);
    holdsIfGiven(call, "el2n", outputs.el2n(), rows, Float.BYTES);
    holdsIfGiven(call, "correct", outputs.correct(), rows, 1);
  }

  /** Returns how many are kept in all. */
  static long select(
      FloatPointer scores,
      IntPointer classOf,
      long n,
      long largestClass,
      SelectionOrder order,
      long[] keep,
      LongPointer kept) {
    String call = "select(n=" + n + ", classes=" + keep.length + ")";
    require(n >= 0 && largestClass >= 0, call, "negative size");
    long most = Math.min(n, largestClass);
    require(order != null, call, "order must be given");
    long total = 0;
    for (int c = 0; c < keep.length; c++) {
      require(keep[c] >= 0, call, "keep[" + c + "] is " + keep[c]);
      require(
          keep[c] <= most, call, "class " + c + " holds fewer than the " + keep[c] + " asked for");
      total += keep[c];
    }
    require(total <= n, call, "keeps " + total + " of " + n);
    holds(call, "scores", scores, n, Float.BYTES);
    holds(call, "classOf", classOf, n, Integer.BYTES);
    holds(call, "kept", kept, total, Long.BYTES);
    return total;
  }

  static void featureMean(
      FloatPointer real,
      long[] realOffsets,
      FloatPointer synthetic,
      long[] syntheticOffsets,
      long features,
      double[] perClass,
      FloatPointer gradient) {
    int classes = realOffsets.length - 1;
    String call = "featureMean(classes=" + classes + ", features=" + features + ")";
    require(classes >= 0, call, "offsets are empty");
    require(realOffsets.length == syntheticOffsets.length, call, "offsets differ in length");
    require(features >= 0, call, "negative size");
    require(perClass == null || perClass.length >= classes, call, "perClass is too short");
    offsets(call, "real", realOffsets);
    offsets(call, "synthetic", syntheticOffsets);
    holds(call, "real", real, product(call, realOffsets[classes], features, 1), Float.BYTES);
    long elements = product(call, syntheticOffsets[classes], features, 1);
    holds(call, "synthetic", synthetic, elements, Float.BYTES);
    holdsIfGiven(call, "gradient", gradient, elements, Float.BYTES);
  }

  /** Returns the elements of every tensor. */
  static long[] gradientMatch(
      GradientDistance distance,
      List<long[]> shapes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    String call = "gradientMatch(" + distance + ", tensors=" + shapes.size() + ")";
    require(distance != null, call, "distance must be given");
    long[] sizes = new long[shapes.size()];
    for (int t = 0; t < sizes.length; t++) {
      sizes[t] = 1;
      for (long extent : shapes.get(t)) {
        require(extent >= 0, call, "shape " + Arrays.toString(shapes.get(t)));
        sizes[t] = product(call, sizes[t], extent, 1);
      }
    }
    list(call, "real", sizes, real);
    list(call, "synthetic", sizes, synthetic);
    if (gradients != null) {
      list(call, "gradients", sizes, gradients);
    }
    return sizes;
  }

  /** Rows that the layer-wise distance compares; 0 for tensors that it leaves out. */
  static long[] countedRows(List<long[]> shapes) {
    long[] rows = new long[shapes.size()];
    for (int t = 0; t < rows.length; t++) {
      long[] shape = shapes.get(t);
      rows[t] = shape.length == 2 || shape.length == 4 ? shape[0] : 0;
    }
    return rows;
  }

  static void trajectory(
      long[] sizes,
      List<FloatPointer> theta,
      List<FloatPointer> target,
      List<FloatPointer> start,
      List<FloatPointer> gradients) {
    String call = "trajectory(tensors=" + sizes.length + ")";
    list(call, "theta", sizes, theta);
    list(call, "target", sizes, target);
    list(call, "start", sizes, start);
    if (gradients != null) {
      list(call, "gradients", sizes, gradients);
    }
  }

  static void sgd(
      long[] sizes,
      List<FloatPointer> parameters,
      List<FloatPointer> gradients,
      List<FloatPointer> velocities) {
    String call = "sgd(tensors=" + sizes.length + ")";
    list(call, "parameters", sizes, parameters);
    list(call, "gradients", sizes, gradients);
    list(call, "velocities", sizes, velocities);
  }

  static void quantise(
      FloatPointer points,
      long count,
      FloatPointer codebook,
      long codes,
      long width,
      LongPointer indices) {
    String call = "quantise(points=" + count + ", codes=" + codes + ", width=" + width + ")";
    require(count >= 0, call, "negative size");
    require(codes >= 1, call, "the codebook is empty");
    require(width >= 1, call, "width must be at least 1");
    holds(call, "points", points, product(call, count, width, Float.BYTES), 1);
    holds(call, "codebook", codebook, product(call, codes, width, Float.BYTES), 1);
    holds(call, "indices", indices, count, Long.BYTES);
  }

  /** Of the operation and of its gradients, which take the place of input or weights. */
  static void convolution(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer output) {
    convolution(maps, input, weight, bias, output, false);
  }

  static void convolutionInputGradient(
      ConvolutionMaps maps,
      FloatPointer outputGradient,
      FloatPointer weight,
      FloatPointer inputGradient) {
    convolution(maps, inputGradient, weight, null, outputGradient, true);
  }

  private static void convolution(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer output,
      boolean ofFewToo) {
    String call = "convolution(" + maps + ")";
    int multiple = ConvolutionMaps.CHANNELS;
    require(maps.images() >= 0, call, "negative size");
    require(
        maps.images() == 0 || (maps.height() >= 1 && maps.width() >= 1),
        call,
        "a map has no position");
    require(
        maps.side() == 3 || maps.side() == 5, call, "squares are neither of 3 x 3 nor of 5 x 5");
    boolean few = ofFewToo && maps.side() == 3 && maps.in() <= ConvolutionMaps.FEW;
    require(
        maps.in() >= 1
            && maps.out() >= 1
            && (maps.in() % multiple == 0 || few)
            && maps.out() % multiple == 0,
        call,
        "channels are not multiples of " + multiple);
    long positions = product(call, maps.images(), maps.height(), maps.width());
    product(call, positions, Math.max(maps.in(), maps.out()), Float.BYTES);
    product(call, maps.in(), maps.out(), maps.taps() * Float.BYTES);
    holds(call, "input", input, maps.inputs(), Float.BYTES);
    holds(call, "weight", weight, maps.weights(), Float.BYTES);
    holdsIfGiven(call, "bias", bias, maps.out(), Float.BYTES);
    holds(call, "output", output, maps.outputs(), Float.BYTES);
  }

  static void normReluPool(NormMaps maps, FloatPointer input, NormState norm, FloatPointer output) {
    norm("normReluPool(" + maps + ")", maps, input, norm, output, "output");
  }

  static void normReluPoolGradient(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer outputGradient,
      NormGradients gradients) {
    String call = "normReluPoolGradient(" + maps + ")";
    norm(call, maps, input, norm, outputGradient, "outputGradient");
    holds(call, "gradient of the input", gradients.input(), maps.elements(), Float.BYTES);
    holds(call, "gradient of the scale", gradients.scale(), maps.channels(), Float.BYTES);
    holds(call, "gradient of the shift", gradients.shift(), maps.channels(), Float.BYTES);
  }

  static void normReluPoolTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputTangent) {
    String call = "normReluPoolTangent(" + maps + ")";
    norm(call, maps, input, norm, outputTangent, "outputTangent");
    tangent(call, maps, tangent);
  }

  static void normReluPoolGradientTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputGradient,
      FloatPointer outputGradientTangent,
      NormGradients tangents) {
    String call = "normReluPoolGradientTangent(" + maps + ")";
    norm(call, maps, input, norm, outputGradient, "outputGradient");
    tangent(call, maps, tangent);
    holds(call, "outputGradientTangent", outputGradientTangent, maps.pooled(), Float.BYTES);
    holds(call, "tangent of the input's gradient", tangents.input(), maps.elements(), Float.BYTES);
    holds(call, "tangent of the scale's gradient", tangents.scale(), maps.channels(), Float.BYTES);
    holds(call, "tangent of the shift's gradient", tangents.shift(), maps.channels(), Float.BYTES);
  }

  private static void tangent(String call, NormMaps maps, NormTangent tangent) {
    require(maps.relu(), call, "without ReLU there are no tangents");
    long perImage = maps.images() * maps.channels();
    holds(call, "tangent of the input", tangent.input(), maps.elements(), Float.BYTES);
    holds(call, "tangent of the scale", tangent.scale(), maps.channels(), Float.BYTES);
    holds(call, "tangent of the shift", tangent.shift(), maps.channels(), Float.BYTES);
    holds(call, "mean of the tangent", tangent.mean(), perImage, Float.BYTES);
    holds(call, "product of the tangent", tangent.product(), perImage, Float.BYTES);
  }

  private static void norm(
      String call,
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer output,
      String outputName) {
    require(maps.window() == 1 || maps.window() == 2, call, "window must be 1 or 2");
    require(maps.images() >= 0 && maps.channels() >= 0, call, "negative size");
    require(
        maps.images() == 0 || (maps.height() >= 1 && maps.width() >= 1),
        call,
        "a map has no position");
    product(call, product(call, maps.images(), maps.height(), maps.width()), maps.channels(), 4);
    holds(call, "input", input, maps.elements(), Float.BYTES);
    holds(call, outputName, output, maps.pooled(), Float.BYTES);
    holds(call, "scale", norm.scale(), maps.channels(), Float.BYTES);
    holds(call, "shift", norm.shift(), maps.channels(), Float.BYTES);
    holds(call, "mean", norm.mean(), maps.images() * maps.channels(), Float.BYTES);
    holds(call, "rstd", norm.rstd(), maps.images() * maps.channels(), Float.BYTES);
  }

  static void upFirDn(
      FloatPointer input,
      long planes,
      long height,
      long width,
      Resampling resampling,
      FirFilter filter,
      FloatPointer output) {
    String call =
        "upFirDn(planes=" + planes + ", height=" + height + ", width=" + width + ", " + resampling;
    call += ")";
    images(call, planes, height, width);
    resampling(call, resampling);
    filter(call, "filter", filter);
    long outHeight = resampling.outHeight(height, filter);
    long outWidth = resampling.outWidth(width, filter);
    require(outHeight >= 1 && outWidth >= 1, call, "no output is left");
    holds(call, "input", input, product(call, planes, height, width), Float.BYTES);
    holds(call, "output", output, product(call, planes, outHeight, outWidth), Float.BYTES);
  }

  /** Also for the gradient, of which {@code output} is the one with respect to the output. */
  static void filteredLeakyRelu(
      FloatPointer input,
      FloatPointer bias,
      long planes,
      long channels,
      long height,
      long width,
      FilteredActivation activation,
      FloatPointer output) {
    String call = "filteredLeakyRelu(planes=" + planes + ", channels=" + channels;
    call += ", height=" + height + ", width=" + width + ", up=" + activation.up();
    call += ", down=" + activation.down() + ")";
    images(call, planes, height, width);
    require(channels >= 1, call, "channels must be at least 1");
    resampling(call, activation.larger());
    resampling(call, activation.smaller());
    filter(call, "upFilter", activation.upFilter());
    filter(call, "downFilter", activation.downFilter());
    require(activation.clamp() >= 0, call, "clamp is negative or NaN");
    long outHeight = activation.outHeight(height);
    long outWidth = activation.outWidth(width);
    require(outHeight >= 1 && outWidth >= 1, call, "no output is left");
    holds(call, "input", input, product(call, planes, height, width), Float.BYTES);
    holdsIfGiven(call, "bias", bias, channels, Float.BYTES);
    holds(call, "output", output, product(call, planes, outHeight, outWidth), Float.BYTES);
  }

  static void filteredLeakyReluGradient(
      long planes, long height, long width, FloatPointer inputGradient) {
    String call = "filteredLeakyReluGradient(planes=" + planes + ")";
    holds(call, "inputGradient", inputGradient, product(call, planes, height, width), Float.BYTES);
  }

  private static void images(String call, long planes, long height, long width) {
    require(planes >= 0, call, "negative size");
    for (long side : new long[] {height, width}) {
      require(side >= 1 && side <= Resampling.MOST_SAMPLES, call, "height and width are 1 to 2^24");
    }
  }

  private static void resampling(String call, Resampling of) {
    for (int factor : new int[] {of.upX(), of.upY(), of.downX(), of.downY()}) {
      require(factor >= 1 && factor <= Resampling.MOST, call, "factors are from 1 to 64");
    }
    for (long side : new long[] {of.left(), of.right(), of.top(), of.bottom()}) {
      require(Math.abs(side) <= Resampling.MOST_SAMPLES, call, "paddings are up to 2^24");
    }
  }

  private static void filter(String call, String name, FirFilter filter) {
    int rows = filter.rows();
    int columns = filter.columns();
    boolean fits = rows >= 0 && columns >= (rows > 0 ? 1 : 0);
    fits &= rows <= FirFilter.MOST_TAPS && columns <= FirFilter.MOST_TAPS;
    require(fits, call, name + " of " + rows + " by " + columns + " taps is out of range");
    holds(call, name, filter.taps(), (long) Math.max(rows, 1) * columns, Float.BYTES);
  }

  private static void list(String call, String name, long[] sizes, List<FloatPointer> buffers) {
    require(
        buffers.size() == sizes.length,
        call,
        name + " has " + buffers.size() + " tensors instead of " + sizes.length);
    for (int t = 0; t < sizes.length; t++) {
      require(sizes[t] >= 0, call, "negative size");
      holds(call, name + "[" + t + "]", buffers.get(t), sizes[t], Float.BYTES);
    }
  }

  private static void offsets(String call, String name, long[] offsets) {
    require(offsets[0] == 0, call, name + " offsets must begin with 0");
    for (int c = 0; c + 1 < offsets.length; c++) {
      require(
          offsets[c] < offsets[c + 1],
          call,
          "class "
              + c
              + " has no "
              + name
              + " row (offsets "
              + offsets[c]
              + ", "
              + offsets[c + 1]
              + ")");
    }
  }

  private static long product(String call, long a, long b, long c) {
    try {
      return Math.multiplyExact(Math.multiplyExact(a, b), c);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(call + ": size is beyond 64 bits", e);
    }
  }

  private static void holds(String call, String name, Pointer buffer, long count, long bytes) {
    if (count > 0) {
      require(buffer != null && !buffer.isNull(), call, name + " is null");
      holdsIfGiven(call, name, buffer, count, bytes);
    }
  }

  private static void holdsIfGiven(
      String call, String name, Pointer buffer, long count, long bytes) {
    if (buffer == null || buffer.limit() == 0) {
      return; // JavaCPP does not know the length of memory that it did not allocate
    }
    long held = (buffer.limit() - buffer.position()) * buffer.sizeof();
    require(
        held / bytes >= count,
        call,
        name + " holds " + held + " bytes, " + count + " elements of " + bytes + " are needed");
  }

  private static void require(boolean holds, String call, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(call + ": " + problem);
    }
  }
}
