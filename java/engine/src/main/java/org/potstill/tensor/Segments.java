package org.potstill.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Cuts through the history that autograd records: operations that have their own backward pass hide
 * what they do from it. What lies between two cuts is a segment, and going back autograd and the
 * operations take turns, the last segment first. Two rules follow for whoever writes the layers:
 *
 * <ul>
 *   <li>Autograd goes back through a segment once. So a value that several operations take has to
 *       begin a segment of its own: {@link #shared}.
 *   <li>The output of a cut is a leaf of autograd's and must not be overwritten: ask {@link
 *       #isBeginning} before an operation in place.
 * </ul>
 *
 * <p>What it keeps lives as long as the scope that it was made in. Not safe for use by several
 * threads.
 */
public final class Segments {

  /** The backward pass of an operation. */
  public interface Back {

    /**
     * Finds the gradients of its parameters, and of its input if that is wanted.
     *
     * @param input of the operation
     * @param gradient of the output
     * @param wanted whether the gradient of the input is
     * @return it; null where it is not wanted
     */
    Tensor apply(Tensor input, Tensor gradient, boolean wanted, Parameters parameters);
  }

  /** Where the gradients of an operation's parameters go. */
  public interface Parameters {

    /** Asks for the gradient of a parameter, if that is wanted. */
    void offer(Tensor parameter, Supplier<Tensor> gradient);
  }

  /**
   * An operation that autograd does not see.
   *
   * @param input with the history of the segment that ends here
   * @param output where the next one begins
   */
  private record Cut(Tensor input, Tensor output, Back back) {}

  private final PointerScope scope = PointerScope.getInnerScope();
  private final List<Cut> cuts = new ArrayList<>();

  /**
   * Whether an operation on {@code inputs} may hide from autograd: a cut can be made, or nothing is
   * differentiated.
   *
   * @param segments null where no cut can be made
   * @param inputs those that are null are not there
   */
  public static boolean mayHide(Segments segments, Tensor... inputs) {
    if (segments != null || !GradMode.is_enabled()) {
      return true;
    }
    for (Tensor input : inputs) {
      if (input != null && input.requires_grad()) {
        return false;
      }
    }
    return true;
  }

  /** How many cuts there are. */
  public int size() {
    return cuts.size();
  }

  /** A handle of a tensor for a backward pass, which the scope of the operation may end before. */
  public Tensor keep(Tensor tensor) {
    Tensor handle = new Tensor(tensor);
    if (scope != null) {
      scope.attach(handle);
    }
    return handle;
  }

  /**
   * Hides an operation.
   *
   * @param output what it made of the input, without history
   * @param back may hold what the caller {@linkplain #keep keeps}
   * @return the output; the beginning of a segment, not to be overwritten
   */
  public Tensor cut(Tensor input, Tensor output, Back back) {
    cuts.add(new Cut(keep(input), keep(output.requires_grad_(true)), back));
    return output;
  }

  /** The same values as the beginning of a segment, for a value that several operations take. */
  public Tensor shared(Tensor value) {
    return cut(value, value.detach(), (input, gradient, wanted, parameters) -> gradient);
  }

  /** Whether a value may not be overwritten, as one that begins a segment may not. */
  public static boolean isBeginning(Tensor value) {
    return value.is_leaf() && value.requires_grad();
  }

  /**
   * Goes back from the end of the last segment; once.
   *
   * @param inputs what gradients are wanted of: values that segments begin with and that are no
   *     output of a cut, parameters of operations
   * @return one new handle per input, without history; zeros for one that {@code end} does not
   *     depend on
   */
  public Tensor[] gradients(Tensor end, Tensor gradient, Tensor[] inputs) {
    Tensor[] found = new BackwardPass(inputs).gradients(end, gradient);
    for (int i = 0; i < inputs.length; i++) {
      found[i] = found[i].defined() ? found[i] : torch.zeros_like(inputs[i]).detach();
    }
    return found;
  }

  /** One backward pass through all segments, and what it has found so far. */
  private final class BackwardPass implements Parameters {

    private final Tensor[] inputs;

    /** What has come back to the inputs so far; undefined: nothing. */
    private final Tensor[] found;

    /** Likewise to the outputs of cuts, by their number. */
    private final Tensor[] received;

    private BackwardPass(Tensor[] inputs) {
      this.inputs = inputs;
      found = undefined(inputs.length);
      received = undefined(cuts.size());
    }

    private static Tensor[] undefined(int count) {
      Tensor[] all = new Tensor[count];
      for (int i = 0; i < count; i++) {
        all[i] = new Tensor();
      }
      return all;
    }

    private Tensor[] gradients(Tensor end, Tensor gradient) {
      goBack(received.length, end, gradient);
      for (int i = received.length - 1; i >= 0; i--) {
        if (received[i].defined()) {
          throughCut(i);
        }
      }
      return found;
    }

    private void throughCut(int i) {
      Cut cut = cuts.get(i);
      boolean further = cut.input().requires_grad();
      try (PointerScope scope = new PointerScope()) {
        Tensor gradient;
        try (NoGradGuard guard = new NoGradGuard()) {
          gradient = cut.back().apply(cut.input(), received[i], further, this);
        }
        if (further) {
          goBack(i, cut.input(), gradient);
        }
      }
      // A map each: what lies before has most of the memory still to come.
      received[i].close();
    }

    @Override
    public void offer(Tensor parameter, Supplier<Tensor> gradient) {
      for (int i = 0; i < inputs.length; i++) {
        if (inputs[i].is_same(parameter)) {
          add(found[i], gradient.get());
        }
      }
    }

    /** From the end of a segment to whatever it began with: outputs of cuts before, inputs. */
    private void goBack(int before, Tensor end, Tensor gradient) {
      for (int i = before - 1; i >= 0; i--) {
        if (cuts.get(i).output().is_same(end)) {
          add(received[i], gradient);
          return;
        }
      }
      try (PointerScope scope = new PointerScope()) {
        Tensor[] begins = new Tensor[before + inputs.length];
        Tensor[] sums = new Tensor[begins.length];
        for (int i = 0; i < before; i++) {
          begins[i] = cuts.get(i).output();
          sums[i] = received[i];
        }
        System.arraycopy(inputs, 0, begins, before, inputs.length);
        System.arraycopy(found, 0, sums, before, inputs.length);
        Tensor[] gradients = Tensors.gradientsWhereAny(end, gradient, begins);
        for (int i = 0; i < gradients.length; i++) {
          if (gradients[i] != null) {
            add(sums[i], gradients[i]);
          }
        }
      }
    }

    /** Not in place: autograd may hand out one tensor as several gradients. */
    private static void add(Tensor sum, Tensor term) {
      try (NoGradGuard guard = new NoGradGuard()) {
        sum.put(sum.defined() ? sum.add(term) : term);
      }
    }
  }
}
