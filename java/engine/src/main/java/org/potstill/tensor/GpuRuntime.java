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
   * @return why that failed, or that there is no device, in one line; empty where there is one
   */
  String load();

  /** Number of devices; 0 unless {@link #load} succeeded. */
  int devices();

  /**
   * Why a device cannot be used, in one line; empty where it can. Finding out takes the memory that
   * whoever uses the device takes anyway.
   */
  String unavailabilityCause(int device);

  /** Name, compute capability and memory of a device that can be used, in words by name. */
  Map<String, String> properties(int device);

  /** Bytes of memory that a device has, free or taken. */
  long memory(int device);

  /**
   * Gives back what LibTorch keeps of the memory of freed tensors, on every device. LibTorch does
   * so itself before it says that the memory is full; libraries beside it do not.
   */
  void emptyCache();

  /** Versions of driver, CUDA and cuDNN by name; those that are not there are left out. */
  Map<String, String> versions();

  /** The {@code cudaStream_t} on which LibTorch computes on a device. */
  Pointer currentStream(int device);

  /** A place among what is queued on the stream on which LibTorch computes. */
  interface Mark extends AutoCloseable {

    /** Waits until all that was queued before it is done. */
    void await();

    @Override
    void close();
  }

  /** Marks the end of what is queued so far. */
  Mark mark(int device);

  /** Waits until a device has computed all that was begun. */
  void synchronise(int device);

  /** The implementation that a build brings which placed tensors on a GPU. */
  static GpuRuntime require() {
    return find().orElseThrow(() -> new IllegalStateException("a GPU without CUDA"));
  }

  /** The implementation that this build brings. */
  static Optional<GpuRuntime> find() {
    List<GpuRuntime> found =
        ServiceLoader.load(GpuRuntime.class, GpuRuntime.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    return found.stream().findFirst();
  }
}
