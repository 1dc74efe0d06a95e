package org.potstill.tensor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.cudart.cudaDeviceProp;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;
import org.potstill.errors.RunFailedException;
import org.potstill.run.ByteSizes;

/** CUDA through the presets; part of builds with the profile {@code gpu} alone. */
public final class CudaRuntime implements GpuRuntime {

  private static final int OLDEST_MAJOR = 8;

  private static String cause;

  /** Loads nothing yet. */
  public CudaRuntime() {}

  @Override
  public String load() {
    synchronized (CudaRuntime.class) {
      if (cause == null) {
        LibTorch.load();
        cause = tryLoad();
      }
      return cause;
    }
  }

  private static String tryLoad() {
    try {
      Loader.load(cudart.class);
      Loader.load(torch_cuda.class);
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      return missing(e);
    }
    int driver = version(cudart::cudaDriverGetVersion);
    if (driver == 0) {
      return "there is no NVIDIA driver";
    }
    int runtime = version(cudart::cudaRuntimeGetVersion);
    if (driver / 1000 < runtime / 1000) {
      return "the NVIDIA driver is for CUDA "
          + text(driver)
          + ", LibTorch needs one for "
          + text(runtime)
          + " or newer";
    }
    int[] count = new int[1];
    int error = cudart.cudaGetDeviceCount(count);
    if (error != cudart.cudaSuccess) {
      return "CUDA finds no device: " + cudart.cudaGetErrorString(error).getString();
    }
    return count[0] == 0 ? "CUDA finds no device" : "";
  }

  private static String tooOld(int device) {
    try (PointerScope scope = new PointerScope()) {
      cudaDeviceProp properties = torch_cuda.getDeviceProperties((byte) device);
      return properties.major() < OLDEST_MAJOR
          ? properties.name().getString()
              + " has compute capability "
              + properties.major()
              + "."
              + properties.minor()
              + ", "
              + OLDEST_MAJOR
              + ".0 is needed"
          : "";
    }
  }

  /** The loader says that a name was not found; which library lacks is in the cause. */
  private static String missing(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String line = LibTorch.firstLine(root);
    line = line.substring(line.lastIndexOf(".so: ") < 0 ? 0 : line.lastIndexOf(".so: ") + 5);
    return line.contains("libcuda.so")
        ? "there is no NVIDIA driver (" + line + ")"
        : "CUDA 13 with cuDNN 9 and NCCL is not installed (" + line + ")";
  }

  /** 1000 times the major and 10 times the minor version; 0 where CUDA does not tell it. */
  private static int version(ToIntFunction<int[]> query) {
    int[] version = new int[1];
    return query.applyAsInt(version) == cudart.cudaSuccess ? version[0] : 0;
  }

  private static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  @Override
  public int devices() {
    return load().isEmpty() ? torch_cuda.device_count() : 0;
  }

  @Override
  public Map<String, String> properties(int device) {
    Map<String, String> found = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      cudaDeviceProp properties = torch_cuda.getDeviceProperties((byte) device);
      found.put("name", properties.name().getString());
      found.put("compute", "compute capability " + properties.major() + "." + properties.minor());
      found.put("processors", properties.multiProcessorCount() + " multiprocessors");
      found.put("memory", freeMemory(device));
    }
    return found;
  }

  @Override
  public String unavailabilityCause(int device) {
    try {
      String cause = tooOld(device);
      if (cause.isEmpty()) {
        // Full, or another process has it for itself, or broken: only trying tells.
        freeMemory(device);
      }
      return cause;
    } catch (RuntimeException e) {
      return LibTorch.firstLine(e);
    }
  }

  private static String freeMemory(int device) {
    long[] free = new long[1];
    long[] total = new long[1];
    on(
        device,
        () -> {
          try (SizeTPointer freeBytes = new SizeTPointer(1);
              SizeTPointer allBytes = new SizeTPointer(1)) {
            check(device, cudart.cudaMemGetInfo(freeBytes, allBytes));
            free[0] = freeBytes.get();
            total[0] = allBytes.get();
          }
        });
    return ByteSizes.text(free[0]) + " of " + ByteSizes.text(total[0]) + " free";
  }

  /**
   * Works with a device as the current one of this thread. The one before is made current again
   * only where it is in use, or else that would take its memory for a context.
   */
  private static void on(int device, Runnable work) {
    byte before = torch_cuda.current_device();
    // What fails in the work is told, with what then fails here beside it.
    try (Current restored = () -> check(before, torch_cuda.MaybeSetDevice(before))) {
      check(device, torch_cuda.SetDevice((byte) device));
      work.run();
    }
  }

  /** Makes a device the current one when closed. */
  private interface Current extends AutoCloseable {
    @Override
    void close();
  }

  /** An error that was told is not to be found by who asks CUDA for the last one. */
  private static void check(int device, int error) {
    if (error != cudart.cudaSuccess) {
      cudart.cudaGetLastError();
      throw new RunFailedException(
          "cuda:" + device + ": " + cudart.cudaGetErrorString(error).getString());
    }
  }

  @Override
  public long memory(int device) {
    try (PointerScope scope = new PointerScope()) {
      return torch_cuda.getDeviceProperties((byte) device).totalGlobalMem();
    }
  }

  @Override
  public void emptyCache() {
    torch.emptyCache();
  }

  @Override
  public Map<String, String> versions() {
    Map<String, String> found = new LinkedHashMap<>();
    if (load().isEmpty()) {
      found.put("cuda driver", text(version(cudart::cudaDriverGetVersion)));
      found.put("cuda runtime", text(version(cudart::cudaRuntimeGetVersion)));
      found.put("cudnn", Long.toString(cudnn.cudnnGetVersion()));
    }
    return found;
  }

  @Override
  public Pointer currentStream(int device) {
    return torch_cuda.getCurrentCUDAStream((byte) device).stream();
  }

  @Override
  public Mark mark(int device) {
    CUDAEvent event = new CUDAEvent();
    event.record(torch_cuda.getCurrentCUDAStream((byte) device));
    // Outlives the scope that it was made in.
    event.retainReference();
    return new Mark() {
      @Override
      public void await() {
        event.synchronize();
      }

      @Override
      public void close() {
        event.releaseReference();
      }
    };
  }

  @Override
  public void synchronise(int device) {
    on(device, () -> check(device, cudart.cudaDeviceSynchronize()));
  }
}
