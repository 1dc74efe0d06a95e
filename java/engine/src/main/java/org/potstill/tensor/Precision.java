package org.potstill.tensor;

import java.util.Locale;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How precisely convolutions, linear layers and attention compute where a stage leaves that to the
 * user. Parameters, their gradients, norms' statistics and losses are in single precision
 * throughout.
 */
public enum Precision {
  /** Single precision: 24 bits of mantissa. */
  F32,
  /** Products of numbers rounded to 11 bits of mantissa, on GPUs alone. */
  TF32,
  /** Numbers of 8 bits of mantissa, products summed in single precision. */
  BF16;

  private static final Logger LOG = LoggerFactory.getLogger(Precision.class);

  /**
   * The precision that a key of the configuration asks for at {@code place}. The CPU has no TF32:
   * it computes in single precision, and one line of the log says so.
   *
   * @param word {@code f32}, {@code tf32} or {@code bf16}
   * @param key for the log
   */
  public static Precision of(String word, String key, Placement place) {
    Precision precision = valueOf(word.toUpperCase(Locale.ROOT));
    if (precision == TF32 && place.isCpu()) {
      LOG.info("{}: tf32 is for GPUs, the CPU computes in f32", key);
      return F32;
    }
    return precision;
  }

  /**
   * Has LibTorch compute in this precision until the result is closed, where {@code like} lies, on
   * the calling thread (TF32: in the process, where a GPU has one piece of work at a time).
   *
   * <p>A network's pass belongs within it, and for TF32 its backward pass. Augmentation does not:
   * places between pixels would be rounded as well.
   */
  public Scope on(Tensor like) {
    return switch (this) {
      case F32 -> () -> {};
      case TF32 -> new Tf32();
      case BF16 -> new Autocast(like.is_cpu() ? torch.DeviceType.CPU : torch.DeviceType.CUDA);
    };
  }

  /** Whether another precision than single is in force for operators on the CPU. */
  public static boolean isReducedOnCpu() {
    return torch.is_autocast_enabled(torch.DeviceType.CPU);
  }

  /** A precision in force; closing it brings back what was before. */
  @FunctionalInterface
  public interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /** LibTorch's own choice, operator by operator, of what may be computed in bfloat16. */
  private static final class Autocast implements Scope {

    private final torch.DeviceType device;
    private final boolean enabledBefore;
    private final torch.ScalarType typeBefore;
    private final boolean cacheBefore = torch.is_autocast_cache_enabled();

    Autocast(torch.DeviceType device) {
      this.device = device;
      enabledBefore = torch.is_autocast_enabled(device);
      typeBefore = torch.get_autocast_dtype(device);
      // The cache would hand out rounded parameters as they were before a step of an optimiser.
      torch.set_autocast_cache_enabled(false);
      torch.set_autocast_dtype(device, torch.ScalarType.BFloat16);
      torch.set_autocast_enabled(device, true);
    }

    @Override
    public void close() {
      torch.set_autocast_enabled(device, enabledBefore);
      torch.set_autocast_dtype(device, typeBefore);
      torch.set_autocast_cache_enabled(cacheBefore);
    }
  }

  private static final class Tf32 implements Scope {

    private final boolean convolutionsBefore;
    private final boolean productsBefore;

    Tf32() {
      try (Context context = torch.globalContext()) {
        convolutionsBefore = context.allowTF32CuDNN();
        productsBefore = context.allowTF32CuBLAS();
      }
      allow(true, true);
    }

    private static void allow(boolean convolutions, boolean products) {
      try (Context context = torch.globalContext()) {
        context.setAllowTF32CuDNN(convolutions);
        context.setAllowTF32CuBLAS(products);
      }
    }

    @Override
    public void close() {
      allow(convolutionsBefore, productsBefore);
    }
  }
}
