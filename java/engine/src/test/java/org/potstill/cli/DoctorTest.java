package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.potstill.kernels.Kernels;

class DoctorTest {

  private final List<Integer> asked = new ArrayList<>();

  /** CUDA kernels that work on devices of even numbers. */
  private Kernels onDevice(int device) {
    asked.add(device);
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "name" -> "cuda";
                  case "isAvailable" -> device % 2 == 0;
                  case "unavailabilityCause" -> "device " + device + " is busy";
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @Test
  void kernelsOfEveryDeviceAreAsked() {
    String works = "available, for tensors on a GPU";
    Map<String, String> found = Doctor.cudaKernels(3, this::onDevice);
    assertEquals(
        Map.of("cuda:0", works, "cuda:1", "unavailable: device 1 is busy", "cuda:2", works), found);
    assertEquals(List.of(0, 1, 2), asked);
    assertEquals(Map.of("cuda", works), Doctor.cudaKernels(1, this::onDevice));
  }

  @Test
  void withoutADeviceItIsToldWhyThereIsNone() {
    Map<String, String> found = Doctor.cudaKernels(0, this::onDevice);
    assertEquals(List.of(0), asked);
    assertTrue(found.containsKey("cuda"), found.toString());
  }
}
