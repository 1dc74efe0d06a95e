package org.potstill.tensor;

import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses where a run computes. */
public final class Devices {

  /** How a device is asked for. */
  public static final Pattern WISH = Pattern.compile("auto|cpu|cuda(:\\d{1,3})?");

  /** The same in words. */
  public static final String WISHES = "auto, cpu, cuda, cuda:N";

  private static final Logger LOG = LoggerFactory.getLogger(Devices.class);
  private static final String AUTO = "auto";
  private static final String CUDA = "cuda";
  private static final String NO_BUILD =
      "this build of Potstill is for the CPU; docs/gpu.md says how to build one with CUDA";

  private final Supplier<Optional<GpuRuntime>> runtime;

  /** What this build brings and this machine has. */
  public Devices() {
    this(GpuRuntime::find);
  }

  /** A choice among the devices of {@code runtime}, for tests. */
  Devices(Supplier<Optional<GpuRuntime>> runtime) {
    this.runtime = runtime;
  }

  /** Why no GPU can be used, in one line; empty where one can. */
  public String unavailabilityCause() {
    return runtime.get().map(GpuRuntime::load).orElse(NO_BUILD);
  }

  /**
   * The place that {@code wish} stands for. {@code auto} takes a GPU where one works, and one line
   * of the log says which, or why none. On a GPU single precision is then single precision, without
   * the shorter mantissa of TF32 that LibTorch allows convolutions by itself.
   *
   * @param wish {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
   * @param key of the configuration, or option, that asks; for errors
   * @throws InputException where it is none of these, or a GPU is asked for and cannot be had; says
   *     what is missing
   */
  public Placement choose(String wish, String key) {
    if (!WISH.matcher(wish).matches()) {
      throw new InputException(key + ": '" + wish + "' is none of " + WISHES);
    }
    if (wish.equals(Placement.CPU.name())) {
      return Placement.CPU;
    }
    String cause = unavailabilityCause();
    if (!cause.isEmpty()) {
      if (!wish.equals(AUTO)) {
        throw new InputException(key + ": " + wish + " cannot be had: " + cause);
      }
      LOG.info("device: cpu, no GPU is used: {}", cause);
      return Placement.CPU;
    }
    return gpu(runtime.get().orElseThrow(), wish, key);
  }

  private static Placement gpu(GpuRuntime runtime, String wish, String key) {
    int device =
        wish.startsWith(CUDA + ":") ? Integer.parseInt(wish.substring(CUDA.length() + 1)) : 0;
    if (device >= runtime.devices()) {
      throw new InputException(
          key
              + ": there is no "
              + wish
              + ", the devices are cuda:0 to cuda:"
              + (runtime.devices() - 1));
    }
    String properties = String.join(", ", runtime.properties(device).values());
    LOG.info("device: cuda:{} ({})", device, properties);
    singlePrecision();
    Determinism.prepare();
    return Placement.of(CUDA + ":" + device);
  }

  private static void singlePrecision() {
    LibTorch.load();
    try (Context context = torch.globalContext()) {
      context.setAllowTF32CuDNN(false);
      context.setAllowTF32CuBLAS(false);
    }
  }
}
