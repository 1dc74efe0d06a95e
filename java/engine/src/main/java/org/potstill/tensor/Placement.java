package org.potstill.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Where the tensors of a run lie: in host memory or on a GPU.
 *
 * <p>Only what a run begins with is placed: images and the weights of networks and generators. What
 * is made from numbers on the way (indices, masks, grids, noise) follows a tensor that it meets;
 * see {@link Tensors#follow}. Immutable.
 */
public final class Placement {

  /** Host memory. */
  public static final Placement CPU = new Placement("cpu");

  private final String name;

  private Placement(String name) {
    this.name = name;
  }

  /**
   * A place by LibTorch's name for it.
   *
   * @param name {@code cpu}, or for example {@code cuda:0}
   */
  public static Placement of(String name) {
    return name.equals(CPU.name) ? CPU : new Placement(name);
  }

  /** Where a tensor lies. */
  public static Placement of(Tensor tensor) {
    if (tensor.is_cpu()) {
      return CPU;
    }
    try (PointerScope scope = new PointerScope()) {
      return of(tensor.device().str().getString());
    }
  }

  /** LibTorch's name for it. */
  public String name() {
    return name;
  }

  /** {@code cpu} or {@code cuda}, without the number of the device. */
  public String kind() {
    int colon = name.indexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }

  /** The number of the device among those of its kind; 0 where LibTorch's name for it has none. */
  public int index() {
    int colon = name.indexOf(':');
    return colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1));
  }

  /** Whether it is host memory. */
  public boolean isCpu() {
    return name.equals(CPU.name);
  }

  /**
   * The tensor at this place, in the caller's scope; a new handle of it where it is there. What
   * goes to a GPU is read when this returns, and may still be on its way.
   */
  public Tensor place(Tensor tensor) {
    if (isCpu() && tensor.is_cpu()) {
      return new Tensor(tensor);
    }
    if (kind().equals("cuda") && tensor.is_cpu()) {
      return new Upload().to(new Device(name), tensor);
    }
    torch.ScalarType type = tensor.scalar_type();
    return tensor.to(new Device(name), type);
  }

  /**
   * The tensors at this place: themselves where they are there, else copies, and these are closed.
   */
  public NamedTensors place(NamedTensors tensors) {
    if (isCpu()) {
      return tensors;
    }
    try (tensors;
        PointerScope scope = new PointerScope()) {
      return tensors.map(this::place);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Placement placement && placement.name.equals(name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
