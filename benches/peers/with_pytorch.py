"""PyTorch's side: `with_pytorch.py contiguous|channels_last|compiled THREADS`."""

import sys

import torch
import torchvision
from torch import nn

from serve import serve

LAYOUT, THREADS = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(THREADS)


def basic():
    layers, channels = [], 3
    for filters in (32, 64, 128):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    layers += [nn.Flatten(), nn.Linear(128 * 12 * 12, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 1)]
    return nn.Sequential(*layers)


def bn():
    layers, channels = [], 3
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
            channels = filters
        layers += [nn.MaxPool2d(2), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 1))


def vgg11_bn():
    network = torchvision.models.vgg11_bn()
    network.avgpool, network.classifier = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 1)
    return network


NETWORKS = {
    "basic": basic,
    "bn": bn,
    "resnet18": lambda: torchvision.models.resnet18(num_classes=1),
    "vgg11_bn": vgg11_bn,
}
LOSS = nn.BCEWithLogitsLoss()


def open_network(name, batch):
    torch.manual_seed(0)
    memory = torch.channels_last if LAYOUT == "channels_last" else torch.contiguous_format
    network = NETWORKS[name]().to(memory_format=memory)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=True)  # its fastest
    x = torch.rand(batch, 3, 96, 96).contiguous(memory_format=memory)
    y = (torch.arange(batch) % 2).float()[:, None]
    called = torch.compile(network) if LAYOUT == "compiled" else network
    return network, called, optimizer, x, y


def train(state):
    network, called, optimizer, x, y = state
    if not network.training:
        network.train()
    optimizer.zero_grad()
    LOSS(called(x), y).backward()
    optimizer.step()


@torch.inference_mode()
def infer(state):
    network, called, _, x, _ = state
    if network.training:
        network.eval()
    called(x)


serve(open_network, {"train": train, "infer": infer})
