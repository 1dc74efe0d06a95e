package org.potstill.distill;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.run.Checkpoints;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.Safetensors;

/**
 * What a distillation needs to go on: the variables, their velocities and the distiller's own
 * state, one safetensors file. Randomness needs none, being a function of the iteration.
 */
final class DistillCheckpoint {

  private static final String VARIABLES = "variables/";
  private static final String VELOCITIES = "velocities/";
  private static final String DISTILLER = "distiller/";
  private static final String CONFIG_HASH = "config_hash";
  private static final String DEVICE = "device";

  private final Checkpoints checkpoints;
  private final String configHash;
  private final String device;

  /**
   * Checkpoints of a distillation.
   *
   * @param configHash stands for all that its images depend on, the device included
   * @param device the kind that it computes on, to be named where that is what has changed
   */
  DistillCheckpoint(Checkpoints checkpoints, String configHash, String device) {
    this.checkpoints = checkpoints;
    this.configHash = configHash;
    this.device = device;
  }

  /** A copy of the state as it is now; the caller closes it. */
  static NamedTensors copy(Space space, ImageOptimiser optimiser, Distiller distiller) {
    NamedTensors all = new NamedTensors();
    try (PointerScope scope = new PointerScope();
        NamedTensors variables = space.variables().map(Tensor::clone);
        NamedTensors velocities = optimiser.saveState();
        NamedTensors own = distiller.saveState()) {
      put(all, VARIABLES, variables);
      put(all, VELOCITIES, velocities);
      put(all, DISTILLER, own);
      return all;
    } catch (RuntimeException | Error e) {
      all.close();
      throw e;
    }
  }

  /** Whether the distiller's own state holds what a copy has under {@code name}. */
  static boolean isOfDistiller(String name) {
    return name.startsWith(DISTILLER);
  }

  /** Writes the state after {@code step} iterations. */
  void save(long step, NamedTensors state) {
    // In order, for the same bytes every time.
    Map<String, String> metadata = new TreeMap<>(Map.of(CONFIG_HASH, configHash, DEVICE, device));
    checkpoints.save(step, path -> Safetensors.write(path, state, metadata));
  }

  private static void put(NamedTensors all, String prefix, NamedTensors some) {
    for (String name : some.names()) {
      Tensor tensor = some.get(name);
      all.put(prefix + name, tensor);
    }
  }

  /**
   * Takes up the newest checkpoint that can be read.
   *
   * @param warn hears of a damaged one that was passed over
   * @return how many iterations were done; 0 where there is no checkpoint
   * @throws InputException where none can be read or they are of another configuration
   */
  long restore(Space space, ImageOptimiser optimiser, Distiller distiller, Consumer<String> warn) {
    return checkpoints
        .restore(latest -> restore(latest, space, optimiser, distiller), warn)
        .orElse(0L);
  }

  private long restore(
      Checkpoints.Checkpoint latest, Space space, ImageOptimiser optimiser, Distiller distiller) {
    Safetensors file = Safetensors.open(latest.file());
    requireSameConfig(latest.file(), file, space);
    try (NamedTensors all = file.readAll();
        NamedTensors variables = part(all, VARIABLES);
        NamedTensors velocities = part(all, VELOCITIES);
        NamedTensors own = part(all, DISTILLER)) {
      for (String name : space.variables().names()) {
        space.variables().get(name).copy_(variables.get(name));
      }
      optimiser.restoreState(velocities);
      distiller.restoreState(own);
    }
    return latest.step();
  }

  /** Checkpoints of earlier versions do not say on what they were made. */
  private void requireSameConfig(Path path, Safetensors file, Space space) {
    if (configHash.equals(file.metadata().get(CONFIG_HASH))) {
      return;
    }
    String before = file.metadata().getOrDefault(DEVICE, "");
    String other =
        before.isEmpty() || before.equals(device)
            ? path + otherSettings(before.isEmpty(), space)
            : "run.device was " + before + " when " + path + " was written and is now " + device;
    throw new InputException(other + "; undo the change, use --overwrite, or choose another --out");
  }

  private static String otherSettings(boolean orDevice, Space space) {
    return " belongs to a distillation with other settings, "
        + (orDevice ? "on another kind of device, " : "")
        + (space instanceof LatentSpace ? "another file of distill.prior.weights, " : "")
        + "another core-set or another version of its network";
  }

  private static NamedTensors part(NamedTensors all, String prefix) {
    NamedTensors part = new NamedTensors();
    for (String name : all.names()) {
      if (name.startsWith(prefix)) {
        part.put(name.substring(prefix.length()), all.get(name));
      }
    }
    return part;
  }
}
