package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * Cuts through the history that autograd records of a pass: operations that have their own way back
 * hide what they do from it. What lies between two cuts is a segment. A segment is gone back
 * through once, so that what two of them begin with has to be {@linkplain #shared a cut} too.
 */
final class Segments {

  /** The way back through an operation. */
  interface Back {

    /**
     * Finds the gradients of its parameters, and of its input if that is wanted.
     *
     * @param gradient of the output
     * @param wanted whether the gradient of the input is
     * @return it; null where it is not wanted
     */
    Tensor apply(Tensor gradient, boolean wanted, Parameters parameters);
  }

  /** Where the gradients of parameters go. */
  interface Parameters {

    /** Asks for the gradient of a parameter, if that is wanted. */
    void offer(String name, Supplier<Tensor> gradient);
  }

  /**
   * An operation that autograd does not see.
   *
   * @param input with the history of the segment that ends here
   * @param output where the next one begins
   */
  record Cut(Tensor input, Tensor output, Back back) {}

  private final List<Cut> cuts = new ArrayList<>();

  /** In the order of the pass. */
  List<Cut> cuts() {
    return cuts;
  }

  /**
   * An operation of its own way back.
   *
   * @param output what it made of the input, without history
   * @return it; the beginning of a segment, not to be overwritten
   */
  Tensor cut(Tensor input, Tensor output, Back back) {
    cuts.add(new Cut(input, output.requires_grad_(true), back));
    return output;
  }

  /** The same values as the beginning of a segment, for a value that several operations take. */
  Tensor shared(Tensor value) {
    return cut(value, value.detach(), (gradient, wanted, parameters) -> gradient);
  }
}
