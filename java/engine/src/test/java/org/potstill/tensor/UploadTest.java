package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Copies of the host stand in for page-locked memory, the host for a GPU. */
class UploadTest {

  private final List<Long> buffers = new ArrayList<>();

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private Upload upload(long bufferBytes) {
    return new Upload(
        host -> {
          buffers.add(host.numel());
          return Optional.of(host.clone());
        },
        bufferBytes);
  }

  private static Tensor numbers(long... shape) {
    int size = 1;
    for (long length : shape) {
      size *= (int) length;
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = i;
    }
    return Tensors.of(values, shape);
  }

  @Test
  void largeTensorsPassThroughBuffersOfWholeRows() {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = numbers(7, 2, 3);
      Tensor found = upload(2 * 6 * Float.BYTES + 1).to(new Device("cpu"), host);
      assertEquals(List.of(12L, 12L, 12L, 6L), buffers);
      assertArrayEquals(Tensors.toFloats(host), Tensors.toFloats(found));
      assertArrayEquals(new long[] {7, 2, 3}, Tensors.shape(found));
    }
  }

  @Test
  void rowLargerThanABufferGetsOneOfItsOwn() {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = numbers(2, 5);
      assertArrayEquals(
          Tensors.toFloats(host), Tensors.toFloats(upload(8).to(new Device("cpu"), host)));
      assertEquals(List.of(5L, 5L), buffers);
    }
  }

  @Test
  void smallTensorsOfAnyKindKeepTypeAndLayout() {
    try (PointerScope scope = new PointerScope()) {
      Upload upload = upload(1 << 20);
      Tensor last = numbers(2, 3, 4, 4).contiguous(torch.MemoryFormat.ChannelsLast);
      Tensor found = upload.to(new Device("cpu"), last);
      assertTrue(found.is_contiguous(torch.MemoryFormat.ChannelsLast));
      assertArrayEquals(Tensors.toFloats(last), Tensors.toFloats(found));
      Tensor whole = upload.to(new Device("cpu"), Tensors.of(new long[] {1, 2}, 2));
      assertSame(torch.ScalarType.Long, whole.scalar_type().intern());
      assertArrayEquals(new long[] {1, 2}, Tensors.toLongs(whole));
      assertEquals(0, upload.to(new Device("cpu"), numbers(0, 3)).numel());
      assertEquals(0, upload.to(new Device("cpu"), numbers()).dim());
    }
  }

  /** What was uploaded must not change with the memory that it came from. */
  @Test
  void hostMayBeOverwrittenAfterwards() {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = numbers(4, 2);
      Tensor found = upload(8).to(new Device("cpu"), host);
      host.zero_();
      assertEquals(7, Tensors.toFloats(found)[7]);
    }
  }

  /** CUDA reads such memory when it gets to it, and by then the caller may have given it back. */
  @Test
  void withoutPageLockedMemoryCopiesAreWaitedFor() {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = numbers(4, 2);
      Upload upload = new Upload(tensor -> Optional.empty(), 8);
      assertFalse(upload.source(host).queued());
      assertTrue(upload(8).source(host).queued());
      assertArrayEquals(
          Tensors.toFloats(host), Tensors.toFloats(upload.to(new Device("cpu"), host)));
      Tensor small = numbers(2);
      assertArrayEquals(
          Tensors.toFloats(small), Tensors.toFloats(upload.to(new Device("cpu"), small)));
    }
  }

  @Test
  void copiesOfTensorsWithGapsAreWaitedFor() {
    try (PointerScope scope = new PointerScope()) {
      Upload upload = new Upload(Optional::of, 1 << 20);
      Tensor dense = numbers(4, 6);
      assertTrue(upload.source(dense).queued());
      assertTrue(upload.source(dense.t()).queued());
      assertFalse(upload.source(dense.narrow(1, 0, 3)).queued());
      assertFalse(upload.source(dense.narrow(0, 0, 1).expand(4, 6)).queued());
    }
  }
}
