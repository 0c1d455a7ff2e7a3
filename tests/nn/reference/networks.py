"""What PyTorch computes for the networks that we rebuild: logits, losses and gradients.

    python networks.py                      writes networks/NAME.safetensors (small, committed)
    python networks.py --networks vgg16,…   only these

needs torch, torchvision, numpy and safetensors from PyPI, and for the two pretrained networks the
folder of their weights (`--weights`, default `../shared/weights` beside the project). The tests of
`src/nn/reference_tests.rs` compare with these files. The full comparison, of every element of every
gradient on images of 96 × 96, is

    python tests/nn/reference/networks.py --full DIR --side 96
    MICROTOME_REFERENCE=DIR cargo test --lib nn::reference -- --ignored --nocapture

Weights, images and labels follow `formula.py`, which a test can repeat. `resnet20` and
`efficientnet_lite0` have their published weights, but for the head (`linear`, `_fc`), which has one
output and follows the formula. There are four images (their side is in the metadata), and their
bytes are divided by 255; for `efficientnet_lite0` they are (byte − 127) / 128, its own
preprocessing. Dropout is off. The loss is the mean binary cross-entropy of the logits.

Each network is computed in two modes: `eval`, where batch norm uses running statistics (it is
frozen, but its scale and shift have gradients), and `train`, where it uses those of the batch. For
MODE = eval, train a small file holds

    MODE.logits      f64 (4,)    in double precision
    MODE.logits.f32  f32 (4,)    in single precision
    MODE.loss        f64 (1,)
    MODE.norm        f64 (p,)    of each parameter's gradient (the root of its sum of squares)
    MODE.max         f64 (p,)    its largest magnitude
    MODE.samples     f64 (p, 16) elements: sample k of the parameter NAME is element
                                 bits("sample of NAME", k) mod its length
    MODE.rounding    f64 (p,)    how far PyTorch's single precision is from double: the norm of the
                                 difference over the norm

of the p parameters whose names its metadata `parameters` lists, one a line. A bias before a batch
norm has no gradient in mode `train`: its norm is rounding alone. A whole file holds, besides, for
mode `train`

    MODE.gradient.NAME  f64      all of it
    MODE.branches       f64 (p,) as MODE.rounding, but from a double precision whose ReLUs and max
                                 pools go the way that single precision went

A gradient jumps where the input of a ReLU crosses 0, and in millions of inputs some lie so close to
it that rounding decides. There is nothing to compare at a jump, so the salt of a mode's images
(metadata `MODE.salt`) is the first for which PyTorch's own single precision has no gradient farther
than 2e-5 from its double precision; where none of 24 is like that (`rounding` tells), the best. Whole
files take salt 0 as it comes.

What the full comparison shows at 96 × 96: from the head down our gradients agree within 1e-5 (norm
of the difference over the norm; PyTorch's single precision within 4e-6), and at one layer, another
in each network, the difference steps up to between 1e-3 and 1e-2 and stays there down to the images.
A crossed ReLU does that: one of n elements of a map has another gradient, the norm of them all is
off by 1 / √n, and all below follows. PyTorch steps likewise, with other images: in vgg16 its single
precision is 2.9e-3 from its double, and 2.6e-6 once the double precision is made to go the same ways
(`branches`). Of the 4 million ReLU inputs of bn_cnn 26 lie within 1e-5 of their layer's spread of 0.
So a network NAME_smooth is NAME without jumps: every ReLU is left out, and each window gives its mean
instead of its maximum. Its convolutions and norms are those of NAME on maps of the same size. At
96 × 96 our gradients then differ from double precision by at most 1.0e-6 (basic_cnn), 5.4e-5 (bn_cnn),
2.4e-5 (resnet18) and 1.2e-5 (vgg11_bn) of the largest element, and PyTorch's single precision by
3.0e-6, 1.4e-4, 1.4e-5 and 7.6e-5 of the norm.
"""

import argparse
import contextlib
import pathlib

import numpy as np
import torch
import torchvision
from safetensors.numpy import load_file, save_file
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

import formula

HERE = pathlib.Path(__file__).parent


def conv(inputs, outputs, kernel=3, stride=1, padding=1, bias=False, groups=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=bias, groups=groups)


class Basic(nn.Module):
    """Three convolutions with pools and a hidden layer."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (conv(i, o, bias=True) for i, o in ((3, 32), (32, 64), (64, 128)))
        self.hidden, self.head = nn.Linear(128 * 12 * 12, 128), nn.Linear(128, 1)

    def forward(self, x):
        for layer in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(layer(x)), 2)
        return self.head(F.relu(self.hidden(x.flatten(1))))


class Bn(nn.Module):
    """Six convolutions with batch norm."""

    def __init__(self):
        super().__init__()
        channels = 3
        for stage, width in enumerate((32, 64, 128), 1):
            for index in (1, 2):
                setattr(self, f"conv{stage}_{index}", conv(channels, width))
                setattr(self, f"bn{stage}_{index}", nn.BatchNorm2d(width))
                channels = width
        self.head = nn.Linear(128, 1)

    def forward(self, x):
        for stage in (1, 2, 3):
            for index in (1, 2):
                x = getattr(self, f"conv{stage}_{index}")(x)
                x = F.relu(getattr(self, f"bn{stage}_{index}")(x))
            x = F.max_pool2d(x, 2)
        return self.head(x.mean((2, 3)))


class CifarBlock(nn.Module):
    """Two convolutions; the shortcut drops pixels and pads channels with zeros (option A)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, stride=stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs), nn.BatchNorm2d(outputs)
        self.stride, self.pad = stride, (outputs - inputs) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + shortcut)


class CifarResNet(nn.Module):
    """He et al. 2015, section 4.2, of 6 · depth + 2 layers."""

    def __init__(self, depth):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 16), nn.BatchNorm2d(16)
        channels = 16
        for stage, width in enumerate((16, 32, 64), 1):
            blocks = []
            for index in range(depth):
                blocks.append(CifarBlock(channels, width, 2 if stage > 1 and index == 0 else 1))
                channels = width
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 1)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow pads: ⌈size / stride⌉ pixels come out, and of an odd
    number of zeros the greater half comes last."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__(inputs, outputs, kernel, stride, bias=False, groups=groups)

    def forward(self, x):
        pads = []
        for size in (x.shape[3], x.shape[2]):
            kernel, stride = self.kernel_size[0], self.stride[0]
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


class LiteBlock(nn.Module):
    """An inverted residual without squeeze and excitation."""

    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        wide = inputs * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = SameConv(inputs, wide, 1), nn.BatchNorm2d(wide, eps=1e-3)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, groups=wide)
        self._bn1 = nn.BatchNorm2d(wide, eps=1e-3)
        self._project_conv, self._bn2 = SameConv(wide, outputs, 1), nn.BatchNorm2d(outputs, eps=1e-3)
        self.expands, self.adds = expansion > 1, stride == 1 and inputs == outputs

    def forward(self, x):
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class Lite0(nn.Module):
    """EfficientNet-Lite0 (Tan and Le 2019; the table of B0)."""

    STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
              (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))

    def __init__(self):
        super().__init__()
        self._conv_stem, self._bn0 = SameConv(3, 32, 3, 2), nn.BatchNorm2d(32, eps=1e-3)
        blocks, channels = [], 32
        for count, kernel, stride, expansion, width in self.STAGES:
            for index in range(count):
                blocks.append(LiteBlock(channels, width, kernel, stride if index == 0 else 1, expansion))
                channels = width
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = SameConv(320, 1280, 1), nn.BatchNorm2d(1280, eps=1e-3)
        self._fc = nn.Linear(1280, 1)

    def forward(self, x):
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = F.relu6(self._bn1(self._conv_head(x)))
        return self._fc(x.mean((2, 3)))


def pooled(vgg):
    """A VGG whose classifier is global average pooling and one linear layer."""
    vgg.avgpool, vgg.classifier = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 1)
    return vgg


MODELS = torchvision.models
NETWORKS = {
    "basic_cnn": Basic,
    "bn_cnn": Bn,
    "resnet18": lambda: MODELS.resnet18(num_classes=1),
    "resnet34": lambda: MODELS.resnet34(num_classes=1),
    "resnet50": lambda: MODELS.resnet50(num_classes=1),
    "vgg11_bn": lambda: pooled(MODELS.vgg11_bn()),
    "vgg16": lambda: pooled(MODELS.vgg16()),
    "vgg11_bn_whole": lambda: MODELS.vgg11_bn(num_classes=1),
    "vgg16_whole": lambda: MODELS.vgg16(num_classes=1),
    "densenet121": lambda: MODELS.densenet121(num_classes=1),
    "resnet20": lambda: CifarResNet(3),
    "efficientnet_lite0": Lite0,
}
SMOOTH = "_smooth"
NETWORKS |= {f"{name}{SMOOTH}": NETWORKS[name] for name in
             ("basic_cnn", "bn_cnn", "resnet18", "resnet50", "vgg11_bn", "densenet121")}
PRETRAINED = {"resnet20": "resnet20_cifar10", "efficientnet_lite0": "efficientnet_lite0_imagenet"}
IMAGES = 4
SIDES = {"basic_cnn": 96, "resnet34": 96, "efficientnet_lite0": 96, "resnet50": 64, "densenet121": 64,
         "vgg11_bn_whole": 64, "vgg16_whole": 64}


class Smooth(TorchFunctionMode):
    """Leaves every ReLU out and averages where there was a maximum: no jumps are left."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, func.__name__.strip("_")
        if name in ("relu", "relu6"):
            return args[0]
        if name == "max_pool2d":
            return F.avg_pool2d(*args, stride=kwargs["stride"], padding=kwargs["padding"])
        return func(*args, **kwargs)


class Ways(TorchFunctionMode):
    """Records which way each ReLU and max pool goes, or has them go the ways that were recorded."""

    def __init__(self, recorded=None):
        super().__init__()
        self.recorded, self.at, self.given = recorded or [], 0, recorded is not None

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, func.__name__.strip("_")
        if name not in ("relu", "relu6", "max_pool2d"):
            return func(*args, **kwargs)
        x, rest = args[0], args[1:]
        if not self.given:
            pool = lambda: F.max_pool2d(x, *rest, **kwargs | {"return_indices": True})[1]
            self.recorded.append(pool() if name == "max_pool2d" else (x > 0, (x < 6) | (name == "relu")))
            return func(*args, **kwargs | ({"inplace": False} if "relu" in name else {}))
        way = self.recorded[self.at]
        self.at += 1
        if name == "max_pool2d":
            return x.flatten(2).gather(2, way.flatten(2)).reshape(way.shape)
        above, below = way
        return torch.where(above & below, x, torch.where(above, 6.0, 0.0).to(x.dtype))


def state(name, network, weights):
    """Every parameter and running statistic, f32."""
    given = load_file(weights / f"{PRETRAINED[name]}.safetensors") if name in PRETRAINED else {}
    values = {}
    for key, tensor in network.state_dict().items():
        shape = tuple(tensor.shape)
        if key in given and given[key].shape == shape:
            values[key] = given.pop(key)
        elif not key.endswith("num_batches_tracked"):
            assert not given or key.startswith(("linear.", "_fc.")), f"{name} has no {key} {shape}"
            values[key] = formula.parameter(key, shape)
    left = [key for key in given if not key.startswith(("linear.", "_fc.")) and "num_batches" not in key]
    assert not left, f"the file of {name} has more: {left}"
    return values


def floats(name, pixels):
    """The images as the network takes them, (n, 3, h, w), each step rounded to f32 once."""
    scaled = (pixels.astype(np.float64) - 127) / 128 if name == "efficientnet_lite0" else pixels / 255.0
    return torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2).contiguous()


def run(network, x, y, values, mode, dtype, smooth):
    """Logits, loss and the gradients by name, in f64."""
    network.load_state_dict({k: torch.from_numpy(v) for k, v in values.items()}, strict=False)
    network.to(dtype).train(mode == "train")
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    network.zero_grad()
    with Smooth() if smooth else contextlib.nullcontext():
        logits = network(x.to(dtype))[:, 0]
    loss = F.binary_cross_entropy_with_logits(logits, y.to(dtype))
    loss.backward()
    gradients = {key: p.grad.double().numpy().copy() for key, p in network.named_parameters()}
    return logits.detach().double().numpy(), loss.item(), gradients


def sampled(key, gradient):
    places = formula.bits(f"sample of {key}", np.arange(16)) % np.uint64(gradient.size)
    return gradient.reshape(-1)[places.astype(np.int64)]


def reference(name, options):
    """Tensors and metadata of a network's file."""
    network, full = NETWORKS[name](), options.full is not None
    values = state(name, network, options.weights)
    side = options.side or SIDES.get(name.removesuffix(SMOOTH), 96 if name.endswith(SMOOTH) else 32)
    names = [key for key, _ in network.named_parameters()]
    out, about = {}, {"parameters": "\n".join(names), "side": str(side)}
    for mode in ("eval", "train"):
        best = None
        for salt in range(1 if full else 24):
            found = attempt(name, network, values, mode, formula.images(salt, IMAGES, side, side), full)
            if best is None or found[0] < best[0]:
                best, about[f"{mode}.salt"] = found, str(salt)
            if best[0] <= 2e-5:
                break
        worst, tensors = best
        out |= tensors
        print(f"{name:18} {mode:5} salt {about[f'{mode}.salt']:2} logits {np.round(tensors[f'{mode}.logits'], 3)} "
              f"loss {tensors[f'{mode}.loss'][0]:.4f}; gradients in single precision {worst:.1e}"
              + (f", going the same ways {tensors[f'{mode}.branches'].max():.1e}" if f"{mode}.branches" in tensors else ""),
              flush=True)
    return out, about


def attempt(name, network, values, mode, pixels, full):
    """The figures for some images, after the worst relative difference between the precisions."""
    x, y = floats(name, pixels), torch.from_numpy(formula.labels(IMAGES).astype(np.float64))
    ways, smooth = Ways(), name.endswith(SMOOTH)
    with ways:
        single, _, rough = run(network, x, y, values, mode, torch.float32, smooth)
    logits, loss, exact = run(network, x, y, values, mode, torch.float64, smooth)
    norms = np.array([np.linalg.norm(gradient) for gradient in exact.values()])
    apart = lambda of: np.array([np.linalg.norm(rough[k] - of[k]) for k in of]) / np.maximum(norms, 1e-300)
    rounding, counts = apart(exact), norms > 1e-9 * norms.max()
    out = {
        f"{mode}.logits": logits,
        f"{mode}.logits.f32": single.astype(np.float32),
        f"{mode}.loss": np.array([loss]),
        f"{mode}.norm": norms,
        f"{mode}.max": np.array([np.abs(gradient).max() for gradient in exact.values()]),
        f"{mode}.samples": np.stack([sampled(k, gradient) for k, gradient in exact.items()]),
        f"{mode}.rounding": rounding,
    }
    if full and mode == "train":
        with Ways(ways.recorded):
            _, _, same = run(network, x, y, values, mode, torch.float64, smooth)
        out |= {f"{mode}.branches": np.where(counts, apart(same), 0.0)}
        out |= {f"{mode}.gradient.{k}": exact[k] for k in exact}
    return rounding[counts].max(), out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--side", type=int, help="of the images, rather than each network's own")
    parser.add_argument("--networks", help="separated by commas; all, but for whole VGGs with --full")
    parser.add_argument("--weights", type=pathlib.Path, default=HERE.parents[3] / "shared" / "weights")
    options = parser.parse_args()
    folder = options.full or HERE / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [name for name in NETWORKS if not (options.full and name.endswith("_whole"))]
    for name in options.networks.split(",") if options.networks else chosen:
        tensors, about = reference(name, options)
        save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, folder / f"{name}.safetensors", about)


if __name__ == "__main__":
    main()
