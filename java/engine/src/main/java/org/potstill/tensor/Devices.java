package org.potstill.tensor;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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
    String cause = runtime.get().map(GpuRuntime::load).orElse(NO_BUILD);
    return cause.isEmpty() && firstUsable(runtime.get().orElseThrow()).isEmpty()
        ? runtime.get().orElseThrow().unavailabilityCause(0)
        : cause;
  }

  private static OptionalInt firstUsable(GpuRuntime runtime) {
    return IntStream.range(0, runtime.devices())
        .filter(device -> runtime.unavailabilityCause(device).isEmpty())
        .findFirst();
  }

  /**
   * The place that {@code wish} stands for. {@code auto} takes the first GPU that works, and one
   * line of the log says which, or why none; {@code cuda} is {@code cuda:0}. What computes there
   * does so within a {@link GpuTenancy}.
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
    boolean any = wish.equals(AUTO);
    String cause = any ? unavailabilityCause() : causeAgainst(wish, key);
    if (cause.isEmpty()) {
      GpuRuntime found = runtime.get().orElseThrow();
      return gpu(found, any ? firstUsable(found).orElseThrow() : number(wish));
    }
    if (any) {
      LOG.info("device: cpu, no GPU is used: {}", cause);
      return Placement.CPU;
    }
    throw new InputException(key + ": " + wish + " cannot be had: " + cause);
  }

  private String causeAgainst(String wish, String key) {
    String cause = runtime.get().map(GpuRuntime::load).orElse(NO_BUILD);
    if (!cause.isEmpty()) {
      return cause;
    }
    GpuRuntime found = runtime.get().orElseThrow();
    if (number(wish) >= found.devices()) {
      throw new InputException(
          key
              + ": there is no "
              + wish
              + ", the devices are cuda:0 to cuda:"
              + (found.devices() - 1));
    }
    return found.unavailabilityCause(number(wish));
  }

  private static int number(String wish) {
    int colon = wish.indexOf(':');
    return colon < 0 ? 0 : Integer.parseInt(wish.substring(colon + 1));
  }

  private static Placement gpu(GpuRuntime runtime, int device) {
    String properties = String.join(", ", runtime.properties(device).values());
    LOG.info("device: cuda:{} ({})", device, properties);
    Determinism.prepare();
    return Placement.of(CUDA + ":" + device);
  }
}
