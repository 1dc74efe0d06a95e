#!/usr/bin/env python3
"""Builds the data set that the jar carries from Debian's package dataset-fashion-mnist.

    apt-get install dataset-fashion-mnist
    python3 java/engine/src/data/make-fashion-mnist-mini.py

Takes the first 600 training and the first 100 test images of each of the ten classes, in the
order of the source, and writes them as gzipped IDX files. The same input gives the same bytes.
"""

import gzip
import pathlib
import struct

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")
COPYRIGHT = pathlib.Path("/usr/share/doc/dataset-fashion-mnist/copyright")
TARGET = pathlib.Path(__file__).parents[1] / "main/resources/org/potstill/data/fashion-mnist-mini"
PER_CLASS = {"train": 600, "t10k": 100}
CLASSES = 10


def read_idx(name, dimensions):
    """The sizes and the bytes of an IDX file of unsigned bytes."""
    content = gzip.decompress((SOURCE / name).read_bytes())
    magic, *sizes = struct.unpack_from(f">{dimensions + 1}I", content)
    assert magic == 0x800 + dimensions, name
    return sizes, content[4 * (dimensions + 1):]


def write_idx(name, sizes, content):
    header = struct.pack(f">{len(sizes) + 1}I", 0x800 + len(sizes), *sizes)
    with (TARGET / name).open("wb") as file:
        # No file name and no time in the header, so that a second build gives the same bytes.
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            packed.write(header + content)


def balanced(labels, per_class):
    """Indices of the first per_class images of every class."""
    seen = [0] * CLASSES
    for index, label in enumerate(labels):
        if seen[label] < per_class:
            seen[label] += 1
            yield index


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    for split, per_class in PER_CLASS.items():
        (_, height, width), images = read_idx(f"{split}-images-idx3-ubyte.gz", 3)
        _, labels = read_idx(f"{split}-labels-idx1-ubyte.gz", 1)
        kept = list(balanced(labels, per_class))
        assert len(kept) == CLASSES * per_class, split
        size = height * width
        chosen = b"".join(images[i * size:(i + 1) * size] for i in kept)
        write_idx(f"{split}-images-idx3-ubyte.gz", [len(kept), height, width], chosen)
        write_idx(f"{split}-labels-idx1-ubyte.gz", [len(kept)], bytes(labels[i] for i in kept))
    text = COPYRIGHT.read_text()
    licence = text.split("License: Expat\n")[-1].replace("\n .\n", "\n\n").replace("\n ", "\n")
    (TARGET / "LICENSE").write_text(
        "Fashion-MNIST (https://github.com/zalandoresearch/fashion-mnist)\n"
        "Copyright (c) 2017 Zalando SE, https://tech.zalando.com\n\n"
        "This folder holds a class-balanced sample of it, under the same licence (MIT):\n\n"
        + licence.strip() + "\n")


if __name__ == "__main__":
    main()
