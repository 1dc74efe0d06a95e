package org.potstill.distill;

import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.run.OutputPlaces;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.Devices;
import org.potstill.tensor.GpuMemory;
import org.potstill.tensor.GpuTenancy;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;
import org.potstill.tensor.RowParts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes images anew from the latents of a run. */
public final class Rendering {

  /** What messages call it, which is no stage of a run. */
  private static final String NAME = "render";

  private static final String ADVICE = "take --device cpu";

  private static final Logger LOG = LoggerFactory.getLogger(Rendering.class);

  private Rendering() {}

  /**
   * Makes the images of a run anew, where the run made them: on the same machine bit by bit, on a
   * GPU if the run was deterministic. Where there is no GPU the CPU makes those of a GPU, and a
   * warning says so.
   *
   * @param run a run directory, which is only read and so not locked
   * @param out where {@code distilled/} is written; if it is a run directory, it is locked
   *     meanwhile
   * @param weights the generator's file where it has moved; null where it has not
   * @param device where they are made: {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N};
   *     null for where the run made them
   * @return the number of images
   * @throws InputException where there are no latents, they are damaged, or the generator's weights
   *     are missing or others, the device cannot be had, {@code out} cannot be written to, or a run
   *     is working in it
   */
  public static int render(Path run, Path out, Path weights, String device) {
    OutputPlaces.requireFile(out.resolve(DistilledSet.FILE));
    OutputPlaces.requireFolder(out.resolve(ImageFolder.FOLDER));
    try (RunDirectory locked = RunDirectory.openIfRun(out).orElse(null);
        LatentsFile latents = LatentsFile.read(latentsOf(run), weights)) {
      Placement placement = placement(latents, device);
      int[] images = {0};
      GpuMemory.explain(NAME, ADVICE, () -> images[0] = render(latents, placement, out));
      return images[0];
    }
  }

  private static Path latentsOf(Path run) {
    Path file = run.resolve(LatentsFile.FILE);
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          run
              + " has no "
              + LatentsFile.FILE
              + ": it is not a finished run, or its space is pixel, whose images need no making");
    }
    return file;
  }

  /** Parts of the images that fit the memory. */
  static RowParts parts() {
    return RowParts.ofCommand(NAME, ADVICE);
  }

  private static Placement placement(LatentsFile latents, String device) {
    Devices devices = new Devices();
    String made = latents.computing().device();
    if (device != null) {
      return devices.choose(device, "--device");
    }
    if (made.equals(Placement.CPU.kind())) {
      return Placement.CPU;
    }
    String cause = devices.unavailabilityCause();
    if (cause.isEmpty()) {
      return devices.choose("auto", "--device");
    }
    LOG.warn(
        "the images of {} were made on a GPU and are now made on the CPU, their last bits may"
            + " differ: {}",
        latents.file(),
        cause);
    return Placement.CPU;
  }

  private static int render(LatentsFile latents, Placement placement, Path out) {
    LatentsFile.Computing made = latents.computing();
    try (GpuTenancy tenancy = GpuTenancy.begin(placement, made.deterministic(), false);
        LibTorch.ThreadSettings threads = LibTorch.withThreads(made.threads());
        Determinism determinism = Determinism.of(made.deterministic(), placement);
        LatentSpace space = LatentSpaces.of(latents, placement);
        PointerScope scope = new PointerScope()) {
      Tensor images = space.images(latents.iteration());
      try (DistilledSet set = DistilledSet.of(images, latents.labels(), latents.description())) {
        set.write(out.resolve(DistilledSet.FILE));
        ImageFolder.write(set, out.resolve(ImageFolder.FOLDER));
      }
      return (int) images.size(0);
    }
  }
}
