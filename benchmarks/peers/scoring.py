#!/usr/bin/env python3
"""Times scoring, the first stage of a run, in Potstill and in plain PyTorch.

    PYTHON benchmarks/peers/scoring.py [--data FOLDER] [--images 400] [--rounds 3] [--threads 1]

PYTHON is an interpreter that has PyTorch and Pillow; FOLDER holds train/WNID/*.JPEG, and without
one JPEGs are drawn. The network is a ResNet-18 in torchvision's form with random weights, the image
a square of 224 pixels. Three commands score the same images, in turns:

    potstill    java -jar engine.jar score CONFIG
    single      one image at a time with autograd on, as the published code does
    batches     as a careful user would write it: batches of 64, channels last, inference mode

The seconds are those of whole commands, their start and the decoding included; so they compare what
a user waits for, and with few images the start weighs more. CPU seconds hold on a busy machine as
well, wall seconds only on a quiet one. Every image's loss must agree.
"""

import argparse
import csv
import math
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
JAR = HERE.parent.parent / "java" / "engine" / "target" / "engine.jar"
SIDE = 224
BATCH = 64
OUTPUTS = 1000

# Two decoders of JPEG, and sums of float32 in another order; losses are about 7.
TOLERANCE = 1e-4

# Wnids of ImageNet whose outputs both sides know, as for Imagenette.
CLASSES = {"n01440764": 0, "n02102040": 217, "n02979186": 482, "n03000684": 491, "n03028079": 497,
           "n03394916": 566, "n03417042": 569, "n03425413": 571, "n03445777": 574,
           "n03888257": 701}


def network():
    """ResNet-18 (He et al. 2016) with the names of torchvision's parameters, random weights."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, channels, width, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.downsample = None
            if stride > 1 or channels != width:
                self.downsample = nn.Sequential(
                    nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

        def forward(self, maps):
            beside = maps if self.downsample is None else self.downsample(maps)
            maps = self.bn1(self.conv1(maps)).relu()
            return (self.bn2(self.conv2(maps)) + beside).relu()

    class ResNet18(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            channels = 64
            for stage, width in enumerate((64, 128, 256, 512)):
                blocks = nn.Sequential(
                    Block(channels, width, 1 if stage == 0 else 2), Block(width, width, 1))
                setattr(self, f"layer{stage + 1}", blocks)
                channels = width
            self.fc = nn.Linear(512, OUTPUTS)

        def forward(self, images):
            maps = self.maxpool(self.bn1(self.conv1(images)).relu())
            maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
            return self.fc(maps.mean((2, 3)))

    torch.manual_seed(0)
    return ResNet18().eval()


def listed(folder):
    """Training images with their classes, class after class."""
    return [(path, name) for name in CLASSES
            for path in sorted((folder / "train" / name).iterdir())]


def score(mode, folder, weights, out, threads):
    """Either of PyTorch's commands: writes id,loss."""
    import numpy
    import torch
    from PIL import Image
    from torch.nn import functional

    torch.set_num_threads(threads)
    scorer = network()
    scorer.load_state_dict(torch.load(weights))
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)

    def image(path):
        with Image.open(path) as opened:
            square = opened.convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
        values = torch.from_numpy(numpy.array(square)).permute(2, 0, 1).contiguous()
        return (values.float() / 255 - mean) / std

    def losses(batch):
        images = torch.stack([image(path) for path, _ in batch])
        if mode == "batches":
            images = images.contiguous(memory_format=torch.channels_last)
        labels = torch.tensor([CLASSES[name] for _, name in batch])
        return functional.cross_entropy(scorer(images), labels, reduction="none").tolist()

    size = 1 if mode == "single" else BATCH
    if mode == "batches":
        scorer = scorer.to(memory_format=torch.channels_last)
    images = listed(folder)
    with open(out, "w", newline="", encoding="utf-8") as file, \
            torch.inference_mode(mode == "batches"):
        rows = csv.writer(file)
        rows.writerow(["id", "loss"])
        for begin in range(0, len(images), size):
            batch = images[begin:begin + size]
            for (path, _), loss in zip(batch, losses(batch)):
                rows.writerow([path.relative_to(folder).as_posix(), loss])


def draw(folder, count):
    """JPEGs of 500 x 375 pixels, smooth with some noise, as large as ImageNet's."""
    import numpy
    from PIL import Image

    random = numpy.random.default_rng(0)
    for split, number in (("train", count), ("val", 1)):
        for name in CLASSES:
            (folder / split / name).mkdir(parents=True)
            for index in range(number):
                coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=numpy.uint8))
                values = numpy.asarray(coarse.resize((500, 375), Image.BICUBIC), dtype=float)
                values = (values + random.normal(0, 8, values.shape)).clip(0, 255)
                Image.fromarray(values.astype(numpy.uint8)).save(
                    folder / split / name / f"{name}_{index}.JPEG", quality=90)


def copy(source, folder, count):
    for split, number in (("train", count), ("val", 1)):
        for name in CLASSES:
            (folder / split / name).mkdir(parents=True)
            for path in sorted((source / split / name).iterdir())[:number]:
                shutil.copy(path, folder / split / name / path.name)


def timed(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return {row["id"]: float(row["loss"]) for row in csv.DictReader(file)}


def apart(losses, others):
    """The largest difference of an image's losses."""
    if losses.keys() != others.keys():
        raise RuntimeError("the two sides scored other images: "
                           f"{sorted(losses.keys() ^ others.keys())[:3]}")
    return max(abs(loss - others[name]) for name, loss in losses.items())


def commands(options, work):
    config = work / "config.yaml"
    config.write_text(
        f"run: {{name: scoring, threads: {options.threads}, device: cpu}}\n"
        f"data: {{source: 'folder:{work / 'data'}', resolution: 128,"
        " validation-share: 0}\n"
        f"score: {{weights: {work / 'resnet18.pth'}, resolution: {SIDE}, batch: {BATCH}}}\n"
        "distill: {method: dm, space: pixel}\n", encoding="utf-8")
    ours = [options.java, "-jar", str(options.jar), "score", str(config), "--out",
            str(work / "run"), "--overwrite"]
    peer = [sys.executable, __file__, "--threads", str(options.threads), "--peer"]
    return {"potstill": ours, "single": peer + ["single", str(work)],
            "batches": peer + ["batches", str(work)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, help="folder with train/WNID and val/WNID")
    parser.add_argument("--images", type=int, default=400, help="in all ten classes together")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of every command")
    parser.add_argument("--java", default="java", help="java of 17 or newer")
    parser.add_argument("--jar", type=pathlib.Path, default=JAR, help="engine.jar")
    parser.add_argument("--peer", nargs=2, metavar=("MODE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        mode, work = options.peer[0], pathlib.Path(options.peer[1])
        score(mode, work / "data", work / "resnet18.pth", work / f"{mode}.csv", options.threads)
        return
    if not options.jar.exists():
        parser.error(f"{options.jar} is missing: ./mvnw -DskipTests package")
    per_class = math.ceil(options.images / len(CLASSES))
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        if options.data:
            copy(options.data, work / "data", per_class)
        else:
            draw(work / "data", per_class)
        import torch
        torch.save(network().state_dict(), work / "resnet18.pth")
        measure(options, work)


def measure(options, work):
    runs = commands(options, work)
    times = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, command in runs.items():
            times[name].append(timed(command))
    losses = {"potstill": read(work / "run" / "scores.csv")}
    for name in ("single", "batches"):
        losses[name] = read(work / f"{name}.csv")
        difference = apart(losses["potstill"], losses[name])
        print(f"{len(losses[name])} losses; Potstill's and those of '{name}' differ by up to "
              f"{difference:.1e}")
        if not difference < TOLERANCE:
            raise RuntimeError(f"more than {TOLERANCE}")
    print(f"\n{os.cpu_count()} cores, {options.threads} threads, {options.rounds} rounds\n")
    print("| command | wall s | CPU s | wall, times Potstill's | CPU, times Potstill's |")
    print("|---|---|---|---|---|")
    for name in runs:
        cells = [statistics.median(values) for values in zip(*times[name])]
        for kind in (0, 1):
            ratios = [other[kind] / own[kind]
                      for own, other in zip(times["potstill"], times[name])]
            cells.append(statistics.median(ratios))
        print(f"| {name} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")


if __name__ == "__main__":
    main()
