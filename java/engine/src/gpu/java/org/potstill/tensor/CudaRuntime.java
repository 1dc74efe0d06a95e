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
    return count[0] == 0 ? "CUDA finds no device" : tooOld();
  }

  private static String tooOld() {
    try (PointerScope scope = new PointerScope()) {
      cudaDeviceProp properties = torch_cuda.getDeviceProperties((byte) 0);
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

  private static String freeMemory(int device) {
    byte before = torch_cuda.current_device();
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      torch_cuda.set_device((byte) device);
      cudart.cudaMemGetInfo(free, total);
      return ByteSizes.text(free.get()) + " of " + ByteSizes.text(total.get()) + " free";
    } finally {
      torch_cuda.set_device(before);
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
  public void synchronise(int device) {
    byte before = torch_cuda.current_device();
    try {
      torch_cuda.set_device((byte) device);
      int error = cudart.cudaDeviceSynchronize();
      if (error != cudart.cudaSuccess) {
        throw new RunFailedException(
            "cuda:" + device + ": " + cudart.cudaGetErrorString(error).getString());
      }
    } finally {
      torch_cuda.set_device(before);
    }
  }
}
