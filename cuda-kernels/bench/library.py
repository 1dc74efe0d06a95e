"""The kernel libraries through ctypes, on PyTorch's tensors without a copy.

Calls are planned once and then repeated, so that what is timed is the call itself. The CUDA
library queues on PyTorch's current stream. The CPU library has the same operations and serves to
check the references on a machine without a GPU.
"""

import ctypes
from dataclasses import dataclass

import torch

TYPES = {torch.float32: 0, torch.bfloat16: 1, torch.float16: 2}
EASY, HARD = 0, 1
LAYERWISE, MSE, COSINE = 0, 1, 2


class I32(int):
    """An argument of 32 bits; plain ints are of 64."""


def _c(argument):
    if isinstance(argument, ctypes.c_void_p):
        return argument
    if argument is None:
        return ctypes.c_void_p(None)
    if isinstance(argument, torch.Tensor):
        return ctypes.c_void_p(argument.data_ptr())
    if isinstance(argument, I32):
        return ctypes.c_int32(argument)
    if isinstance(argument, int):
        return ctypes.c_int64(argument)
    if isinstance(argument, float):
        return ctypes.c_double(argument)
    if isinstance(argument, list) and argument and isinstance(argument[0], torch.Tensor):
        return (ctypes.c_void_p * len(argument))(*[t.data_ptr() for t in argument])
    if isinstance(argument, list) and argument and isinstance(argument[0], I32):
        return (ctypes.c_int32 * len(argument))(*argument)
    if isinstance(argument, list):
        return (ctypes.c_int64 * len(argument))(*argument)
    raise TypeError(f"no C type for {type(argument).__name__}")


@dataclass
class Activation:
    """The settings of filtered_lrelu; padding is (left, right, top, bottom)."""

    up: int
    down: int
    padding: tuple
    up_filter: torch.Tensor
    down_filter: torch.Tensor
    flip: bool
    gain: float
    slope: float
    clamp: float

    def output_shape(self, x):
        sides = []
        for side, before, after in ((1, *self.padding[2:]), (2, *self.padding[:2])):
            upsampled = x.shape[side] * self.up + before + after
            taps = self.up_filter.shape[0] + self.down_filter.shape[0] - 2
            sides.append((upsampled - taps + self.down - 1) // self.down)
        return (x.shape[0], *sides)


def _extents(taps):
    """Rows and columns of a filter, rows 0 where it is separable."""
    return [0, taps.shape[0]] if taps.ndim == 1 else list(taps.shape)


class Call:
    """A call of the library that can be repeated; `outputs` are the tensors that it fills."""

    def __init__(self, library, name, arguments, outputs, keep):
        self._library = library
        self._name = name
        self._function = library.function(name)
        self._arguments = [_c(a) for a in arguments]
        self._keep = keep  # what the arguments point into
        self.outputs = outputs

    def __call__(self):
        status = self._function(*self._arguments)
        if status != 0:
            raise RuntimeError(f"{self._name} returns {status}: {self._library.last_error()}")


class Library:
    """One of the two libraries; `cuda` says which."""

    def __init__(self, path, cuda):
        self.cuda = cuda
        self.device = torch.device("cuda", 0) if cuda else torch.device("cpu")
        self._prefix = "potstill_cuda_" if cuda else "potstill_"
        self._library = ctypes.CDLL(path)

    def function(self, name, result=ctypes.c_int32):
        function = getattr(self._library, self._prefix + name)
        function.restype = result
        return function

    def last_error(self):
        return self.function("last_error", ctypes.c_char_p)().decode()

    def unavailability(self):
        """Why the kernels do not run on the device, or None where they do."""
        if not self.cuda:
            return None
        return None if self.function("available")(ctypes.c_int32(0)) == 0 else self.last_error()

    def empty(self, shape, dtype=torch.float32):
        """A tensor that holds what no kernel writes, so that what is left unwritten shows."""
        poison = float("nan") if dtype.is_floating_point else 77
        return torch.full(shape, poison, dtype=dtype, device=self.device)

    def _tail(self, level=True):
        if self.cuda:
            return [I32(0), ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)]
        return [I32(torch.get_num_threads())] + ([I32(0)] if level else [])

    def _workspace(self, name, arguments):
        size = self.function(name + "_workspace", ctypes.c_int64)(*[_c(a) for a in arguments])
        if size < 0:
            raise RuntimeError(f"{name}_workspace refuses: {self.last_error()}")
        return self.empty((size,), torch.uint8)

    def _call(self, name, arguments, outputs, level=True, keep=()):
        return Call(self, name, arguments + self._tail(level), outputs, [arguments, *keep])

    def score(self, logits, labels, every_output):
        rows, classes = logits.shape
        outputs = [self.empty((rows,)) for _ in range(4 if every_output else 1)]
        if every_output:
            outputs.append(self.empty((rows,), torch.int8))
        given = outputs + [None] * (5 - len(outputs))
        arguments = [logits, I32(TYPES[logits.dtype]), labels, rows, classes] + given
        return self._call("score", arguments, outputs)

    def select(self, scores, class_of, classes, largest_class, order, keep):
        n = scores.numel()
        kept = self.empty((sum(keep),), torch.int64)
        offsets = self.empty((classes + 1,), torch.int64)
        bound = [largest_class] if self.cuda else []
        query = [n, classes] + bound + ([I32(0)] if self.cuda else [])
        memory = self._workspace("select", query)
        arguments = [scores, class_of, n, classes] + bound + [I32(order), keep, kept, offsets]
        arguments += [memory, memory.numel()]
        return self._call("select", arguments, [kept, offsets], level=False)

    def feature_mean(self, real, real_offsets, synthetic, synthetic_offsets):
        classes = len(real_offsets) - 1
        features = real.shape[1]
        loss = self.empty((1,), torch.float64)
        per_class = self.empty((classes,), torch.float64)
        gradient = self.empty(synthetic.shape)
        memory = self._workspace("feature_mean", [classes, features])
        arguments = [real, real_offsets, synthetic, synthetic_offsets, classes, features]
        arguments += [loss, per_class, gradient, memory, memory.numel()]
        return self._call("feature_mean", arguments, [loss, per_class, gradient])

    def gradient_match(self, distance, rows, real, synthetic):
        sizes = [t.numel() for t in real]
        loss = self.empty((1,), torch.float64)
        gradients = [self.empty(t.shape) for t in synthetic]
        head = [I32(distance), len(sizes), rows, sizes]
        memory = self._workspace("gradient_match", head)
        arguments = head + [real, synthetic, gradients, loss, memory, memory.numel()]
        return self._call("gradient_match", arguments, [loss, *gradients])

    def trajectory(self, theta, target, start):
        sizes = [t.numel() for t in theta]
        loss = self.empty((1,), torch.float64)
        gradients = [self.empty(t.shape) for t in theta]
        memory = self._workspace("trajectory", [len(sizes), sizes])
        arguments = [len(sizes), sizes, theta, target, start, gradients, loss]
        arguments += [memory, memory.numel()]
        return self._call("trajectory", arguments, [loss, *gradients])

    def quantise(self, points, codebook):
        count, width = points.shape
        codes = codebook.shape[0]
        indices = self.empty((count,), torch.int64)
        arguments = [points, count, codebook, codes, width, indices]
        keep = []
        if not self.cuda:
            keep.append(self._workspace("quantise", [codes, width]))
            arguments += [keep[0], keep[0].numel()]
        return self._call("quantise", arguments, [indices], keep=keep)


    def upfirdn(self, x, up, down, padding, taps, flip, gain):
        padded = [x.shape[2] * up[0] + sum(padding[:2]), x.shape[1] * up[1] + sum(padding[2:])]
        extents = (taps.shape[-1], taps.shape[0])
        wide, high = [(p - t + d) // d for p, t, d in zip(padded, extents, down)]
        output = self.empty((x.shape[0], high, wide))
        shape = [[I32(u) for u in up], [I32(d) for d in down], list(padding)]
        keep = []
        arguments = [x, *x.shape, *shape, taps, *_extents(taps), I32(flip), float(gain), output]
        if not self.cuda:
            keep.append(self._host_workspace("upfirdn", [*x.shape[1:], *shape, *_extents(taps)]))
            arguments += [keep[0], keep[0].numel()]
        return self._call("upfirdn", arguments, [output], keep=keep)

    def _host_workspace(self, name, arguments):
        """Of the CPU library, whose workspaces depend on the threads."""
        return self._workspace(name, arguments + [I32(torch.get_num_threads())])

    def filtered_lrelu(self, x, bias, s, gradient=None):
        """The output or, given its gradient, that of the input."""
        up, down = _extents(s.up_filter), _extents(s.down_filter)
        arguments = [x, bias, x.shape[0], bias.numel(), *x.shape[1:], I32(s.up), I32(s.down)]
        arguments += [list(s.padding), s.up_filter, *up, s.down_filter, *down]
        arguments += [I32(s.flip), s.gain, s.slope, s.clamp]
        output = self.empty(s.output_shape(x) if gradient is None else x.shape)
        name = "filtered_lrelu" if gradient is None else "filtered_lrelu_gradient"
        arguments += [output] if gradient is None else [gradient, output]
        keep = []
        if not self.cuda:
            query = [*x.shape[1:], I32(s.up), I32(s.down), list(s.padding), *up, *down]
            keep.append(self._host_workspace("filtered_lrelu", query))
            arguments += [keep[0], keep[0].numel()]
        return self._call(name, arguments, [output], keep=keep)
