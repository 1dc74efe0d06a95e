"""What the kernels compute, in plain PyTorch and double precision.

The gradients come from autograd, so that they share nothing with the kernels' formulas.
"""

import torch
from torch.nn.functional import conv2d, pad

from library import COSINE, LAYERWISE, MSE

EPSILON = 1e-6


def score(logits, labels):
    """Loss, margin, entropy, EL2N and correctness of every row."""
    z = logits.double()
    rows = torch.arange(z.shape[0], device=z.device)
    own = z[rows, labels]
    log_p = torch.log_softmax(z, dim=1)
    p = log_p.exp()
    others = z.clone()
    others[rows, labels] = -torch.inf
    error = p.clone()
    error[rows, labels] -= 1
    columns = torch.arange(z.shape[1], device=z.device)
    ahead = torch.where(columns < labels[:, None], z >= own[:, None], z > own[:, None])
    return [
        -log_p[rows, labels],
        own - others.max(dim=1).values,
        -(p * log_p).sum(dim=1),
        error.norm(dim=1),
        (~ahead.any(dim=1)).to(torch.int8),
    ]


def select(scores, class_of, classes, order, keep):
    """Kept indices class after class, and where each class begins among them."""
    hard = order != 0
    by_rank = torch.sort(scores.double(), stable=True, descending=hard).indices
    kept = [by_rank[class_of[by_rank] == c][: keep[c]] for c in range(classes)]
    offsets = torch.tensor([0, *keep], device=scores.device).cumsum(0)
    return [torch.cat(kept), offsets]


def feature_mean(real, real_offsets, synthetic, synthetic_offsets):
    """Loss, its share of every class, and the gradient."""
    x = synthetic.double().requires_grad_()
    per_class = []
    for c in range(len(real_offsets) - 1):
        a = real[real_offsets[c] : real_offsets[c + 1]].double().mean(dim=0)
        b = x[synthetic_offsets[c] : synthetic_offsets[c + 1]].mean(dim=0)
        per_class.append(((a - b) ** 2).sum())
    loss = torch.stack(per_class)
    (gradient,) = torch.autograd.grad(loss.sum(), x)
    return [loss.sum().detach().reshape(1), loss.detach(), gradient]


def distance(kind, rows, real, synthetic):
    """The distance of two lists of gradients, of the type that they have."""
    if kind == LAYERWISE:
        total = real[0].new_zeros(())
        for count, a, b in zip(rows, real, synthetic):
            if count > 0:
                a, b = a.reshape(count, -1), b.reshape(count, -1)
                norms = a.norm(dim=1) * b.norm(dim=1) + EPSILON
                total = total + (1 - (a * b).sum(dim=1) / norms).sum()
        return total
    a = torch.cat([t.reshape(-1) for t in real])
    b = torch.cat([t.reshape(-1) for t in synthetic])
    if kind == MSE:
        return ((b - a) ** 2).sum()
    assert kind == COSINE
    return 1 - (a * b).sum() / (a.norm() * b.norm() + EPSILON)


def with_gradients(loss, variables):
    """The loss and its gradient for every variable, zeros where it does not depend on one."""
    gradients = [None] * len(variables)
    if loss.requires_grad:
        gradients = torch.autograd.grad(loss, variables, allow_unused=True)
    filled = [torch.zeros_like(v) if g is None else g for g, v in zip(gradients, variables)]
    return [loss.detach().reshape(1), *filled]


def gradient_match(kind, rows, real, synthetic):
    """Loss and the gradient for each synthetic tensor."""
    variables = [t.double().requires_grad_() for t in synthetic]
    return with_gradients(distance(kind, rows, [t.double() for t in real], variables), variables)


def trajectory(theta, target, start):
    """Loss and the gradient for each tensor of theta."""
    variables = [t.double().requires_grad_() for t in theta]
    distance = sum(((x - y.double()) ** 2).sum() for x, y in zip(variables, target))
    travelled = sum(((x.double() - y.double()) ** 2).sum() for x, y in zip(start, target))
    return with_gradients(distance / travelled, variables)


def quantise_distances(points, codebook):
    """The squared distance of every point from every code."""
    return ((points.double()[:, None, :] - codebook.double()[None, :, :]) ** 2).sum(dim=2)


def upfirdn(x, up, down, padding, taps, flip, gain):
    """Planes (n, height, width) by a filter of one dimension (separable) or two; pairs are
    (columns, rows), padding is (left, right, top, bottom)."""
    planes, height, width = x.shape
    spread = x.new_zeros(planes, 1, height * up[1], width * up[0])
    spread[:, 0, :: up[1], :: up[0]] = x
    spread = pad(spread, padding)
    taps = taps.to(x.dtype) if flip else taps.to(x.dtype).flip(tuple(range(taps.ndim)))
    if taps.ndim == 1:
        out = conv2d(conv2d(spread, taps[None, None, None, :]), taps[None, None, :, None])
    else:
        out = conv2d(spread, taps[None, None])
    return gain * out[:, 0, :: down[1], :: down[0]]


def filtered_lrelu(x, bias, s):
    """Planes (n, height, width), plane p of channel p mod the biases; `s` are the settings."""
    u = x + bias.to(x.dtype).repeat(x.shape[0] // bias.numel())[:, None, None]
    u = upfirdn(u, (s.up, s.up), (1, 1), s.padding, s.up_filter, s.flip, s.up**2)
    v = (s.gain * torch.where(u > 0, u, s.slope * u)).clamp(-s.clamp, s.clamp)
    return upfirdn(v, (1, 1), (s.down, s.down), (0, 0, 0, 0), s.down_filter, s.flip, 1)
