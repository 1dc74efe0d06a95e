"""The networks of the distillation papers in plain PyTorch, the other side of compare.py.

Parameters are called as in the published code. Images are square, of three channels but for the ConvNet.
"""

import torch
from torch import nn
from torch.nn import functional

CLASSES = 10


def instance_norm(channels):
    return nn.GroupNorm(channels, channels, affine=True)


class ConvNet(nn.Module):
    """Blocks of 3x3 convolution, instance norm, ReLU and average pooling, then a linear layer."""

    def __init__(self, channels, size, depth, width):
        super().__init__()
        layers = []
        for block in range(depth):
            # Grey images of 28 pixels are padded to 32.
            padding = 3 if block == 0 and size == 28 else 1
            layers += [
                nn.Conv2d(channels, width, 3, padding=padding),
                instance_norm(width),
                nn.ReLU(inplace=True),
                nn.AvgPool2d(2),
            ]
            channels = width
        side = (32 if size == 28 else size) >> depth
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(width * side * side, CLASSES)

    def embed(self, images):
        return self.features(images).flatten(1)

    def forward(self, images):
        return self.classifier(self.embed(images))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside the identity or, where the shape changes, a projection."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = instance_norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = instance_norm(width)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False), instance_norm(width))

    def forward(self, maps):
        found = functional.relu(self.bn1(self.conv1(maps)))
        return functional.relu(self.bn2(self.conv2(found)) + self.shortcut(maps))


class ResNet18(nn.Module):
    """With a 3x3 stem of stride 1, without pooling before the stages."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = instance_norm(64)
        self.layer1 = nn.Sequential(ResidualBlock(64, 64, 1), ResidualBlock(64, 64, 1))
        self.layer2 = nn.Sequential(ResidualBlock(64, 128, 2), ResidualBlock(128, 128, 1))
        self.layer3 = nn.Sequential(ResidualBlock(128, 256, 2), ResidualBlock(256, 256, 1))
        self.layer4 = nn.Sequential(ResidualBlock(256, 512, 2), ResidualBlock(512, 512, 1))
        self.classifier = nn.Linear(512, CLASSES)

    def forward(self, images):
        maps = functional.relu(self.bn1(self.conv1(images)))
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        return self.classifier(maps.mean(dim=(2, 3)))


class Vgg11(nn.Module):
    """Eight convolutions with instance norm, one linear layer."""

    WIDTHS = (64, "pool", 128, "pool", 256, 256, "pool", 512, 512, "pool", 512, 512, "pool")

    def __init__(self, size):
        super().__init__()
        layers = []
        channels = 3
        for width in self.WIDTHS:
            if width == "pool":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(channels, width, 3, padding=1), instance_norm(width),
                           nn.ReLU(inplace=True)]
                channels = width
        self.features = nn.Sequential(*layers)
        # Above 64 pixels maps are brought to 7 x 7.
        side = 7 if size > 64 else size // 32
        self.last = nn.AdaptiveMaxPool2d(side) if size > 64 else nn.Identity()
        self.classifier = nn.Linear(channels * side * side, CLASSES)

    def forward(self, images):
        return self.classifier(self.last(self.features(images)).flatten(1))


class AlexNet(nn.Module):
    """Five convolutions, three poolings, one linear layer, no norm."""

    def __init__(self, size):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 128, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(128, 192, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(192, 256, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(256, 192, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(192, 192, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.fc = nn.Linear(192 * (size // 8) ** 2, CLASSES)

    def forward(self, images):
        return self.fc(self.features(images).flatten(1))


class Around(nn.Module):
    """The identity plus a branch, which may begin with a layer norm."""

    def __init__(self, branch, width, normed):
        super().__init__()
        self.norm = nn.LayerNorm(width) if normed else nn.Identity()
        self.fn = branch

    def forward(self, tokens):
        return self.fn(self.norm(tokens)) + tokens


class Attention(nn.Module):
    """Of all tokens to all others, in several heads."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width))

    def forward(self, tokens):
        parts = self.to_qkv(tokens).unflatten(-1, (3, self.heads, -1))
        mixed = functional.scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4).unbind())
        return self.to_out(mixed.transpose(1, 2).flatten(2))


class Perceptron(nn.Module):
    """Two linear layers with GELU between them."""

    def __init__(self, width):
        super().__init__()
        self.net = nn.ModuleDict({"0": nn.Linear(width, width), "3": nn.Linear(width, width)})

    def forward(self, tokens):
        return self.net["3"](functional.gelu(self.net["0"](tokens)))


class VisionTransformer(nn.Module):
    """With a class token and without dropout: its masks would not be the same on both sides."""

    WIDTH = 512
    HEADS = 8

    def __init__(self, size):
        super().__init__()
        large = size > 64
        self.patch = 16 if large else 4
        depth = 10 if large else 6
        width = self.WIDTH
        self.pos_embedding = nn.Parameter(torch.randn(1, (size // self.patch) ** 2 + 1, width))
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.to_patch_embedding = nn.ModuleDict({"1": nn.Linear(3 * self.patch ** 2, width)})
        self.transformer = nn.ModuleDict({"layers": nn.ModuleList(
            nn.ModuleList([Around(Attention(width, self.HEADS), width, not large),
                           Around(Perceptron(width), width, not large)])
            for _ in range(depth))})
        norm = [] if large else [nn.LayerNorm(width)]
        self.mlp_head = nn.Sequential(*norm, nn.Linear(width, CLASSES))

    def forward(self, images):
        patches = functional.unfold(images, self.patch, stride=self.patch).transpose(1, 2)
        # Within a patch the channel runs fastest.
        patches = patches.unflatten(-1, (3, -1)).transpose(-1, -2).flatten(2)
        tokens = self.to_patch_embedding["1"](patches)
        first = self.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat([first, tokens], dim=1) + self.pos_embedding
        for attention, perceptron in self.transformer["layers"]:
            tokens = perceptron(attention(tokens))
        return self.mlp_head(tokens[:, 0])


def new_network(settings):
    size = settings["size"]
    networks = {
        "convnet": lambda: ConvNet(
            settings["channels"], size, settings["depth"], settings["width"]),
        "resnet18": ResNet18,
        "vgg11": lambda: Vgg11(size),
        "alexnet": lambda: AlexNet(size),
        "vit": lambda: VisionTransformer(size),
    }
    return networks[settings["network"]]()
