"""What PyTorch computes for Grad-CAM: the maps of `attention.json`.

    python attention.py          writes attention.json
    python attention.py --check  fails where PyTorch's figures are no longer those of the file

needs what `networks.py` needs, whose networks, weights and images these are. For each network and
each of its four images, in double precision: A are the outputs of the last ReLU that gives maps, and
the gradient is that of the logit for images 1 and 3, and of its negative for images 0 and 2. The map
is ReLU(sum over c of mean(gradient_c) * A_c) (Selvaraju et al. 2017), row by row.
"""

import argparse
import json
import pathlib

import numpy as np
import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

import formula
import networks

FILE = networks.HERE / "attention.json"
SIDES = {"basic_cnn": 48, "bn_cnn": 48, "resnet20": 32}


class LastMaps(TorchFunctionMode):
    """Remembers what the last ReLU over maps gives."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        y = func(*args, **(kwargs or {}))
        if func.__name__.strip("_") == "relu" and y.dim() == 4:
            self.maps = y
        return y


def attention(name, weights):
    side, network = SIDES[name], networks.NETWORKS[name]()
    if name == "basic_cnn":
        network.hidden = torch.nn.Linear(128 * (side // 8) ** 2, 128)
    values = networks.state(name, network, weights)
    network.load_state_dict({k: torch.from_numpy(v) for k, v in values.items()}, strict=False)
    network.double().eval()
    x = networks.floats(name, formula.images(0, 4, side, side)).double()
    with LastMaps() as last:
        logits = network(x)[:, 0]
    signs = torch.tensor([-1.0, 1.0, -1.0, 1.0], dtype=torch.float64)
    (gradient,) = torch.autograd.grad((logits * signs).sum(), last.maps)
    maps = F.relu((gradient.mean((2, 3), keepdim=True) * last.maps).sum(1))
    return {"side": side, "height": maps.shape[1], "width": maps.shape[2],
            "maps": [[float(f"{v:.9e}") for v in m.flatten().tolist()] for m in maps.detach()]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--weights", type=pathlib.Path, default=networks.HERE.resolve().parents[3] / "shared" / "weights")
    options = parser.parse_args()
    found = {name: attention(name, options.weights) for name in SIDES}
    if not options.check:
        FILE.write_text(json.dumps(found) + "\n")
        return
    for name, expected in json.loads(FILE.read_text()).items():
        ours, theirs = np.array(found[name]["maps"]), np.array(expected["maps"])
        apart = np.abs(ours - theirs).max() / np.abs(theirs).max()
        print(f"{name}: {apart:.1e} of the largest value apart")
        assert apart < 1e-8, name


main()
