#!/usr/bin/env python3
"""Times iterations of DM, DC and MTT, and steps of training, in Potstill and in plain PyTorch.

    python3 benchmarks/peers/compare.py [--python PYTHON] [--rounds 5] [CONFIG ...]

PYTHON is an interpreter that has PyTorch (2.13 when the figures of docs/performance.md were
taken). Both sides use one thread and no augmentation, do the same steps on the same sizes, and
keep their process from round to round; while one computes the other waits. The first iteration
is done with the same networks, and its loss and the images, or parameters, after it must agree. It
and the second are not timed: a run has hundreds, in the first of which the Java compiler is still
at work.

The ratio is PyTorch's time over Potstill's: above 1 Potstill is faster. CPU seconds, of the whole
process, hold on a busy machine as well, wall seconds only on a quiet one.
"""

import argparse
import contextlib
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
JAR = HERE.parent / "target" / "benchmarks.jar"

# Sums of float32 in another order, through two derivatives and several steps.
LOSS_TOLERANCE = 1e-3
UPDATE_TOLERANCE = 1e-2

# The gradient of a deep network with many maps jumps where single values tip over the kink of a ReLU or change the
# largest of a window: PyTorch's own differs from the same in float64 by up to 1.6e-2.
DEEP_UPDATE_TOLERANCE = 3e-2
DEEP = ("resnet18", "vgg11", "alexnet")

# Updates through all steps of MTT are compared over these. A wrong term shows in them; after ten steps what one
# value that tips over the kink of a ReLU has changed is 1e-2 on either side, against the same in float64.
UNROLLED_STEPS = 3

# Iterations before the first timed one.
WARM_UP = 2

COMMON = {"network": "convnet", "channels": 3, "size": 32, "depth": 3, "width": 128, "per-class": 1,
          "real": 1, "outer": 1, "inner": 0, "steps": 1}
FASHION = {"method": "dc", "channels": 1, "size": 28, "rate": 0.1}
COLOUR = {"method": "dm", "rate": 1}
TRAIN = {"method": "train", "rate": 0.01}
CONFIGS = {
    "dm-1": {**COLOUR, "real": 64},
    "dm-10": {**COLOUR, "per-class": 10, "real": 64},
    "dm-128px": {**COLOUR, "size": 128, "depth": 5, "real": 16},
    "dc-1": {**FASHION, "real": 64},
    "dc-10": {**FASHION, "per-class": 10, "real": 32, "outer": 2, "inner": 2},
    "dc-128px": {"method": "dc", "size": 128, "depth": 5, "real": 4, "rate": 0.1},
    "mtt-unrolled-1": {"method": "mtt-unrolled", "steps": 10, "rate": 100},
    "mtt-unrolled-10": {"method": "mtt-unrolled", "per-class": 10, "steps": 3, "rate": 100},
    "mtt-constant-1": {"method": "mtt-constant-memory", "steps": 10, "rate": 100},
    "mtt-constant-10": {"method": "mtt-constant-memory", "per-class": 10, "steps": 3,
                        "rate": 100},
    "train-1": {**TRAIN, "steps": 50},
    "train-10": {**TRAIN, "per-class": 10, "steps": 5},
    "train-128px": {**TRAIN, "size": 128, "depth": 5, "per-class": 5},
    **{f"train-{network}-{name}": {**TRAIN, "network": network, **sizes}
       for network in ("resnet18", "vgg11", "alexnet", "vit")
       for name, sizes in (("10", {"per-class": 10}), ("128px", {"size": 128}))},
}


class Side:
    """A process that iterates when asked to."""

    def __init__(self, command, settings):
        # OpenBLAS held to an older processor would slow Potstill alone.
        environment = {name: value for name, value in os.environ.items()
                       if name != "OPENBLAS_CORETYPE"}
        arguments = [f"{name}={value}" for name, value in settings.items()]
        self.process = subprocess.Popen(
            command + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment)
        self.wall = []
        self.cpu = []

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args} ended, status {self.process.wait()}")
        return answer.strip()

    def iterate(self, number):
        """Loss of an iteration; its times are kept after the warm-up."""
        loss, wall, cpu = map(float, self.ask(f"iterate {number}").split())
        if not math.isfinite(loss):
            raise RuntimeError(f"{self.process.args}: loss {loss} in iteration {number}")
        if number >= WARM_UP:
            self.wall.append(wall)
            self.cpu.append(cpu)
        return loss

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def both(settings, java, python, inputs):
    """Both sides with the same inputs, and what they say of themselves."""
    ours = Side(java, settings)
    theirs = Side(python, settings)
    try:
        yield ours, theirs, [ours.ask(f"inputs {inputs}"), theirs.ask(f"inputs {inputs}")]
    finally:
        ours.close()
        theirs.close()


def check_losses(ours, theirs):
    """Does an iteration on both sides; returns its loss and what the losses differ by."""
    loss, other = ours.iterate(0), theirs.iterate(0)
    losses = abs(loss - other) / abs(other)
    if not losses < LOSS_TOLERANCE:
        raise RuntimeError(f"the two sides differ: losses {loss} and {other}")
    return loss, losses


def check_updates(ours, theirs, scratch, network):
    """Compares what the last iteration changed; returns what it differs by."""
    ours.ask(f"moved {scratch}")
    updates = float(theirs.ask(f"moved {scratch}"))
    if not updates < (DEEP_UPDATE_TOLERANCE if network in DEEP else UPDATE_TOLERANCE):
        raise RuntimeError(f"the two sides differ: updates by {updates}")
    return updates


def compare(name, rounds, java, python, folder):
    settings = {**COMMON, **CONFIGS[name]}
    inputs = folder / f"{name}.safetensors"
    scratch = folder / f"{name}-moved.safetensors"
    long = settings["method"] == "mtt-unrolled" and settings["steps"] > UNROLLED_STEPS
    if long:
        short = {**settings, "steps": UNROLLED_STEPS}
        with both(short, java, python, inputs) as (ours, theirs, _):
            check_losses(ours, theirs)
            updates = check_updates(ours, theirs, scratch, settings["network"])
    with both(settings, java, python, inputs) as (ours, theirs, facts):
        loss, losses = check_losses(ours, theirs)
        if not long:
            updates = check_updates(ours, theirs, scratch, settings["network"])
        for number in range(1, WARM_UP + rounds):
            ours.iterate(number)
            theirs.iterate(number)
    agreement = f"loss {loss:.5g}, losses differ by {losses:.1e}, updates by {updates:.1e}"
    if long:
        agreement += f" in {UNROLLED_STEPS} steps"
    return facts, agreement, row(name, ours, theirs)


def row(name, ours, theirs):
    cells = [name]
    for kind in ("cpu", "wall"):
        own, other = getattr(ours, kind), getattr(theirs, kind)
        ratios = [b / a for a, b in zip(own, other)]
        cells += [f"{statistics.median(own):.2f}", f"{statistics.median(other):.2f}",
                  f"{statistics.median(ratios):.2f}",
                  f"{min(ratios):.2f} to {max(ratios):.2f}"]
    return cells


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            facts = dict(line.split(":", 1) for line in lines if ":" in line)
        facts = {key.strip(): value.strip() for key, value in facts.items()}
        return f"{facts['model name']}, family {facts['cpu family']}, model {facts['model']}"
    except (OSError, KeyError):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="interpreter that has PyTorch")
    parser.add_argument("--java", default="java", help="java of 17 or newer")
    parser.add_argument("--jar", type=pathlib.Path, default=JAR, help="benchmarks.jar")
    parser.add_argument("--rounds", type=int, default=5, help="timed iterations of each side")
    parser.add_argument("configs", nargs="*", metavar="CONFIG", help=", ".join(CONFIGS))
    options = parser.parse_args()
    for name in options.configs:
        if name not in CONFIGS:
            parser.error(f"no config {name}: there are {', '.join(CONFIGS)}")
    if not options.jar.exists():
        parser.error(f"{options.jar} is missing: ./mvnw -DskipTests -pl benchmarks -am package")
    java = [options.java, "-Xms1g", "-Xmx1g", "-cp", str(options.jar),
            "org.potstill.benchmarks.PeerMain"]
    python = [options.python, str(HERE / "peer.py")]
    print(f"{processor()}, {os.cpu_count()} cores; one thread on either side; "
          f"{options.rounds} rounds")
    header = ["config", "ours, CPU s", "PyTorch, CPU s", "ratio", "of rounds",
              "ours, wall s", "PyTorch, wall s", "ratio", "of rounds"]
    rows = []
    told = None
    with tempfile.TemporaryDirectory() as folder:
        for name in options.configs or CONFIGS:
            facts, agreement, cells = compare(
                name, options.rounds, java, python, pathlib.Path(folder))
            if facts != told:
                print("\n".join(facts))
                told = facts
            print(f"{name}: CPU {cells[1]} s against {cells[2]} s, ratio {cells[3]} "
                  f"({agreement})", flush=True)
            rows.append(cells)
    print()
    for cells in [header, ["---"] * len(header)] + rows:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
