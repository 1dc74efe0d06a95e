package org.potstill.benchmarks;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * Layer-wise cosine distance with its gradient against the tensor expression, on the gradients of a
 * ConvNet of depth 3 and width 128 for 32-pixel images.
 */
final class GradientMatchCase implements KernelCase {

  private static final int WIDTH = 128;

  private final List<long[]> shapes = shapes();
  private final List<Tensor> real;
  private final List<Tensor> synthetic;
  private final List<Tensor> slopes;
  private final List<FloatPointer> realBuffers;
  private final List<FloatPointer> syntheticBuffers;
  private final List<FloatPointer> slopeBuffers;
  private double loss;

  GradientMatchCase(Placement place) {
    real = tensors(place, 100);
    synthetic = tensors(place, 200);
    slopes = tensors(place, 300);
    realBuffers = buffers(real);
    syntheticBuffers = buffers(synthetic);
    slopeBuffers = buffers(slopes);
    synthetic.forEach(t -> t.requires_grad_(true));
  }

  private static List<long[]> shapes() {
    List<long[]> shapes = new ArrayList<>();
    for (int channels : new int[] {3, WIDTH, WIDTH}) {
      shapes.add(new long[] {WIDTH, channels, 3, 3});
      shapes.add(new long[] {WIDTH}); // bias
      shapes.add(new long[] {WIDTH}); // norm weight
      shapes.add(new long[] {WIDTH}); // norm bias
    }
    shapes.add(new long[] {10, WIDTH * 16});
    shapes.add(new long[] {10});
    return shapes;
  }

  private List<Tensor> tensors(Placement place, int stream) {
    List<Tensor> list = new ArrayList<>();
    for (long[] shape : shapes) {
      list.add(Inputs.normal(place, stream + list.size(), shape));
    }
    return list;
  }

  private static List<FloatPointer> buffers(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::data_ptr_float).toList();
  }

  private long elements() {
    return real.stream().mapToLong(Tensor::numel).sum();
  }

  @Override
  public String name() {
    return "gradient_match ConvNet-3 width 128 (" + elements() + ")";
  }

  @Override
  public double target() {
    return 3;
  }

  @Override
  public double targetOnGpu() {
    return 5;
  }

  @Override
  public long bytes() {
    return 4 * 3 * elements();
  }

  @Override
  public void ours(Kernels kernels) {
    loss =
        kernels.gradientMatch(
            GradientDistance.LAYERWISE, shapes, realBuffers, syntheticBuffers, slopeBuffers);
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      Tensors.gradients(reference(), null, synthetic.toArray(new Tensor[0]), false);
    }
  }

  private Tensor reference() {
    Tensor total = null;
    for (int t = 0; t < shapes.size(); t++) {
      int dimensions = shapes.get(t).length;
      if (dimensions == 2 || dimensions == 4) {
        Tensor distance = rows(real.get(t), synthetic.get(t), shapes.get(t)[0]);
        total = total == null ? distance : total.add(distance);
      }
    }
    return total;
  }

  private static Tensor rows(Tensor real, Tensor synthetic, long rows) {
    Tensor a = real.reshape(rows, -1);
    Tensor b = synthetic.reshape(rows, -1);
    ScalarOptional two = new ScalarOptional(new Scalar(2));
    Tensor norms = a.norm(two, 1).mul(b.norm(two, 1)).add(new Scalar(1e-6));
    Tensor cosine = a.mul(b).sum(1).div(norms);
    return cosine.neg().add(new Scalar(1)).sum();
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope()) {
      Tensor expected = reference();
      Inputs.requireClose("loss", expected.item_double(), loss);
      Tensor[] wanted = Tensors.gradients(expected, null, synthetic.toArray(new Tensor[0]), false);
      for (int t = 0; t < wanted.length; t++) {
        Inputs.requireClose(
            "gradient " + t, Tensors.toFloats(wanted[t]), Tensors.toFloats(slopes.get(t)));
      }
    }
  }
}
