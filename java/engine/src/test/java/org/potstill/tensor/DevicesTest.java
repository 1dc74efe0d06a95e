package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;

class DevicesTest {

  /** A machine with two GPUs, or with none for a reason; of which some may not be usable. */
  private record Machine(String load, Set<Integer> broken) implements GpuRuntime {

    Machine(String load) {
      this(load, Set.of());
    }

    @Override
    public String unavailabilityCause(int device) {
      return broken.contains(device) ? "cuda:" + device + ": busy" : "";
    }

    @Override
    public Mark mark(int device) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int devices() {
      return load.isEmpty() ? 2 : 0;
    }

    @Override
    public Map<String, String> properties(int device) {
      return Map.of("name", "GPU " + device);
    }

    @Override
    public Map<String, String> versions() {
      return Map.of();
    }

    @Override
    public long memory(int device) {
      return 1000L + device;
    }

    @Override
    public void emptyCache() {}

    @Override
    public Pointer currentStream(int device) {
      return null;
    }

    @Override
    public void synchronise(int device) {}
  }

  private static Devices with(String cause) {
    return new Devices(() -> Optional.of(new Machine(cause)));
  }

  @Test
  void autoTakesTheFirstGpuAndANumberPicksOne() {
    assertEquals("cuda:0", with("").choose("auto", "run.device").name());
    assertEquals("cuda:0", with("").choose("cuda", "run.device").name());
    assertEquals("cuda:1", with("").choose("cuda:1", "run.device").name());
    assertEquals("cuda", with("").choose("cuda:1", "run.device").kind());
    assertEquals(Placement.CPU, with("").choose("cpu", "run.device"));
  }

  private static Devices withBroken(Integer... broken) {
    return new Devices(() -> Optional.of(new Machine("", Set.of(broken))));
  }

  @Test
  void autoPassesOverDevicesThatDoNotWork() {
    assertEquals("", withBroken(0).unavailabilityCause());
    assertEquals("cuda:1", withBroken(0).choose("auto", "run.device").name());
    assertEquals("cuda:1", withBroken(0).choose("cuda:1", "run.device").name());
    assertEquals(Placement.CPU, withBroken(0, 1).choose("auto", "run.device"));
    assertEquals("cuda:0: busy", withBroken(0, 1).unavailabilityCause());
    for (String wish : List.of("cuda", "cuda:0")) {
      Exception error =
          assertThrows(InputException.class, () -> withBroken(0).choose(wish, "run.device"));
      assertEquals("run.device: " + wish + " cannot be used: cuda:0: busy", error.getMessage());
    }
  }

  @Test
  void memoryIsThatOfTheChosenDevice() {
    Placement second = with("").choose("cuda:1", "run.device");
    assertEquals(1001, TotalMemory.bytes(second, () -> new Machine("")));
  }

  @Test
  void deviceThatIsNotThereIsAnErrorThatSaysWhichAre() {
    Exception error =
        assertThrows(InputException.class, () -> with("").choose("cuda:2", "run.device"));
    assertEquals(
        "run.device: there is no cuda:2, the devices are cuda:0 to cuda:1", error.getMessage());
  }

  @Test
  void withoutAGpuAutoIsTheCpuAndCudaAnErrorThatSaysWhatIsMissing() {
    Devices devices = with("there is no NVIDIA driver");
    assertEquals(Placement.CPU, devices.choose("auto", "run.device"));
    Exception error =
        assertThrows(InputException.class, () -> devices.choose("cuda:1", "run.device"));
    assertEquals(
        "run.device: cuda:1 cannot be used: there is no NVIDIA driver", error.getMessage());
  }

  @Test
  void anotherWordIsAnErrorThatNamesWhatAsked() {
    Exception error = assertThrows(InputException.class, () -> with("").choose("gpu", "--device"));
    assertEquals("--device: 'gpu' is not one of auto, cpu, cuda, cuda:N", error.getMessage());
  }

  @Test
  void buildForTheCpuSaysSo() {
    Devices devices = new Devices(Optional::empty);
    assertEquals(Placement.CPU, devices.choose("auto", "run.device"));
    Exception error =
        assertThrows(InputException.class, () -> devices.choose("cuda", "run.device"));
    assertTrue(error.getMessage().contains("for the CPU"), error.getMessage());
  }
}
