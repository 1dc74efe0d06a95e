package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Lets the cases of all providers, whose buffers are the host's, run on {@link CudaKernels}: copies
 * the buffers to the device and what was written back. On the device, a buffer begins one element
 * past an aligned address and has a guard on both sides, which a call must leave alone.
 */
final class DeviceCopies implements Kernels {

  private static final byte GUARD = 0x5A;
  private static final int MARGIN = 64;

  private final CudaKernels kernels;

  DeviceCopies(CudaKernels kernels) {
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return kernels.name();
  }

  @Override
  public boolean isAvailable() {
    return kernels.isAvailable();
  }

  @Override
  public String unavailabilityCause() {
    return kernels.unavailabilityCause();
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
    try (Copies copies = new Copies()) {
      ScoreOutputs onDevice =
          new ScoreOutputs(
              copies.out(outputs.loss(), rows),
              copies.out(outputs.margin(), rows),
              copies.out(outputs.entropy(), rows),
              copies.out(outputs.el2n(), rows),
              outputs.correct() == null
                  ? null
                  : new BytePointer(copies.add(outputs.correct(), rows, 1, true)));
      kernels.score(
          copies.add(logits, rows * classes * type.bytes(), type.bytes(), false),
          type,
          new LongPointer(copies.add(labels, rows * Long.BYTES, Long.BYTES, false)),
          rows,
          classes,
          onDevice);
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
    long total = Arguments.select(scores, classOf, n, largestClass, order, keep, kept);
    try (Copies copies = new Copies()) {
      kernels.select(
          copies.in(scores, n),
          new IntPointer(copies.add(classOf, n * Integer.BYTES, Integer.BYTES, false)),
          n,
          largestClass,
          order,
          keep,
          new LongPointer(copies.add(kept, total * Long.BYTES, Long.BYTES, true)));
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
    long rows = syntheticOffsets[syntheticOffsets.length - 1];
    try (Copies copies = new Copies()) {
      return kernels.featureMean(
          copies.in(real, realOffsets[realOffsets.length - 1] * features),
          realOffsets,
          copies.in(synthetic, rows * features),
          syntheticOffsets,
          features,
          perClass,
          copies.out(gradient, rows * features));
    }
  }

  @Override
  public double gradientMatch(
      GradientDistance distance,
      List<long[]> shapes,
      List<FloatPointer> real,
      List<FloatPointer> synthetic,
      List<FloatPointer> gradients) {
    long[] sizes = Arguments.gradientMatch(distance, shapes, real, synthetic, gradients);
    try (Copies copies = new Copies()) {
      return kernels.gradientMatch(
          distance,
          shapes,
          copies.in(real, sizes),
          copies.in(synthetic, sizes),
          copies.out(gradients, sizes));
    }
  }

  @Override
  public double trajectory(
      long[] sizes,
      List<FloatPointer> theta,
      List<FloatPointer> target,
      List<FloatPointer> start,
      List<FloatPointer> gradients) {
    Arguments.trajectory(sizes, theta, target, start, gradients);
    try (Copies copies = new Copies()) {
      return kernels.trajectory(
          sizes,
          copies.in(theta, sizes),
          copies.in(target, sizes),
          copies.in(start, sizes),
          copies.out(gradients, sizes));
    }
  }

  @Override
  public void sgd(
      SgdRule rule,
      long[] sizes,
      List<FloatPointer> parameters,
      List<FloatPointer> gradients,
      List<FloatPointer> velocities) {
    kernels.sgd(rule, sizes, parameters, gradients, velocities);
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
    try (Copies copies = new Copies()) {
      kernels.quantise(
          copies.in(points, count * width),
          count,
          copies.in(codebook, codes * width),
          codes,
          width,
          new LongPointer(copies.add(indices, count * Long.BYTES, Long.BYTES, true)));
    }
  }

  @Override
  public void convolution(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer weight,
      FloatPointer bias,
      FloatPointer output) {
    kernels.convolution(maps, input, weight, bias, output);
  }

  @Override
  public void convolutionInputGradient(
      ConvolutionMaps maps,
      FloatPointer outputGradient,
      FloatPointer weight,
      FloatPointer inputGradient) {
    kernels.convolutionInputGradient(maps, outputGradient, weight, inputGradient);
  }

  @Override
  public void convolutionWeightGradient(
      ConvolutionMaps maps,
      FloatPointer input,
      FloatPointer outputGradient,
      FloatPointer weightGradient) {
    kernels.convolutionWeightGradient(maps, input, outputGradient, weightGradient);
  }

  @Override
  public void normReluPool(NormMaps maps, FloatPointer input, NormState norm, FloatPointer output) {
    kernels.normReluPool(maps, input, norm, output);
  }

  @Override
  public void normReluPoolGradient(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      FloatPointer outputGradient,
      NormGradients gradients) {
    kernels.normReluPoolGradient(maps, input, norm, outputGradient, gradients);
  }

  @Override
  public void normReluPoolTangent(
      NormMaps maps,
      FloatPointer input,
      NormState norm,
      NormTangent tangent,
      FloatPointer outputTangent) {
    kernels.normReluPoolTangent(maps, input, norm, tangent, outputTangent);
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
    kernels.normReluPoolGradientTangent(
        maps, input, norm, tangent, outputGradient, outputGradientTangent, tangents);
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
    long size = planes * resampling.outHeight(height, filter) * resampling.outWidth(width, filter);
    try (Copies copies = new Copies()) {
      kernels.upFirDn(
          copies.in(input, planes * height * width),
          planes,
          height,
          width,
          resampling,
          copies.in(filter),
          copies.out(output, size));
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
    Arguments.filteredLeakyRelu(input, bias, planes, channels, height, width, activation, output);
    long size = planes * activation.outHeight(height) * activation.outWidth(width);
    try (Copies copies = new Copies()) {
      kernels.filteredLeakyRelu(
          copies.in(input, planes * height * width),
          copies.in(bias, channels),
          planes,
          channels,
          height,
          width,
          copies.in(activation),
          copies.out(output, size));
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
    Arguments.filteredLeakyRelu(input, bias, planes, channels, height, width, activation, gradient);
    long size = planes * activation.outHeight(height) * activation.outWidth(width);
    try (Copies copies = new Copies()) {
      kernels.filteredLeakyReluGradient(
          copies.in(input, planes * height * width),
          copies.in(bias, channels),
          planes,
          channels,
          height,
          width,
          copies.in(activation),
          copies.in(gradient, size),
          copies.out(inputGradient, planes * height * width));
    }
  }

  /** The copies of one call; closing it copies back what was written. */
  private final class Copies implements AutoCloseable {

    private record Copy(Pointer host, CudaMemory memory, long begin, long bytes, boolean written) {}

    private final List<Copy> all = new ArrayList<>();

    FloatPointer in(FloatPointer host, long count) {
      return host == null
          ? null
          : new FloatPointer(add(host, count * Float.BYTES, Float.BYTES, false));
    }

    FirFilter in(FirFilter host) {
      long taps = (long) Math.max(host.rows(), 1) * host.columns();
      return new FirFilter(in(host.taps(), taps), host.rows(), host.columns());
    }

    FilteredActivation in(FilteredActivation host) {
      return new FilteredActivation(
          host.up(),
          host.down(),
          host.left(),
          host.right(),
          host.top(),
          host.bottom(),
          host.flip(),
          host.gain(),
          host.slope(),
          host.clamp(),
          in(host.upFilter()),
          in(host.downFilter()));
    }

    FloatPointer out(FloatPointer host, long count) {
      return host == null
          ? null
          : new FloatPointer(add(host, count * Float.BYTES, Float.BYTES, true));
    }

    List<FloatPointer> in(List<FloatPointer> hosts, long[] sizes) {
      List<FloatPointer> list = new ArrayList<>();
      for (int t = 0; t < sizes.length; t++) {
        list.add(in(hosts.get(t), sizes[t]));
      }
      return list;
    }

    List<FloatPointer> out(List<FloatPointer> hosts, long[] sizes) {
      if (hosts == null) {
        return null;
      }
      List<FloatPointer> list = new ArrayList<>();
      for (int t = 0; t < sizes.length; t++) {
        list.add(out(hosts.get(t), sizes[t]));
      }
      return list;
    }

    Pointer add(Pointer host, long bytes, int elementBytes, boolean written) {
      long begin = (long) MARGIN + elementBytes;
      CudaMemory memory = new CudaMemory(kernels.queue(), begin + bytes + MARGIN);
      byte[] initial = new byte[Math.toIntExact(begin + bytes + MARGIN)];
      Arrays.fill(initial, GUARD);
      if (!written && bytes > 0) {
        Buffers.bytes(host, 0).get(initial, (int) begin, (int) bytes);
      }
      try (BytePointer all = new BytePointer(initial)) {
        memory.write(all, initial.length);
      }
      this.all.add(new Copy(host, memory, begin, bytes, written));
      return Buffers.bytes(memory.pointer(), begin);
    }

    @Override
    public void close() {
      for (Copy copy : all) {
        byte[] found = new byte[Math.toIntExact(copy.begin + copy.bytes + MARGIN)];
        try (BytePointer host = new BytePointer(found.length)) {
          copy.memory.read(host, found.length);
          host.get(found);
        }
        for (int i = 0; i < found.length; i++) {
          if (i < copy.begin || i >= copy.begin + copy.bytes) {
            assertEquals(GUARD, found[i], "written outside of a buffer on the device");
          }
        }
        if (copy.written && copy.bytes > 0) {
          Buffers.bytes(copy.host, 0).put(found, (int) copy.begin, (int) copy.bytes);
        }
        copy.memory.close();
      }
    }
  }
}
