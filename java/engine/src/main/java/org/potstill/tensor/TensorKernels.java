package org.potstill.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.LogitType;
import org.potstill.kernels.ScoreOutputs;

/**
 * The kernels on tensors, which must be float32, row-major and all in one place.
 *
 * <p>Tensors are handed over without a copy where the kernels reach them. Where kernels of the host
 * meet tensors of a GPU, these are copied to the host and the gradients back.
 */
public final class TensorKernels {

  private final Kernels kernels;

  /** The operations of a provider. */
  public TensorKernels(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * {@link Kernels#score}: the cross-entropy of every row.
   *
   * @param logits (rows, classes)
   * @param labels one per row
   */
  public float[] score(Tensor logits, long[] labels) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(losses(logits, labels));
    }
  }

  /**
   * The same as a tensor where the kernels reach it, in the caller's scope; on a GPU it may still
   * be computed.
   */
  public Tensor losses(Tensor logits, long[] labels) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor reached = reached(List.of(logits)).get(0);
      Tensor losses = Tensors.empty(reached, labels.length);
      kernels.score(
          reached.data_ptr_float(),
          LogitType.FLOAT32,
          Tensors.of(reached, labels, labels.length).data_ptr_long(),
          labels.length,
          reached.size(1),
          ScoreOutputs.lossOnly(losses.data_ptr_float()));
      result.put(losses);
    }
    return result;
  }

  /**
   * {@link Kernels#featureMean}.
   *
   * @param real (rows, features)
   * @param synthetic (rows, features)
   * @param gradient as synthetic, overwritten
   * @throws IllegalArgumentException where the rows are not those of the offsets, or not as wide
   */
  public double featureMean(
      Tensor real, long[] realOffsets, Tensor synthetic, long[] syntheticOffsets, Tensor gradient) {
    requireRows("real", real, realOffsets, synthetic.size(1));
    requireRows("synthetic", synthetic, syntheticOffsets, synthetic.size(1));
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> reached = reached(List.of(real, synthetic));
      List<Tensor> results = results(List.of(gradient), reached);
      double loss =
          kernels.featureMean(
              reached.get(0).data_ptr_float(),
              realOffsets,
              reached.get(1).data_ptr_float(),
              syntheticOffsets,
              synthetic.size(1),
              null,
              results.get(0).data_ptr_float());
      giveBack(results, List.of(gradient));
      return loss;
    }
  }

  /** The kernel takes memory as it is told, without a bound that it could check. */
  private static void requireRows(String name, Tensor rows, long[] offsets, long width) {
    long[] shape = Tensors.shape(rows);
    long[] expected = {offsets[offsets.length - 1], width};
    if (!Arrays.equals(shape, expected)) {
      throw new IllegalArgumentException(
          name + " features of " + Arrays.toString(shape) + ", not " + Arrays.toString(expected));
    }
  }

  /**
   * {@link Kernels#gradientMatch}.
   *
   * @param gradients one per tensor, overwritten
   */
  public double gradientMatch(
      GradientDistance distance,
      List<Tensor> real,
      List<Tensor> synthetic,
      List<Tensor> gradients) {
    try (PointerScope scope = new PointerScope()) {
      List<List<Tensor>> reached = reachedLists(List.of(real, synthetic));
      List<Tensor> results = results(gradients, reached.get(0));
      double loss =
          kernels.gradientMatch(
              distance,
              synthetic.stream().map(Tensors::shape).toList(),
              pointers(reached.get(0)),
              pointers(reached.get(1)),
              pointers(results));
      giveBack(results, gradients);
      return loss;
    }
  }

  /**
   * {@link Kernels#trajectory}.
   *
   * @param gradients one per tensor, overwritten
   */
  public double trajectory(
      List<Tensor> theta, List<Tensor> target, List<Tensor> start, List<Tensor> gradients) {
    try (PointerScope scope = new PointerScope()) {
      List<List<Tensor>> reached = reachedLists(List.of(theta, target, start));
      List<Tensor> results = results(gradients, reached.get(0));
      double loss =
          kernels.trajectory(
              theta.stream().mapToLong(Tensor::numel).toArray(),
              pointers(reached.get(0)),
              pointers(reached.get(1)),
              pointers(reached.get(2)),
              pointers(results));
      giveBack(results, gradients);
      return loss;
    }
  }

  private static List<FloatPointer> pointers(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::data_ptr_float).toList();
  }

  private List<List<Tensor>> reachedLists(List<List<Tensor>> lists) {
    List<Tensor> reached = reached(lists.stream().flatMap(List::stream).toList());
    List<List<Tensor>> result = new ArrayList<>();
    int begin = 0;
    for (List<Tensor> list : lists) {
      result.add(reached.subList(begin, begin + list.size()));
      begin += list.size();
    }
    return result;
  }

  /** The tensors, or copies where the kernels reach them. */
  private List<Tensor> reached(List<Tensor> tensors) {
    requireOnePlace(tensors);
    boolean copied = !tensors.isEmpty() && !tensors.get(0).is_cpu() && !kernels.onDevice();
    return copied ? tensors.stream().map(tensor -> tensor.detach().cpu()).toList() : tensors;
  }

  private void requireOnePlace(List<Tensor> tensors) {
    for (Tensor tensor : tensors) {
      boolean host = tensor.is_cpu();
      if (host != tensors.get(0).is_cpu()) {
        throw new IllegalArgumentException(
            "tensors for the kernels lie in two places: "
                + Placement.of(tensors.get(0))
                + " and "
                + Placement.of(tensor));
      }
      if (host && kernels.onDevice()) {
        throw new IllegalArgumentException(
            "kernels '"
                + kernels.name()
                + "' work in the memory of a GPU, a tensor lies on the host");
      }
    }
  }

  /** Where the kernels write: the tensors, or tensors beside what they read. */
  private static List<Tensor> results(List<Tensor> wanted, List<Tensor> reached) {
    List<Tensor> results = new ArrayList<>();
    for (Tensor tensor : wanted) {
      boolean direct = reached.isEmpty() || tensor.is_cpu() == reached.get(0).is_cpu();
      results.add(direct ? tensor : Tensors.empty(reached.get(0), Tensors.shape(tensor)));
    }
    return results;
  }

  private static void giveBack(List<Tensor> results, List<Tensor> wanted) {
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i).is_cpu() != wanted.get(i).is_cpu()) {
        wanted.get(i).copy_(results.get(i));
      }
    }
  }
}
