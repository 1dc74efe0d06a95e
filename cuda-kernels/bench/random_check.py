"""Every kernel against its double-precision reference over random sizes and types.

Prints one JSON object an operation: how many cases, the largest error, and the first that failed.
Exit status 1 where a result is wrong, 77 where there is no GPU. With --cpu the library is that of
the CPU kernels, which checks the references and this program on a machine without a GPU.
"""

import argparse
import json
import sys

import torch

import references
from library import COSINE, EASY, HARD, LAYERWISE, MSE, Activation, Library

RELATIVE = 1e-5
ABSOLUTE = 2e-6


class Draw:
    """Random sizes and contents from one seed."""

    def __init__(self, seed, device):
        self._generator = torch.Generator().manual_seed(seed)
        self._device = device

    def size(self, least, most):
        """An integer whose logarithm is uniform."""
        low, high = torch.tensor([float(least), float(most) + 1]).log()
        where = torch.rand((), generator=self._generator)
        return min(most, int((low + (high - low) * where).exp()))

    def below(self, bound):
        return int(torch.randint(bound, (), generator=self._generator))

    def of(self, *choices):
        return choices[self.below(len(choices))]

    def normal(self, *shape, scale=1.0, dtype=torch.float32):
        """A tensor that begins at a boundary of 16 bytes or, half of the time, at any element."""
        count = 1
        for size in shape:
            count *= size
        skip = self.of(0, self.below(8))
        values = torch.randn(count + skip, generator=self._generator) * scale
        return values.to(dtype).to(self._device)[skip:].reshape(shape)

    def grid(self, *shape):
        """Multiples of 1/16 up to 1, whose products and sums single precision holds exactly."""
        return (self.normal(*shape).clamp(-1, 1) * 16).round() / 16

    def integers(self, bound, count, dtype):
        values = torch.randint(bound, (count,), generator=self._generator, dtype=dtype)
        return values.to(self._device)


def errors(outputs, expected):
    """The largest error in units of what is allowed; infinite where only one of two is NaN."""
    worst = 0.0
    for value, wanted in zip(outputs, expected):
        if not value.dtype.is_floating_point:
            worst = max(worst, 0.0 if torch.equal(value, wanted) else float("inf"))
            continue
        difference = (value.double() - wanted).abs()
        allowed = ABSOLUTE + RELATIVE * wanted.abs()
        share = torch.where(difference.isnan(), torch.inf, difference / allowed)
        same = (value.isnan() & wanted.isnan()) | (value.double() == wanted)
        share = torch.where(same, 0.0, share)
        worst = max(worst, float(share.max()) if share.numel() else 0.0)
    return worst


def score(library, draw):
    classes = draw.size(2, draw.of(64, 3000, 40000))
    if draw.of(True, False):  # rows of whole vectors of 16 bytes
        classes = (classes + 7) // 8 * 8
    rows = draw.size(1, max(1, min(4000, 400000 // classes)))
    dtype = draw.of(torch.float32, torch.bfloat16, torch.float16)
    logits = draw.normal(rows, classes, scale=3.0, dtype=dtype)
    labels = draw.integers(classes, rows, torch.int64)
    every = draw.of(True, False)
    call = library.score(logits, labels, every)
    call()
    case = f"{dtype} {rows} x {classes}"
    return case, errors(call.outputs, references.score(logits, labels))


def select(library, draw):
    n = draw.size(1, 60000)
    classes = draw.size(1, 300)
    # Half of the cases have many equal scores.
    scores = draw.normal(n) if draw.of(True, False) else draw.normal(n).mul(8).round()
    class_of = draw.integers(classes, n, torch.int32)
    members = torch.bincount(class_of, minlength=classes).tolist()
    keep = [draw.below(m + 1) for m in members]
    order = draw.of(EASY, HARD)
    bound = draw.of(n, max(members))
    call = library.select(scores, class_of, classes, bound, order, keep)
    call()
    case = f"{n} samples, {classes} classes, bound {bound}, order {order}"
    return case, errors(call.outputs, references.select(scores, class_of, classes, order, keep))


def feature_mean(library, draw):
    classes = draw.size(1, 40)
    features = draw.size(1, 3000)
    real_offsets = [0]
    synthetic_offsets = [0]
    for _ in range(classes):
        real_offsets.append(real_offsets[-1] + draw.size(1, 300))
        synthetic_offsets.append(synthetic_offsets[-1] + draw.size(1, 50))
    real = draw.normal(real_offsets[-1], features)
    synthetic = draw.normal(synthetic_offsets[-1], features)
    arguments = (real, real_offsets, synthetic, synthetic_offsets)
    call = library.feature_mean(*arguments)
    call()
    case = f"{classes} classes, {features} features"
    return case, errors(call.outputs, references.feature_mean(*arguments))


def _shapes(draw):
    """Rows and row lengths of a list of tensors; rows 0: one that LAYERWISE does not count."""
    return [
        (draw.of(0, draw.size(1, 200)), draw.size(1, draw.of(30, 5000)))
        for _ in range(draw.size(1, 30))
    ]


def gradient_match(library, draw):
    shapes = _shapes(draw)
    rows = [r for r, _ in shapes]
    real = [draw.normal(max(r, 1), n) for r, n in shapes]
    synthetic = [draw.normal(max(r, 1), n) for r, n in shapes]
    kind = draw.of(LAYERWISE, MSE, COSINE)
    call = library.gradient_match(kind, rows, real, synthetic)
    call()
    case = f"distance {kind}, shapes {shapes}"
    return case, errors(call.outputs, references.gradient_match(kind, rows, real, synthetic))


def trajectory(library, draw):
    shapes = _shapes(draw)
    theta, target, start = ([draw.normal(max(r, 1), n) for r, n in shapes] for _ in range(3))
    call = library.trajectory(theta, target, start)
    call()
    return f"shapes {shapes}", errors(call.outputs, references.trajectory(theta, target, start))


def quantise(library, draw):
    width = draw.of(1, 3, 4, draw.size(1, 70))
    codes = draw.size(1, 3000)
    count = draw.size(1, max(1, 3000000 // (codes * width)))
    points = draw.normal(count, width)
    codebook = draw.normal(codes, width)
    call = library.quantise(points, codebook)
    call()
    found = call.outputs[0]
    case = f"{count} points, {codes} codes, width {width}"
    if bool((found < 0).any() or (found >= codes).any()):
        return case, float("inf")
    distances = references.quantise_distances(points, codebook)
    nearest = distances.min(dim=1).values
    return case, errors([distances.gather(1, found[:, None])[:, 0]], [nearest])


def _taps(draw, most):
    count = draw.size(1, most)
    shape = (count,) if draw.of(True, False) else (count, draw.size(1, most))
    return draw.normal(*shape, scale=count**-0.5)


def upfirdn(library, draw):
    x = draw.normal(draw.size(1, 40), draw.size(1, 90), draw.size(1, 90))
    taps = _taps(draw, 24)
    up, down = ((draw.size(1, 4), draw.size(1, 4)) for _ in range(2))
    # At least as much padding as taps: some output is left.
    padding = [taps.shape[-1 - i // 2 * (taps.ndim - 1)] + draw.below(5) for i in range(4)]
    arguments = (x, up, down, padding, taps, draw.of(True, False), 1.5)
    call = library.upfirdn(*arguments)
    call()
    case = f"{tuple(x.shape)}, up {up}, down {down}, padding {padding}, taps {tuple(taps.shape)}"
    return case, errors(call.outputs, [references.upfirdn(x.double(), *arguments[1:])])


def filtered_lrelu(library, draw):
    # On a grid, so that nothing lands on the other side of zero or of the clamp by rounding.
    channels = draw.size(1, 8)
    x = draw.grid(channels * draw.size(1, 4), draw.size(4, 60), draw.size(4, 60))
    bias = draw.grid(channels)
    taps = [draw.grid(draw.size(1, 24)) for _ in range(2)]
    if draw.of(True, False):
        taps = [torch.outer(t, t) for t in taps]
    margin = taps[0].shape[0] + taps[1].shape[0]
    padding = tuple(margin + draw.below(4) - 2 for _ in range(4))
    settings = Activation(
        draw.of(1, 2, 4), draw.of(1, 2, 4), padding, *taps, draw.of(True, False), 1.5, 0.25,
        draw.of(0.5, 256.0),
    )
    forward = library.filtered_lrelu(x, bias, settings)
    forward()
    variable = x.double().requires_grad_()
    expected = references.filtered_lrelu(variable, bias, settings)
    given = draw.grid(*expected.shape)
    backward = library.filtered_lrelu(x, bias, settings, given)
    backward()
    (gradient,) = torch.autograd.grad(expected, variable, given.double())
    shapes = ", ".join(str(tuple(t.shape)) for t in (x, *taps))
    case = f"{settings.up} up, {settings.down} down, shapes {shapes}"
    outputs, wanted = forward.outputs + backward.outputs, [expected.detach(), gradient]
    scales = [max(1.0, float(w.abs().max())) for w in wanted]  # sums of hundreds of products
    return case, errors(*([v / s for v, s in zip(values, scales)] for values in (outputs, wanted)))


OPERATIONS = [
    score, select, feature_mean, gradient_match, trajectory, quantise, upfirdn, filtered_lrelu,
]


def check_operation(operation, library, cases, seed):
    worst, failure = 0.0, None
    for k in range(cases):
        case, error = operation(library, Draw(seed + k, library.device))
        worst = max(worst, error)
        if error > 1 and failure is None:
            failure = f"seed {seed + k}: {case}"
    result = {"kind": "random", "operation": operation.__name__, "cases": cases, "seed": seed}
    result["error"] = worst if worst < float("inf") else None
    result["ok"] = failure is None
    if failure is not None:
        result["failure"] = failure
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20240607)
    options = parser.parse_args()
    library = Library(options.library, cuda=not options.cpu)
    why = library.unavailability()
    if why is not None:
        print(f"skipped: {why}", file=sys.stderr)
        return 77
    ok = True
    for operation in OPERATIONS:
        result = check_operation(operation, library, options.cases, options.seed)
        print(json.dumps(result), flush=True)
        ok = ok and result["ok"]
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
