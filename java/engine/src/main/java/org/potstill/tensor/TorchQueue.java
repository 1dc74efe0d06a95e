package org.potstill.tensor;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.CudaQueue;

/** LibTorch's current stream of a device, with workspaces from LibTorch's allocator. */
final class TorchQueue implements CudaQueue {

  private final GpuRuntime runtime;
  private final Placement placement;

  /**
   * A queue.
   *
   * @param placement a GPU
   */
  TorchQueue(GpuRuntime runtime, Placement placement) {
    this.runtime = runtime;
    this.placement = placement;
  }

  @Override
  public int device() {
    return placement.index();
  }

  @Override
  public Pointer stream() {
    return runtime.currentStream(placement.index());
  }

  @Override
  public Memory allocate(long bytes) {
    NamedTensors owner = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      TensorOptions options =
          new TensorOptions(torch.ScalarType.Byte)
              .device(new DeviceOptional(new Device(placement.name())));
      Tensor memory = torch.empty(new long[] {bytes}, options, null);
      owner.put("workspace", memory);
    }
    return new Memory() {
      @Override
      public Pointer pointer() {
        return owner.get("workspace").data_ptr();
      }

      @Override
      public void close() {
        owner.close();
      }
    };
  }
}
