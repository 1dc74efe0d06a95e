package org.potstill.tensor;

import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
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
    return first().cause();
  }

  /**
   * A device that was tried.
   *
   * @param runtime null where there is none
   * @param cause why it cannot be used; empty where it can
   */
  private record Tried(GpuRuntime runtime, int device, String cause) {

    boolean works() {
      return cause.isEmpty();
    }
  }

  /** What there is of CUDA, without a look at any device. */
  private Tried loaded() {
    Optional<GpuRuntime> found = runtime.get();
    return new Tried(found.orElse(null), 0, found.map(GpuRuntime::load).orElse(NO_BUILD));
  }

  /** The first device that works; the first of all where none does. */
  private Tried first() {
    Tried loaded = loaded();
    if (!loaded.works()) {
      return loaded;
    }
    Tried first = null;
    for (int device = 0; device < loaded.runtime().devices(); device++) {
      Tried tried = tried(loaded, device);
      if (tried.works()) {
        return tried;
      }
      first = first == null ? tried : first;
    }
    return first;
  }

  private static Tried tried(Tried loaded, int device) {
    GpuRuntime found = loaded.runtime();
    return new Tried(found, device, found.unavailabilityCause(device));
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
      throw new InputException(key + ": '" + wish + "' is not one of " + WISHES);
    }
    if (wish.equals(Placement.CPU.name())) {
      return Placement.CPU;
    }
    if (wish.equals(AUTO)) {
      Tried first = first();
      if (first.works()) {
        return gpu(first);
      }
      LOG.info("device: cpu, no GPU is used: {}", first.cause());
      return Placement.CPU;
    }
    Tried named = named(wish, key);
    if (!named.works()) {
      throw new InputException(key + ": " + wish + " cannot be used: " + named.cause());
    }
    return gpu(named);
  }

  private Tried named(String wish, String key) {
    Tried loaded = loaded();
    if (!loaded.works()) {
      return loaded;
    }
    int devices = loaded.runtime().devices();
    if (number(wish) >= devices) {
      throw new InputException(
          key + ": there is no " + wish + ", the devices are cuda:0 to cuda:" + (devices - 1));
    }
    return tried(loaded, number(wish));
  }

  private static int number(String wish) {
    int colon = wish.indexOf(':');
    return colon < 0 ? 0 : Integer.parseInt(wish.substring(colon + 1));
  }

  private static Placement gpu(Tried found) {
    int device = found.device();
    String properties = String.join(", ", found.runtime().properties(device).values());
    LOG.info("device: cuda:{} ({})", device, properties);
    Determinism.prepare();
    return Placement.of(CUDA + ":" + device);
  }
}
