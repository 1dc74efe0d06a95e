package org.potstill.kernels;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;

/** A few doubles that a kernel writes, with its workspace behind them in one allocation. */
final class CudaResults implements AutoCloseable {

  private static final int ALIGNMENT = 256;

  private final CudaQueue queue;
  private final CudaQueue.Memory memory;
  private final long reserved;

  /** So many doubles and bytes, allocated on {@code queue}. */
  CudaResults(CudaQueue queue, int count, long workspaceBytes) {
    this.queue = queue;
    reserved = ((long) count * Double.BYTES + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memory = queue.allocate(reserved + workspaceBytes);
  }

  Pointer value(int index) {
    return Buffers.bytes(memory.pointer(), (long) index * Double.BYTES);
  }

  Pointer workspace() {
    return Buffers.bytes(memory.pointer(), reserved);
  }

  /** Waits for the stream. */
  double[] read(int count) {
    double[] values = new double[count];
    try (DoublePointer host = new DoublePointer(count)) {
      CudaMemory.copy(queue, host, memory.pointer(), (long) count * Double.BYTES);
      host.get(values);
    }
    return values;
  }

  @Override
  public void close() {
    memory.close();
  }
}
