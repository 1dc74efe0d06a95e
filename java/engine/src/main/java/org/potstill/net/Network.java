package org.potstill.net;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;

/**
 * A network as a function: it is handed its parameters and buffers and holds none.
 *
 * <p>Implementations are immutable and safe for use by several threads at once. Tensors that come
 * back are live in the caller's {@code PointerScope}.
 */
public interface Network {

  /** Name as in the configuration ({@code convnet}, {@code resnet18}, ...). */
  String name();

  /** Entries of the {@code state_dict}, parameters and buffers, in the order of the reference. */
  List<StateEntry> state();

  /** Names of the entries of {@link #state()} that are learned, in their order. */
  default List<String> parameterNames() {
    return state().stream()
        .filter(entry -> entry.kind() == StateEntry.Kind.PARAMETER)
        .map(StateEntry::name)
        .toList();
  }

  /** Number of outputs. */
  int classes();

  /**
   * Fresh parameters and initial buffers, drawn from the distributions that the reference framework
   * uses by default.
   *
   * @return all entries of {@link #state()} in order; the caller closes it
   */
  NamedTensors initialise(RandomStream random);

  /**
   * The same network, which may hand what it computes to {@code kernels} where they can do it; the
   * mathematics is the same, the last bits may differ.
   */
  default Network with(Kernels kernels) {
    return this;
  }

  /**
   * The same network, whose gradients can be differentiated again, as gradient and trajectory
   * matching do; the mathematics is the same, the last bits may differ. To be overridden where an
   * operation has no second derivative.
   */
  default Network twiceDifferentiable() {
    return this;
  }

  /**
   * Whether an image's output depends neither on the others nor on its place among them, as it does
   * with batch statistics and dropout. A batch may then be taken in parts, where it does not fit
   * the memory of a GPU.
   */
  default boolean separable(Pass pass) {
    return false;
  }

  /**
   * Class scores.
   *
   * @param state parameters and buffers under the names of {@link #state()}; further entries are
   *     ignored
   * @param input (N, C, H, W) float32
   * @param pass mode, and the source of dropout masks
   * @return (N, classes) and, in {@link Mode#TRAIN}, the moved buffers
   * @throws IllegalArgumentException where the state lacks an entry, or the shape of an entry or of
   *     the input is not that of this network; names what is expected and what was given
   */
  NetworkOutput logits(NamedTensors state, Tensor input, Pass pass);

  /**
   * The features before the classifier, as {@code embed} of the published networks gives them.
   *
   * @return (N, features) and, in {@link Mode#TRAIN}, the moved buffers
   * @throws IllegalArgumentException as {@link #logits} does
   */
  NetworkOutput embed(NamedTensors state, Tensor input, Pass pass);
}
