package org.potstill.pipeline;

import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * One stage of the line, as the runner sees it: it reads files of the run directory and writes
 * files of the run directory.
 *
 * @param name as on the command line
 * @param configKeys sections or single keys of the configuration that change what it writes
 * @param growing keys among them whose number may grow after the stage was finished; it then goes
 *     on from its checkpoint
 * @param tests whether what it writes depends on the test images
 * @param repeatable whether it is simply repeated when its settings changed after it was finished
 * @param inputs files of earlier stages that it reads
 * @param outputs files it writes; those of a stage that is not repeatable are looked at before
 *     later ones read them: they must be as it, or a later stage with the same output, left them
 * @param versions folder of files of which a later stage may put one in the place of an output;
 *     empty where none does
 * @param kept files and folders that it takes as done when it goes on; cleared where it is repeated
 * @param transitory whether its progress is of no use once it is finished, and deleted then
 * @param restorable whether its last checkpoint and the files beside give back an output that is
 *     missing
 * @param check throws where it lacks what can be looked at before anything is forgotten or written
 * @param work runs it
 */
record Stage(
    String name,
    List<String> configKeys,
    Set<String> growing,
    boolean tests,
    boolean repeatable,
    List<String> inputs,
    List<String> outputs,
    String versions,
    List<String> kept,
    boolean transitory,
    BooleanSupplier restorable,
    Runnable check,
    Runnable work) {

  /** Whether the configuration key {@code key} is among those of this stage. */
  boolean dependsOn(String key) {
    return configKeys.stream().anyMatch(own -> key.equals(own) || key.startsWith(own + "."));
  }

  /** Begins the description of a stage; what is not said of it does not hold. */
  static Builder named(String name) {
    return new Builder(name);
  }

  /** Describes a stage part by part; the words are those of the {@link Stage}. */
  static final class Builder {

    private final String name;
    private List<String> configKeys = List.of();
    private Set<String> growing = Set.of();
    private boolean tests;
    private boolean repeatable;
    private List<String> inputs = List.of();
    private List<String> outputs = List.of();
    private String versions = "";
    private List<String> kept = List.of();
    private boolean transitory;
    private BooleanSupplier restorable = () -> false;
    private Runnable check = () -> {};

    private Builder(String name) {
      this.name = name;
    }

    Builder configKeys(String... keys) {
      configKeys = List.of(keys);
      return this;
    }

    Builder growing(String... keys) {
      growing = Set.of(keys);
      return this;
    }

    Builder tests() {
      tests = true;
      return this;
    }

    Builder repeatable() {
      repeatable = true;
      return this;
    }

    Builder inputs(String... files) {
      inputs = List.of(files);
      return this;
    }

    Builder outputs(String... files) {
      outputs = List.of(files);
      return this;
    }

    Builder versions(String folder) {
      versions = folder;
      return this;
    }

    Builder kept(String... files) {
      kept = List.of(files);
      return this;
    }

    Builder transitory() {
      transitory = true;
      return this;
    }

    Builder restorable(BooleanSupplier can) {
      restorable = can;
      return this;
    }

    Builder check(Runnable looks) {
      check = looks;
      return this;
    }

    /** The stage, whose last part this is. */
    Stage work(Runnable work) {
      return new Stage(
          name,
          configKeys,
          growing,
          tests,
          repeatable,
          inputs,
          outputs,
          versions,
          kept,
          transitory,
          restorable,
          check,
          work);
    }
  }
}
