package org.potstill.kernels;

import org.bytedeco.javacpp.Pointer;

/**
 * Where {@link CudaKernels} work: a device, the stream on which the caller computes what it hands
 * over, and where workspaces come from. Each is asked for at every call.
 */
public interface CudaQueue {

  /** CUDA ordinal of the device. */
  int device();

  /** The {@code cudaStream_t}; null for the default stream of the device. */
  Pointer stream();

  /**
   * Memory of the device, aligned to 256 bytes. Work that is queued on {@link #stream()} before it
   * is closed may use it.
   *
   * @param bytes at least 0
   */
  Memory allocate(long bytes);

  /** Memory of the device that its owner closes. */
  interface Memory extends AutoCloseable {

    /** Where it begins; not to be read on the host. */
    Pointer pointer();

    @Override
    void close();
  }

  /** The default stream of a device, with memory from {@link CudaMemory}. */
  static CudaQueue ofDevice(int device) {
    return new CudaQueue() {
      @Override
      public int device() {
        return device;
      }

      @Override
      public Pointer stream() {
        return null;
      }

      @Override
      public Memory allocate(long bytes) {
        return new CudaMemory(this, bytes);
      }
    };
  }
}
