package org.potstill.weights;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a pickle may name: a few functions that are understood, and classes of the libraries that
 * published checkpoints were written with. The classes stay names: objects of them become {@link
 * PickleRecord}s.
 */
final class PickleNames {

  /** What is understood when it is called. */
  enum Callable {
    DICTIONARY,
    COLLECTION,
    REBUILD_TENSOR,
    REBUILD_PARAMETER,
    PERSISTENT_OBJECT,
    STORAGE_OF_BYTES,
    ENCODE
  }

  /** The name of a class, or of a function that makes plain values. */
  record Name(String full) {}

  private static final Map<String, Callable> CALLABLES =
      Map.ofEntries(
          Map.entry("collections.OrderedDict", Callable.DICTIONARY),
          Map.entry("dnnlib.util.EasyDict", Callable.DICTIONARY),
          Map.entry("builtins.set", Callable.COLLECTION),
          Map.entry("builtins.frozenset", Callable.COLLECTION),
          Map.entry("torch.Size", Callable.COLLECTION),
          Map.entry("torch._utils._rebuild_tensor_v2", Callable.REBUILD_TENSOR),
          Map.entry("torch._utils._rebuild_parameter", Callable.REBUILD_PARAMETER),
          Map.entry(
              "torch_utils.persistence._reconstruct_persistent_obj", Callable.PERSISTENT_OBJECT),
          Map.entry("torch.storage._load_from_bytes", Callable.STORAGE_OF_BYTES),
          Map.entry("_codecs.encode", Callable.ENCODE));

  private static final Map<String, ElementType> STORAGES =
      Map.of(
          "torch.FloatStorage", ElementType.F32,
          "torch.DoubleStorage", ElementType.F64,
          "torch.HalfStorage", ElementType.F16,
          "torch.BFloat16Storage", ElementType.BF16,
          "torch.LongStorage", ElementType.I64,
          "torch.IntStorage", ElementType.I32,
          "torch.ShortStorage", ElementType.I16,
          "torch.CharStorage", ElementType.I8,
          "torch.ByteStorage", ElementType.U8,
          "torch.BoolStorage", ElementType.BOOL);

  /**
   * How the pickles of PyTorch, in the protocol of Python 2, call the module of the plain types.
   */
  private static final String OLD_BUILTINS = "__builtin__.";

  /**
   * Makers of numbers, arrays and the like, and what training scripts save beside the weights:
   * their arguments, paths, and the states of schedules and meters.
   */
  private static final Set<String> VALUES =
      Set.of(
          "numpy.dtype",
          "numpy.ndarray",
          "numpy.core.multiarray.scalar",
          "numpy.core.multiarray._reconstruct",
          "numpy._core.multiarray.scalar",
          "numpy._core.multiarray._reconstruct",
          "torch.device",
          "torch.float16",
          "torch.bfloat16",
          "torch.float32",
          "argparse.Namespace",
          "collections.Counter",
          "collections.deque",
          "pathlib.PosixPath",
          "pathlib.WindowsPath",
          "functools.partial",
          "collections.defaultdict",
          "typing.Any",
          "builtins.dict",
          "builtins.list",
          "builtins.int",
          "builtins.float",
          "builtins.str",
          "builtins.bool");

  private static final List<String> LIBRARIES =
      List.of(
          "torch.nn.",
          "torch.optim.",
          "torch_utils.",
          "torchvision.",
          "dnnlib.",
          "training.",
          "pg_modules.",
          "feature_networks.",
          "timm.",
          "pytorch_lightning.",
          "omegaconf.",
          "ldm.",
          "taming.");

  private PickleNames() {}

  /** A {@link Callable}, an {@link ElementType}, a {@link Name}, or null for what is refused. */
  static Object find(String written) {
    String full =
        written.startsWith(OLD_BUILTINS)
            ? "builtins." + written.substring(OLD_BUILTINS.length())
            : written;
    if (CALLABLES.containsKey(full)) {
      return CALLABLES.get(full);
    }
    if (STORAGES.containsKey(full)) {
      return STORAGES.get(full);
    }
    boolean known = VALUES.contains(full) || (isClass(full) && ofLibrary(full));
    return known ? new Name(full) : null;
  }

  /** Classes begin with a capital letter; functions, which would do something, do not. */
  private static boolean isClass(String full) {
    int last = full.lastIndexOf('.') + 1;
    return last < full.length() && Character.isUpperCase(full.charAt(last));
  }

  private static boolean ofLibrary(String full) {
    return LIBRARIES.stream().anyMatch(full::startsWith);
  }
}
