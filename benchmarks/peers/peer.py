"""The other side of compare.py: DM, DC, MTT and training in plain PyTorch, eager, on the CPU.

Does what the lines of standard input ask for and answers with one line each:

    inputs FILE   reads the inputs, answers with facts for the table
    iterate N     answers "LOSS WALL-SECONDS CPU-SECONDS"
    moved FILE    answers how far its images (of training: its parameters) are from those of the
                  file, L2, relative to their way from the first ones

Iteration 0 uses the networks of the file, so that both sides can be compared; the later
iterations of DM and DC draw their own.
"""

import json
import struct
import sys
import time

import torch
from torch.func import functional_call
from torch.nn import functional

from networks import CLASSES, new_network

NETWORK_RATE = 0.01
RATE_LEARNING_RATE = 1e-6
MOMENTUM = 0.5


def read_safetensors(path):
    """The float32 tensors of a safetensors file, by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = torch.frombuffer(
                data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
            tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors


def part(tensors, prefix):
    return {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}


def labels_of(images_per_class):
    return torch.arange(CLASSES).repeat_interleave(images_per_class)


def layerwise_distance(real, synthetic):
    """One minus the cosine of every row of every layer, summed (Zhao et al. 2021, equation 4)."""
    total = 0
    for a, b in zip(real, synthetic):
        a = a.reshape(a.shape[0], -1)
        b = b.reshape(b.shape[0], -1)
        norms = a.norm(dim=1) * b.norm(dim=1) + 1e-6
        total = total + (1 - (a * b).sum(dim=1) / norms).sum()
    return total


class ClassMatching:
    """What DM and DC share: real images by class, and a new network for every iteration."""

    def __init__(self, settings, inputs):
        self.settings = settings
        self.real = inputs["real"]
        self.start = part(inputs, "start/")
        self.images = inputs["images"].requires_grad_(True)
        self.optimiser = torch.optim.SGD([self.images], settings["rate"], momentum=MOMENTUM)

    def network(self, iteration):
        network = new_network(self.settings)
        if iteration == 0:
            network.load_state_dict(self.start)
        return network

    def real_batch(self, label):
        count = self.settings["real"]
        return self.real[label * count + torch.randperm(count)]

    def synthetic(self, label):
        count = self.settings["per-class"]
        return self.images[label * count:(label + 1) * count]

    def moved(self):
        return {"images": self.images}


class DistributionMatching(ClassMatching):
    """DM: Zhao and Bilen 2023, equation 6."""

    def iterate(self, iteration):
        network = self.network(iteration).requires_grad_(False)
        self.optimiser.zero_grad()
        loss = 0
        for label in range(CLASSES):
            real = network.embed(self.real_batch(label)).mean(dim=0)
            synthetic = network.embed(self.synthetic(label)).mean(dim=0)
            loss = loss + (real - synthetic).square().sum()
        loss.backward()
        self.optimiser.step()
        return loss.item() / CLASSES


class GradientMatching(ClassMatching):
    """DC: Zhao, Mopuri and Bilen 2021, Algorithm 1."""

    def iterate(self, iteration):
        outer = self.settings["outer"]
        network = self.network(iteration)
        optimiser = torch.optim.SGD(network.parameters(), NETWORK_RATE)
        # The distance leaves out biases and norms.
        weights = [weight for weight in network.parameters() if weight.dim() > 1]
        losses = []
        for step in range(outer):
            losses.append(self.match(network, weights))
            if step < outer - 1:
                self.train(network, optimiser)
        return sum(losses) / outer

    def match(self, network, weights):
        per_class = self.settings["per-class"]
        real_per_class = self.settings["real"]
        self.optimiser.zero_grad()
        total = 0.0
        for label in range(CLASSES):
            loss = functional.cross_entropy(
                network(self.real_batch(label)), torch.full((real_per_class,), label))
            real = torch.autograd.grad(loss, weights)
            loss = functional.cross_entropy(
                network(self.synthetic(label)), torch.full((per_class,), label))
            synthetic = torch.autograd.grad(loss, weights, create_graph=True)
            distance = layerwise_distance(real, synthetic)
            (gradient,) = torch.autograd.grad(distance, self.images)
            self.images.grad = gradient if self.images.grad is None else self.images.grad + gradient
            total += distance.item()
        self.optimiser.step()
        return total / CLASSES

    def train(self, network, optimiser):
        per_class = self.settings["per-class"]
        labels = labels_of(per_class)
        for _ in range(self.settings["inner"]):
            order = torch.randperm(len(labels))
            for batch in order.split(256):
                optimiser.zero_grad()
                loss = functional.cross_entropy(network(self.images.detach()[batch]), labels[batch])
                loss.backward()
                optimiser.step()


class TrajectoryMatching:
    """MTT: Cazenavette et al. 2022, equation 2, and its form of constant memory."""

    def __init__(self, settings, inputs):
        self.settings = settings
        self.network = new_network(settings)
        self.start = part(inputs, "start/")
        self.target = list(part(inputs, "target/").values())
        self.names = list(self.start)
        self.images = inputs["images"].requires_grad_(True)
        self.labels = labels_of(settings["per-class"])
        self.rate = torch.tensor(NETWORK_RATE, requires_grad=True)
        self.image_optimiser = torch.optim.SGD(
            [self.images], settings["rate"], momentum=MOMENTUM)
        self.rate_optimiser = torch.optim.SGD([self.rate], RATE_LEARNING_RATE, momentum=MOMENTUM)

    def moved(self):
        return {"images": self.images}

    def gradients(self, theta, images, order, create_graph):
        logits = functional_call(self.network, dict(zip(self.names, theta)), (images,))
        loss = functional.cross_entropy(logits, self.labels[order])
        return torch.autograd.grad(loss, theta, create_graph=create_graph)

    def distance(self, theta):
        numerator = sum((a - b).square().sum() for a, b in zip(theta, self.target))
        denominator = sum(
            (a - b).square().sum() for a, b in zip(self.start.values(), self.target))
        return numerator / denominator

    def iterate(self, iteration):
        form = self.unrolled if self.settings["method"] == "mtt-unrolled" else self.constant_memory
        loss, self.images.grad, self.rate.grad = form()
        self.image_optimiser.step()
        self.rate_optimiser.step()
        return loss.item()

    def beginning(self):
        return [value.clone().requires_grad_(True) for value in self.start.values()]

    def unrolled(self):
        theta = self.beginning()
        for _ in range(self.settings["steps"]):
            order = torch.randperm(len(self.labels))
            found = self.gradients(theta, self.images[order], order, True)
            theta = [value - self.rate * gradient for value, gradient in zip(theta, found)]
        loss = self.distance(theta)
        return (loss, *torch.autograd.grad(loss, [self.images, self.rate]))

    def constant_memory(self):
        rate = self.rate.detach()
        orders = [torch.randperm(len(self.labels)) for _ in range(self.settings["steps"])]
        theta = self.beginning()
        sums = [torch.zeros_like(value) for value in theta]
        for order in orders:
            found = self.gradients(theta, self.images.detach()[order], order, False)
            for total, gradient in zip(sums, found):
                total += gradient
            theta = self.stepped(theta, found, rate)
        loss = self.distance(theta)
        weights = torch.autograd.grad(loss, theta)
        rate_gradient = -sum((weight * total).sum() for weight, total in zip(weights, sums))
        theta = self.beginning()
        gradient = torch.zeros_like(self.images)
        for order in orders:
            batch = self.images.detach()[order].requires_grad_(True)
            found = self.gradients(theta, batch, order, True)
            (share,) = torch.autograd.grad(found, batch, weights)
            gradient[order] -= rate * share
            theta = self.stepped(theta, [value.detach() for value in found], rate)
        return loss.detach(), gradient, rate_gradient

    @staticmethod
    def stepped(theta, gradients, rate):
        with torch.no_grad():
            stepped = [value - rate * gradient for value, gradient in zip(theta, gradients)]
        return [value.requires_grad_(True) for value in stepped]


class Training:
    """Steps of SGD on all images, as an evaluation takes them."""

    def __init__(self, settings, inputs):
        self.steps = settings["steps"]
        self.images = inputs["images"]
        self.labels = labels_of(settings["per-class"])
        self.network = new_network(settings)
        self.network.load_state_dict(part(inputs, "start/"))
        self.optimiser = torch.optim.SGD(
            self.network.parameters(), settings["rate"], momentum=0.9, weight_decay=5e-4)

    def moved(self):
        return dict(self.network.named_parameters())

    def iterate(self, _):
        total = 0.0
        for _ in range(self.steps):
            self.optimiser.zero_grad()
            loss = functional.cross_entropy(self.network(self.images), self.labels)
            loss.backward()
            self.optimiser.step()
            total += loss.item()
        return total / self.steps


METHODS = {
    "dm": DistributionMatching,
    "dc": GradientMatching,
    "mtt-unrolled": TrajectoryMatching,
    "mtt-constant-memory": TrajectoryMatching,
    "train": Training,
}


def timed(method, iteration):
    cpu = time.process_time()
    wall = time.perf_counter()
    loss = method.iterate(iteration)
    return f"{loss:.9g} {time.perf_counter() - wall:.6f} {time.process_time() - cpu:.6f}"


def values_of(method):
    return {name: value.detach().clone() for name, value in method.moved().items()}


def difference(method, first, path):
    other = read_safetensors(path)
    own = values_of(method)
    apart = sum((own[name] - other[name]).square().sum() for name in own)
    way = sum((own[name] - first[name]).square().sum() for name in own)
    return f"{(apart / way).sqrt().item():.3g}"


def parse(arguments):
    settings = dict(argument.split("=", 1) for argument in arguments)
    kinds = {"method": str, "network": str, "rate": float}
    return {name: kinds.get(name, int)(value) for name, value in settings.items()}


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    settings = parse(sys.argv[1:])
    method = first = None
    for line in sys.stdin:
        wish, argument = line.rstrip("\n").split(" ", 1)
        if wish == "inputs":
            method = METHODS[settings["method"]](settings, read_safetensors(argument))
            first = values_of(method)
            answer = (f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, "
                      f"oneDNN {'on' if torch.backends.mkldnn.is_available() else 'off'}, "
                      f"Python {sys.version.split()[0]}")
        elif wish == "iterate":
            answer = timed(method, int(argument))
        elif wish == "moved":
            answer = difference(method, first, argument)
        else:
            raise ValueError(f"unknown: {wish}")
        print(answer, flush=True)


if __name__ == "__main__":
    main()
