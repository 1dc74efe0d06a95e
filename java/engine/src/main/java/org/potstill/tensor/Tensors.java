package org.potstill.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.RunFailedException;

/** Conversions between Java arrays, native buffers and tensors. */
public final class Tensors {

  private Tensors() {}

  /** Options for a float32 tensor on the CPU. */
  public static TensorOptions float32() {
    return new TensorOptions(torch.ScalarType.Float);
  }

  /** Options for an int64 tensor on the CPU. */
  public static TensorOptions int64() {
    return new TensorOptions(torch.ScalarType.Long);
  }

  /**
   * A float32 tensor with its own copy of {@code values}, row-major.
   *
   * @throws IllegalArgumentException where {@code shape} has not as many elements
   */
  public static Tensor of(float[] values, long... shape) {
    requireElements(values.length, shape);
    Tensor tensor = torch.empty(shape, float32(), null);
    if (values.length > 0) {
      tensor.data_ptr_float().put(values, 0, values.length);
    }
    return tensor;
  }

  /**
   * A tensor made on the host, brought to where {@code like} lies; itself where that is the host.
   */
  public static Tensor follow(Tensor values, Tensor like) {
    if (like.is_cpu()) {
      return values;
    }
    return like.is_cuda() && values.is_cpu()
        ? new Upload().to(like.device(), values)
        : values.to(like.device(), values.scalar_type());
  }

  /** A float32 tensor of {@code values}, row-major, where {@code like} lies. */
  public static Tensor of(Tensor like, float[] values, long... shape) {
    return follow(of(values, shape), like);
  }

  /** An int64 tensor of {@code values}, row-major, where {@code like} lies. */
  public static Tensor of(Tensor like, long[] values, long... shape) {
    return follow(of(values, shape), like);
  }

  /** An int64 vector with the values of {@code indices}, where {@code like} lies. */
  public static Tensor indices(Tensor like, int[] indices) {
    return follow(indices(indices), like);
  }

  /** A row-major tensor of any values, of the element type of {@code like} and where it lies. */
  public static Tensor empty(Tensor like, long... shape) {
    return torch.empty(shape, like.options(), null);
  }

  /** A row-major float32 tensor of any values, where {@code like} lies. */
  public static Tensor emptyFloats(Tensor like, long... shape) {
    return torch.empty(
        shape, like.options().dtype(new ScalarTypeOptional(torch.ScalarType.Float)), null);
  }

  /** A row-major int64 tensor of any values, where {@code like} lies. */
  public static Tensor emptyLongs(Tensor like, long... shape) {
    return torch.empty(
        shape, like.options().dtype(new ScalarTypeOptional(torch.ScalarType.Long)), null);
  }

  /** A row-major tensor of zeros, of the element type of {@code like} and where it lies. */
  public static Tensor zeros(Tensor like, long... shape) {
    return torch.zeros(shape, like.options());
  }

  /** The int64 numbers from 0 to {@code count - 1}, where {@code like} lies. */
  public static Tensor upTo(Tensor like, long count) {
    return torch.arange(
        new Scalar((double) count),
        like.options().dtype(new ScalarTypeOptional(torch.ScalarType.Long)));
  }

  /**
   * {@code count} values at equal distances from -1 to 1, or 0, of the type and place of {@code
   * like}.
   */
  public static Tensor fromMinusOneToOne(Tensor like, long count) {
    return count == 1
        ? zeros(like, 1)
        : torch.linspace(new Scalar(-1f), new Scalar(1f), count, like.options());
  }

  /**
   * One value per channel as (1, C, 1, 1) float32, where {@code like} lies, to be spread over a
   * batch of images.
   */
  public static Tensor perChannel(Tensor like, List<Double> values) {
    float[] floats = new float[values.size()];
    for (int c = 0; c < floats.length; c++) {
      floats[c] = values.get(c).floatValue();
    }
    return of(like, floats, 1, floats.length, 1, 1);
  }

  /**
   * An int64 tensor with its own copy of {@code values}, row-major.
   *
   * @throws IllegalArgumentException where {@code shape} has not as many elements
   */
  public static Tensor of(long[] values, long... shape) {
    requireElements(values.length, shape);
    Tensor tensor = torch.empty(shape, int64(), null);
    if (values.length > 0) {
      tensor.data_ptr_long().put(values, 0, values.length);
    }
    return tensor;
  }

  /** The copy looks at no length: it would write past the tensor, or leave some of it undefined. */
  private static void requireElements(int values, long[] shape) {
    long elements = 1;
    for (long extent : shape) {
      elements *= extent;
    }
    if (elements != values) {
      throw new IllegalArgumentException(
          values + " values are not a tensor of the shape " + Arrays.toString(shape));
    }
  }

  /** An int64 vector with the values of {@code indices}. */
  public static Tensor indices(int[] indices) {
    long[] values = new long[indices.length];
    for (int i = 0; i < indices.length; i++) {
      values[i] = indices[i];
    }
    return of(values, values.length);
  }

  /** The values of a float tensor in row-major order. */
  public static float[] toFloats(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.numel())];
    // The scope keeps a converted copy alive while it is read.
    try (PointerScope scope = new PointerScope()) {
      if (values.length > 0) {
        contiguousFloats(tensor).get(values);
      }
    }
    return values;
  }

  /** The values of an integer tensor in row-major order. */
  public static long[] toLongs(Tensor tensor) {
    long[] values = new long[Math.toIntExact(tensor.numel())];
    try (PointerScope scope = new PointerScope()) {
      if (values.length > 0) {
        LongPointer data = plain(tensor).to(torch.ScalarType.Long).contiguous().data_ptr_long();
        data.get(values);
      }
    }
    return values;
  }

  private static FloatPointer contiguousFloats(Tensor tensor) {
    return plain(tensor).to(torch.ScalarType.Float).contiguous().data_ptr_float();
  }

  private static Tensor plain(Tensor tensor) {
    return tensor.detach().cpu();
  }

  /** Whether kernels of the host can work on its memory: float32, not on a GPU. */
  public static boolean isFloatOnHost(Tensor tensor) {
    return tensor.is_cpu() && tensor.scalar_type().intern() == torch.ScalarType.Float;
  }

  /** The sizes of a tensor. */
  public static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  /**
   * Adds {@code factor} times each term to its sum, in place.
   *
   * @throws RunFailedException where that fails after the first one: the sums are then of no use,
   *     and nobody may take the error for one after which the terms can be added again
   */
  public static void addTo(List<Tensor> sums, List<Tensor> terms, double factor) {
    Scalar scalar = new Scalar(factor);
    for (int i = 0; i < sums.size(); i++) {
      try {
        sums.get(i).add_(terms.get(i), scalar);
      } catch (RuntimeException e) {
        throw i == 0 ? e : new RunFailedException("gradients were added in part only", e);
      }
    }
  }

  /**
   * The gradient of {@code output}, weighted by {@code outputGradient}, with respect to each of
   * {@code inputs}; an input that the output does not depend on gets zeros.
   *
   * @param createGraph whether the result can be differentiated again
   * @return one new handle per input
   */
  public static Tensor[] gradients(
      Tensor output, Tensor outputGradient, Tensor[] inputs, boolean createGraph) {
    TensorVector weights = new TensorVector();
    if (outputGradient != null) {
      weights.push_back(outputGradient);
    }
    return gradients(new TensorVector(output), weights, inputs, createGraph);
  }

  /**
   * The gradient of {@code sum_i <outputs_i, outputGradients_i>} with respect to each of {@code
   * inputs}; an input that no output depends on gets zeros.
   *
   * @return one new handle per input
   */
  public static Tensor[] gradients(Tensor[] outputs, Tensor[] outputGradients, Tensor[] inputs) {
    TensorVector differentiable = new TensorVector();
    TensorVector weights = new TensorVector();
    for (int i = 0; i < outputs.length; i++) {
      // One that depends on nothing has no gradient to add, and autograd refuses it.
      if (outputs[i].requires_grad()) {
        differentiable.push_back(outputs[i]);
        weights.push_back(outputGradients[i]);
      }
    }
    return gradients(differentiable, weights, inputs, false);
  }

  /**
   * The gradient of {@code <output, outputGradient>} with respect to each of {@code inputs},
   * without history.
   *
   * @param inputs those that want no gradient have none
   * @return one new handle per input; null for one that the output does not depend on
   */
  public static Tensor[] gradientsWhereAny(Tensor output, Tensor outputGradient, Tensor[] inputs) {
    Tensor[] result = new Tensor[inputs.length];
    int[] asked =
        IntStream.range(0, inputs.length).filter(i -> inputs[i].requires_grad()).toArray();
    if (asked.length == 0 || !output.requires_grad()) {
      return result;
    }
    Tensor[] leaves = Arrays.stream(asked).mapToObj(i -> inputs[i]).toArray(Tensor[]::new);
    TensorVector found =
        torch.grad(
            new TensorVector(output),
            new TensorVector(leaves),
            new TensorVector(outputGradient),
            new BoolOptional(false),
            false,
            true);
    for (int i = 0; i < asked.length; i++) {
      Tensor element = found.get(i);
      result[asked[i]] = element.defined() ? new Tensor(element) : null;
    }
    return result;
  }

  private static Tensor[] gradients(
      TensorVector outputs, TensorVector weights, Tensor[] inputs, boolean createGraph) {
    TensorVector found =
        torch.grad(
            outputs,
            new TensorVector(inputs),
            weights,
            new BoolOptional(createGraph),
            createGraph,
            true);
    Tensor[] result = new Tensor[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      // An element of a vector is a reference into it: copy the handle.
      Tensor element = found.get(i);
      result[i] = element.defined() ? new Tensor(element) : torch.zeros_like(inputs[i]);
    }
    return result;
  }
}
