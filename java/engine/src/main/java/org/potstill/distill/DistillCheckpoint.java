package org.potstill.distill;

import java.nio.file.Path;
import java.util.Map;
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

  private final Checkpoints checkpoints;
  private final String configHash;

  /** Checkpoints of a distillation that {@code configHash} stands for. */
  DistillCheckpoint(Checkpoints checkpoints, String configHash) {
    this.checkpoints = checkpoints;
    this.configHash = configHash;
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
    Map<String, String> metadata = Map.of(CONFIG_HASH, configHash);
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

  private void requireSameConfig(Path path, Safetensors file, Space space) {
    if (!configHash.equals(file.metadata().get(CONFIG_HASH))) {
      throw new InputException(
          path
              + " belongs to a distillation with other settings, on another kind of device, "
              + (space instanceof LatentSpace ? "another file of distill.prior.weights, " : "")
              + "another core-set or another version of its network; undo the change, use"
              + " --overwrite, or choose another --out");
    }
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
