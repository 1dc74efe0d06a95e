package org.potstill.tensor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.bytedeco.javacpp.Pointer;

/**
 * What only a build with CUDA can tell and do. Such a build brings one implementation as a service;
 * the build for the CPU has none.
 */
public interface GpuRuntime {

  /**
   * Loads CUDA's part of LibTorch, which {@link LibTorch#load} has loaded before; a second call
   * does nothing.
   *
   * @return why that failed, or why no device can be used, in one line; empty where one can
   */
  String load();

  /** Number of devices; 0 unless {@link #load} succeeded. */
  int devices();

  /** Name, compute capability and memory of a device, in words by name. */
  Map<String, String> properties(int device);

  /** Versions of driver, CUDA and cuDNN by name; those that are not there are left out. */
  Map<String, String> versions();

  /** The {@code cudaStream_t} on which LibTorch computes on a device. */
  Pointer currentStream(int device);

  /** Waits until a device has computed all that was begun. */
  void synchronise(int device);

  /** The implementation that this build brings. */
  static Optional<GpuRuntime> find() {
    List<GpuRuntime> found =
        ServiceLoader.load(GpuRuntime.class, GpuRuntime.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    return found.stream().findFirst();
  }
}
