"""Writes dilled-network-PROTOCOL.pkl into a folder: small networks in the layout of a snapshot of StyleGAN-XL.

    python make-dilled-network.py java/engine/src/test/resources/org/potstill/weights

Needs dill and nothing else: modules of the names of torch and the generator's code stand in for them. The discriminator
is what dill makes of hooks that are closures, bound methods, classes of the script and keys of all kinds; the numbers of
both networks are those of `number`.
"""

import collections
import functools
import io
import pickle
import struct
import sys
import types
from pathlib import Path

import dill


def module(name):
    if name not in sys.modules:
        sys.modules[name] = types.ModuleType(name)
        parent, _, plain = name.rpartition(".")
        if parent:
            setattr(module(parent), plain, sys.modules[name])
    return sys.modules[name]


def known(name, thing):
    """Makes dill name `thing` as Python would if it came from the library."""
    package, _, plain = name.rpartition(".")
    thing.__module__, thing.__name__, thing.__qualname__ = package, plain, plain
    setattr(module(package), plain, thing)
    return thing


FloatStorage = known("torch.FloatStorage", type("FloatStorage", (), {}))
OrderedDict = collections.OrderedDict
load = known("torch.storage._load_from_bytes", lambda data: None)
rebuild = known("torch._utils._rebuild_tensor_v2", lambda *arguments: None)
reconstruct = known("torch_utils.persistence._reconstruct_persistent_obj", lambda meta: None)


def number(index):
    """Numbers without order that a float holds exactly."""
    return (index * 7919 % 1009 - 504) / 1024


class Storage:
    """Reduces to the bytes of the format before PyTorch 1.6, as torch.FloatStorage does."""

    def __init__(self, numbers):
        self.numbers = numbers

    def __reduce__(self):
        file = io.BytesIO()
        pickle.dump(0x1950A86A20F9469CFC6C, file, 2)
        pickle.dump(1001, file, 2)
        pickle.dump({"protocol_version": 1001, "little_endian": True}, file, 2)
        pickler = pickle.Pickler(file, 2)
        pickler.persistent_id = lambda thing: (
            ("storage", FloatStorage, "0", "cpu", len(self.numbers), None) if thing is self else None
        )
        pickler.dump(self)
        pickle.dump(["0"], file, 2)
        file.write(struct.pack(f"<q{len(self.numbers)}f", len(self.numbers), *self.numbers))
        return load, (file.getvalue(),)


class Tensor:
    def __init__(self, start, rows, columns):
        self.storage = Storage([number(start + i) for i in range(rows * columns)])
        self.size, self.stride = (rows, columns), (columns, 1)

    def __reduce__(self):
        return rebuild, (self.storage, 0, self.size, self.stride, False, OrderedDict())


class Persistent:
    """A network whose source goes with it, as torch_utils.persistence makes them."""

    def __init__(self, name, modules=(), **tensors):
        self.name = name
        self.state = {
            "training": False,
            "_parameters": OrderedDict(tensors),
            "_buffers": OrderedDict(),
            "_non_persistent_buffers_set": set(),
            "_forward_hooks": OrderedDict(),
            "_modules": OrderedDict(modules),
            "z_dim": 4,
        }

    def __reduce__(self):
        meta = dict(type="class", version=6, module_src="", class_name=self.name, state=self.state)
        return reconstruct, (meta,)


# Run as text, so that the files hold no name of a folder.
HOOKS = """
activations = {}

def get_activation(name):
    seen = []
    def hook(model, input, output):
        seen.append(name)
        activations[name] = output
    return hook

def forward_flex(self, x):
    return self.pos_drop(x)
"""

# Of a library that is not there when it is written, so that dill writes the classes too.
CLASSES = """
class Block:
    pass

class WithKeywords:
    def __new__(cls, *, width):
        return object.__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"width": 3}

class Names(list):
    pass

class Table(dict):
    pass
"""


def discriminator():
    features = module("feature_networks.vit").__dict__
    exec(HOOKS, features)
    gone = {"__name__": "gone"}
    exec(CLASSES, gone)
    block = gone["Block"]()
    block._parameters = OrderedDict(weight=Tensor(500, 2, 3))
    block._forward_hooks = OrderedDict([(0, features["get_activation"]("1"))])
    block.forward_flex = types.MethodType(features["forward_flex"], block)
    block.bound = block._forward_hooks.get
    block.part = functools.partial(features["get_activation"], name="2")
    block.keys = {(1, 2): "tuple", None: 0, gone["Block"]: "class", b"k": 1, frozenset([1]): 2}
    block.names, block.table = gone["Names"](["a"]), gone["Table"](b=1)
    block.wide, block.huge = gone["WithKeywords"](width=3), 1 << 3000
    block.array = bytearray(b"abc")
    return Persistent("ProjectedDiscriminator", [("feature_network", block)])


def generator():
    mapping = Persistent("MappingNetwork", weight=Tensor(0, 3, 4))
    return Persistent("Generator", [("mapping", mapping)], const=Tensor(100, 1, 5))


out = Path(sys.argv[1])
for protocol in (3, 4, 5):
    snapshot = {"G": None, "D": discriminator(), "G_ema": generator(), "training_set_kwargs": {}}
    (out / f"dilled-network-{protocol}.pkl").write_bytes(dill.dumps(snapshot, protocol))
