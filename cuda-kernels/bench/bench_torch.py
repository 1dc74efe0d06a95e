"""Times of the kernels on GPU 0 against PyTorch's expressions for the same, one JSON object a line.

Both sides run in this process on the same tensors and stream, one after the other, and their
results are compared before they are timed. With --self-check LIBRARY is that of the CPU kernels:
small sizes, nothing is timed, only compared.
"""

import argparse
import json
import math
import statistics
import sys

import torch
from torch.nn.functional import cross_entropy

import references
from library import EASY, LAYERWISE, Activation, Library

WARM_UPS, RUNS = 5, 25
# PyTorch's side is single precision and rounds more: relative to the largest value.
TOLERANCE = 2e-3


class Case:
    """One comparison: `ours` a planned call, `theirs` a function whose outputs are to be equal."""

    def __init__(self, operation, shape, ours, theirs, against, wanted_ratio=None, bytes_moved=None):
        self.operation = operation
        self.shape = shape
        self.ours = ours
        self.theirs = theirs
        self.against = against
        self.wanted_ratio = wanted_ratio
        self.bytes_moved = bytes_moved

    def difference(self):
        """The largest difference of an output, relative to its largest value."""
        self.ours()
        worst = 0.0
        for ours, theirs in zip(self.ours.outputs, self.theirs()):
            ours, theirs = ours.double().reshape(-1), theirs.detach().double().reshape(-1)
            if ours.numel() == 0:
                continue
            off = float((ours - theirs).abs().max() / theirs.abs().max().clamp(1e-30))
            worst = max(worst, math.inf if math.isnan(off) else off)  # max() drops NaN
        return worst


class Clock:
    """Medians in milliseconds of events on the current stream; the sides alternate."""

    def __init__(self):
        cache = torch.cuda.get_device_properties(0).L2_cache_size
        # Reading so much takes longer than a call of ours takes to be queued.
        self._zeros = torch.zeros(max(2 * cache, 1 << 27), dtype=torch.float32, device="cuda")
        self._events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]

    def _once(self, run):
        self._zeros.sum()
        self._events[0].record()
        run()
        self._events[1].record()
        self._events[1].synchronize()
        return self._events[0].elapsed_time(self._events[1])

    def medians(self, *sides):
        times = [[self._once(side) for side in sides] for _ in range(WARM_UPS + RUNS)]
        return [statistics.median(column) for column in zip(*times[WARM_UPS:])]

    def copy_bandwidth(self):
        """Bytes read and written a second by a large copy."""
        source = torch.rand(1 << 28, device="cuda")
        target = torch.empty_like(source)
        (ms,) = self.medians(lambda: target.copy_(source))
        return 2e3 * source.numel() * 4 / ms


class Cases:
    """What is compared; `large` for a GPU, else sizes that suit a check on the CPU."""

    def __init__(self, library, large):
        self._library = library
        self._large = large
        self._generator = torch.Generator(device=library.device).manual_seed(11)

    def _normal(self, *shape, dtype=torch.float32):
        values = torch.empty(shape, dtype=dtype, device=self._library.device)
        return values.normal_(generator=self._generator)

    def _integers(self, bound, count):
        values = torch.empty((count,), dtype=torch.int64, device=self._library.device)
        return values.random_(bound, generator=self._generator)

    def score(self):
        for dtype in (torch.float32, torch.bfloat16):
            for classes in (10, 1000, 100000):
                size = 1 << 30 if self._large else 1 << 20
                rows = size // (classes * dtype.itemsize)
                logits = self._normal(rows, classes, dtype=dtype)
                labels = self._integers(classes, rows)
                yield Case(
                    "score",
                    f"{str(dtype)[6:]} {rows} x {classes}",
                    self._library.score(logits, labels, False),
                    lambda z=logits, y=labels: [cross_entropy(z, y, reduction="none")],
                    "cross_entropy",
                    2.0,
                    rows * (classes * dtype.itemsize + 12),
                )

    def select(self):
        sizes = ((1000, 1280, 10.0), (10000, 100, 10.0), (10, 1300, None), (10, 1000000, None))
        for classes, of_class, wanted in sizes if self._large else ((7, 90, None),):
            n = classes * of_class
            order = torch.randperm(n, generator=torch.Generator().manual_seed(5))
            class_of = (order % classes).to(torch.int32).to(self._library.device)
            scores = self._normal(n)
            keep = [of_class // 2] * classes
            # The loop gets the members of every class for nothing.
            members = [torch.nonzero(class_of == c)[:, 0] for c in range(classes)]
            grouped = [scores[m] for m in members]

            def loop(grouped=grouped, members=members, k=of_class // 2):
                orders = [torch.sort(s, stable=True).indices[:k] for s in grouped]
                return [torch.cat([m[o] for m, o in zip(members, orders)])]

            yield Case(
                "select",
                f"{classes} classes of {of_class}",
                self._library.select(scores, class_of, classes, of_class, EASY, keep),
                loop,
                "a loop of sorts",
                wanted,
            )

    def feature_mean(self):
        for classes, synthetic_rows in ((10, 1), (10, 10), (100, 10)):
            features, real_rows = (2048, 256) if self._large else (70, 9)
            real = self._normal(classes * real_rows, features)
            synthetic = self._normal(classes * synthetic_rows, features)
            of_real = [c * real_rows for c in range(classes + 1)]
            of_synthetic = [c * synthetic_rows for c in range(classes + 1)]

            def eager(arguments=(real, of_real, synthetic, of_synthetic)):
                real, of_real, synthetic, of_synthetic = arguments
                x = synthetic.detach().requires_grad_()
                shares = []
                for c in range(len(of_real) - 1):
                    a = real[of_real[c] : of_real[c + 1]].mean(dim=0)
                    b = x[of_synthetic[c] : of_synthetic[c + 1]].mean(dim=0)
                    shares.append(((a - b) ** 2).sum())
                per_class = torch.stack(shares)
                loss = per_class.sum()
                return [loss, per_class, torch.autograd.grad(loss, x)[0]]

            yield Case(
                "feature_mean",
                f"{classes} classes of {real_rows} and {synthetic_rows} rows, {features} features",
                self._library.feature_mean(real, of_real, synthetic, of_synthetic),
                eager,
                "the eager expression",
                5.0,
                4 * features * (real.shape[0] + 2 * synthetic.shape[0]),
            )

    def _convnet(self):
        """Parameters of a ConvNet for 128 pixels: (rows of LAYERWISE, elements of a row)."""
        depth, width = (5, 128) if self._large else (2, 8)
        shapes = []
        for layer in range(depth):
            shapes += [(width, 9 * (3 if layer == 0 else width)), (0, width)]
            shapes += [(0, width), (0, width)]  # scale and shift of the norm
        return shapes + [(10, 16 * width), (0, 10)]

    def gradient_match(self):
        shapes = self._convnet()
        rows = [r for r, _ in shapes]
        real = [self._normal(max(r, 1), n) for r, n in shapes]
        synthetic = [self._normal(max(r, 1), n) for r, n in shapes]

        def eager():
            variables = [t.detach().requires_grad_() for t in synthetic]
            loss = references.distance(LAYERWISE, rows, real, variables)
            return references.with_gradients(loss, variables)

        yield Case(
            "gradient_match",
            f"layer-wise, ConvNet of {sum(t.numel() for t in real)} parameters",
            self._library.gradient_match(LAYERWISE, rows, real, synthetic),
            eager,
            "the eager expression",
            5.0,
            12 * sum(t.numel() for t in real),
        )

    def trajectory(self):
        shapes = self._convnet()
        lists = [[self._normal(max(r, 1), n) for r, n in shapes] for _ in range(3)]

        def eager():
            theta, target, start = (torch.cat([t.reshape(-1) for t in each]) for each in lists)
            x = theta.requires_grad_()
            loss = ((x - target) ** 2).sum() / ((start - target) ** 2).sum()
            (gradient,) = torch.autograd.grad(loss, x)
            return [loss, *gradient.split([t.numel() for t in lists[0]])]

        yield Case(
            "trajectory",
            f"ConvNet of {sum(t.numel() for t in lists[0])} parameters",
            self._library.trajectory(*lists),
            eager,
            "the eager expression",
            None,
            24 * sum(t.numel() for t in lists[0]),
        )

    def quantise(self):
        sizes = ((1024, 8192, 3), (40960, 8192, 3)) if self._large else ((50, 90, 3),)
        for count, codes, width in sizes:
            points, codebook = self._normal(count, width), self._normal(codes, width)

            def eager(x=points, e=codebook):
                squares = (x**2).sum(dim=1, keepdim=True) + (e**2).sum(dim=1)
                return [(squares - 2 * x @ e.T).argmin(dim=1)]

            case = Case(
                "quantise",
                f"{count} points, {codes} codes, width {width}",
                self._library.quantise(points, codebook),
                eager,
                "the eager expression",
            )
            case.difference = lambda case=case, x=points, e=codebook: _quantise_difference(case, x, e)
            yield case

    def _taps(self, count):
        """A low-pass filter as the generators have, of one dimension."""
        place = torch.arange(count, device=self._library.device) - (count - 1) / 2
        taps = torch.sinc(place / 2) * torch.hann_window(count + 2, False).to(place.device)[1:-1]
        return taps / taps.sum()

    def upfirdn(self):
        sizes = ((128, 64, 2, 1), (128, 128, 1, 2)) if self._large else ((3, 9, 2, 1),)
        for planes, side, up, down in sizes:
            x = self._normal(planes, side, side)
            taps = self._taps(12)
            arguments = (x, (up, up), (down, down), (6, 5, 6, 5), taps, True, 1.0)
            call = self._library.upfirdn(*arguments)
            yield Case(
                "upfirdn",
                f"{planes} planes of {side} x {side}, up {up}, down {down}, 12 taps",
                call,
                lambda arguments=arguments: [references.upfirdn(*arguments)],
                "the eager expression",
                None,
                4 * (x.numel() + call.outputs[0].numel()),
            )

    def filtered_lrelu(self):
        sizes = ((512, 52, 2), (256, 148, 2), (128, 148, 4)) if self._large else ((4, 9, 2),)
        for planes, side, up in sizes:
            x, bias = self._normal(planes, side, side), self._normal(planes)
            settings = Activation(
                up, 2, (9, 8, 9, 8), self._taps(6 * up), self._taps(12), True, 2**0.5, 0.2, 256.0
            )
            shape = f"{planes} planes of {side} x {side}, up {up}, down 2"
            call = self._library.filtered_lrelu(x, bias, settings)
            yield Case(
                "filtered_lrelu",
                shape,
                call,
                lambda x=x, bias=bias, s=settings: [references.filtered_lrelu(x, bias, s)],
                "the eager expression",
                None,
                4 * (x.numel() + call.outputs[0].numel()),
            )
            given = self._normal(*call.outputs[0].shape)

            def eager(x=x, bias=bias, s=settings, given=given):
                variable = x.detach().requires_grad_()
                out = references.filtered_lrelu(variable, bias, s)
                return [torch.autograd.grad(out, variable, given)[0]]

            case = Case(
                "filtered_lrelu",
                shape + ", gradient",
                self._library.filtered_lrelu(x, bias, settings, given),
                eager,
                "the eager expression forth and back",
                None,
                4 * (2 * x.numel() + given.numel()),
            )
            # Beside zero the slopes of a sample may differ by rounding: few samples do.
            case.difference = lambda case=case: _typical_difference(case)
            yield case

    def __iter__(self):
        for operation in ("score", "select", "feature_mean", "gradient_match", "trajectory",
                          "quantise", "upfirdn", "filtered_lrelu"):
            yield from getattr(self, operation)()


def _quantise_difference(case, points, codebook):
    """The expanded squares round: where the two disagree, the codes are about as near."""
    case.ours()
    distances = [
        ((points.double() - codebook[found].double()) ** 2).sum(dim=1)
        for found in (case.ours.outputs[0], case.theirs()[0])
    ]
    return float((distances[0] - distances[1]).clamp(min=0).max() / distances[1].max())


def _typical_difference(case):
    case.ours()
    ours, theirs = case.ours.outputs[0], case.theirs()[0]
    return float((ours - theirs).norm() / theirs.norm())


def describe(case, clock, bandwidth):
    kind = "compare" if clock is None else "time"
    result = {"kind": kind, "operation": case.operation, "shape": case.shape}
    result["difference"] = case.difference()
    # PyTorch rounds its losses to bfloat16, which has three digits.
    allowed = 1e-2 if "bfloat16" in case.shape else TOLERANCE
    result["ok"] = result["difference"] <= allowed
    if clock is None or not result["ok"]:
        return result
    ours, theirs = clock.medians(case.ours, case.theirs)
    result.update(ms=ours, against=case.against, against_ms=theirs, ratio=theirs / ours)
    if case.bytes_moved:
        result.update(bytes=case.bytes_moved, share=1e3 * case.bytes_moved / ours / bandwidth)
    if case.wanted_ratio:
        result["wanted_ratio"] = case.wanted_ratio
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("--self-check", action="store_true")
    options = parser.parse_args()
    library = Library(options.library, cuda=not options.self_check)
    why = library.unavailability()
    if why is not None:
        print(f"skipped: {why}", file=sys.stderr)
        return 77
    # As single precision as ours.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    clock = None if options.self_check else Clock()
    bandwidth = None if clock is None else clock.copy_bandwidth()
    ok = True
    for case in Cases(library, large=clock is not None):
        result = describe(case, clock, bandwidth)
        print(json.dumps(result), flush=True)
        ok = ok and result["ok"]
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
