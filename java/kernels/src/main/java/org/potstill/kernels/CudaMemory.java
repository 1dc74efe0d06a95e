package org.potstill.kernels;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Memory of a device from the pool of the CUDA runtime, in the order of a stream: for callers that
 * have no allocator of their own.
 */
public final class CudaMemory implements CudaQueue.Memory {

  private final CudaQueue queue;
  private final Pointer pointer;
  private boolean closed;

  /**
   * Allocates on {@code queue}.
   *
   * @param bytes at least 0
   * @throws KernelUnavailableException where there is no such device
   * @throws KernelException where the device has too little memory
   */
  public CudaMemory(CudaQueue queue, long bytes) {
    this.queue = queue;
    try (PointerPointer<Pointer> memory = new PointerPointer<>(1)) {
      CudaKernels.check(
          CudaNative.potstill_cuda_allocate(bytes, memory, queue.device(), queue.stream()),
          "bytes=" + bytes);
      pointer = memory.get(Pointer.class, 0);
    }
  }

  /** Where it begins; null where it has no bytes. */
  @Override
  public Pointer pointer() {
    if (closed) {
      throw new IllegalStateException("this memory was closed");
    }
    return pointer;
  }

  /** Copies {@code bytes} from host memory into it, after all that is queued, and waits. */
  public void write(Pointer host, long bytes) {
    copy(queue, pointer(), host, bytes);
  }

  /** Copies {@code bytes} from it into host memory, after all that is queued, and waits. */
  public void read(Pointer host, long bytes) {
    copy(queue, host, pointer(), bytes);
  }

  /** Copies between host and device in either direction, after all that is queued, and waits. */
  static void copy(CudaQueue queue, Pointer to, Pointer from, long bytes) {
    CudaKernels.check(
        CudaNative.potstill_cuda_copy(to, from, bytes, queue.device(), queue.stream()),
        "bytes=" + bytes);
  }

  /** Gives the memory back once the stream has come so far; a second call does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      CudaKernels.check(
          CudaNative.potstill_cuda_release(pointer, queue.device(), queue.stream()), "release");
    }
  }
}
