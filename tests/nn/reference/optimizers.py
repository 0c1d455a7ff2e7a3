"""Writes optimizers.json: where PyTorch's optimizers go, and its schedulers' learning rates.

    pip install torch numpy
    python tests/nn/reference/optimizers.py

Three parameters of 12, 4 and 5 elements (a matrix and two vectors) fall down
sum(a (p - c)^2 / 2 + b p^4 / 4), in float32. `a`, `b`, `c` and the starts are in the file.
"""

import json
import pathlib

import torch
from torch.optim import lr_scheduler as lrs

SHAPES = [(4, 3), (4,), (5,)]
STEPS = [1, 2, 3, 5, 10, 20, 35, 50]
DEFAULT_LR = 0.05

torch.manual_seed(3)
draw = lambda low, high: [low + (high - low) * torch.rand(shape) for shape in SHAPES]
start, a, b, c = draw(-2, 2), draw(0.5, 3), draw(0.1, 0.6), draw(-1, 1)


def parameters():
    return [p.clone().requires_grad_() for p in start]


def gradients(ps):
    for p, a_, b_, c_ in zip(ps, a, b, c):
        with torch.no_grad():
            p.grad = a_ * (p - c_) + b_ * p * p * p


def optimizer(settings, ps, factors):
    """PyTorch's optimizer for settings as they are written in a pipeline."""
    (kind, s), = settings.items()
    s = dict(s)
    decay = s.pop("decay", "all")
    wd = s.pop("weight_decay", 0.01 if kind == "adamw" else 0.0)
    lr = s.pop("lr", 1e-3)
    groups = [
        {"params": [p], "lr": lr * f, "weight_decay": 0.0 if decay == "weights" and p.dim() == 1 else wd}
        for p, f in zip(ps, factors)
        if f is not None
    ]
    if kind in ("adam", "adamw"):
        betas = (s.pop("beta1", 0.9), s.pop("beta2", 0.999))
        make = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
        return make(groups, betas=betas, **s)
    return (torch.optim.SGD if kind == "sgd" else torch.optim.RMSprop)(groups, **s)


def trajectory(settings, clip=None, factors=(1.0, 1.0, 1.0)):
    ps = parameters()
    opt = optimizer(settings, ps, factors)
    values = []
    for step in range(1, STEPS[-1] + 1):
        gradients(ps)
        trained = [p for p, f in zip(ps, factors) if f is not None]
        if clip and "norm" in clip:
            torch.nn.utils.clip_grad_norm_(trained, clip["norm"])
        if clip and "value" in clip:
            torch.nn.utils.clip_grad_value_(trained, clip["value"])
        opt.step()
        if step in STEPS:
            values.append([x for p in ps for x in p.detach().flatten().tolist()])
    return {"optimizer": settings, "clip": clip, "factors": list(factors), "values": values}


TRAJECTORIES = [
    trajectory({"adam": {"lr": 0.05}}),
    trajectory({"adam": {"lr": 0.05, "beta1": 0.8, "beta2": 0.95, "eps": 1e-4}}),
    trajectory({"adam": {"lr": 0.05, "weight_decay": 0.1}}),
    trajectory({"adam": {"lr": 0.05, "weight_decay": 0.1, "decay": "weights"}}),
    trajectory({"adamw": {"lr": 0.05}}),
    trajectory({"adamw": {"lr": 0.05, "weight_decay": 0.3}}),
    trajectory({"adamw": {"lr": 0.05, "weight_decay": 0.3, "decay": "weights"}}, factors=(0.5, 1.0, 2.0)),
    trajectory({"sgd": {"lr": 0.05}}),
    trajectory({"sgd": {"lr": 0.05, "weight_decay": 0.1}}),
    trajectory({"sgd": {"lr": 0.05, "momentum": 0.9}}),
    trajectory({"sgd": {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}}),
    trajectory({"sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": True}}),
    trajectory({"sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "decay": "weights"}}),
    trajectory({"rmsprop": {"lr": 0.02}}),
    trajectory({"rmsprop": {"lr": 0.02, "alpha": 0.9, "weight_decay": 0.1}}),
    trajectory({"rmsprop": {"lr": 0.02, "momentum": 0.5}}),
    trajectory({"rmsprop": {"lr": 0.02, "centered": True}}),
    trajectory({"rmsprop": {"lr": 0.01, "centered": True, "momentum": 0.5, "weight_decay": 0.1}}),
    trajectory({"sgd": {"lr": 0.05, "momentum": 0.9}}, clip={"norm": 1.0}),
    trajectory({"sgd": {"lr": 0.05}}, clip={"value": 0.5}),
    trajectory({"adam": {"lr": 0.05}}, clip={"norm": 2.0}, factors=(0.1, None, 1.0)),
]


def warm(opt, warmup, steps):
    length = warmup.get("epochs", 0) * steps + warmup.get("steps", 0)
    return lrs.LinearLR(opt, start_factor=warmup.get("from", 0.01), total_iters=length)


def scheduler(schedule, opt, epochs, steps):
    """PyTorch's scheduler, and whether it steps with each batch."""
    if schedule == "constant":
        return None, False
    (kind, s), = schedule.items()
    s = dict(s)
    if kind == "step":
        return lrs.StepLR(opt, s["every"], s["factor"]), False
    if kind == "milestones":
        return lrs.MultiStepLR(opt, s["at"], s["factor"]), False
    if kind == "cosine":
        return lrs.CosineAnnealingLR(opt, epochs, s.get("floor", 0.0)), False
    if kind == "one_cycle":
        return lrs.OneCycleLR(opt, DEFAULT_LR, total_steps=epochs * steps, **s), True
    s.pop("monitor", None)
    mode = "max" if schedule[kind].get("monitor") == "val_auc" else "min"
    return lrs.ReduceLROnPlateau(opt, mode, **s), False


def rates(schedule, warmup=None, epochs=6, steps=5, settings=None, figures=None):
    settings = settings or {"sgd": {"lr": DEFAULT_LR}}
    opt = optimizer(settings, parameters(), (1.0, 1.0, 1.0))
    main, by_step = scheduler(schedule, opt, epochs, steps)
    warming = warm(opt, warmup, steps) if warmup else None
    lr, momentum = [], []
    for epoch in range(epochs):
        for _ in range(steps):
            group = opt.param_groups[0]
            lr.append(group["lr"])
            momentum.append(group["betas"][0] if "betas" in group else group["momentum"])
            opt.step()
            if warming:
                warming.step()
            if by_step and len(lr) < epochs * steps:
                main.step()
        if main and not by_step:
            main.step(*([figures[epoch]] if figures else []))
    return {
        "training": {"optimizer": settings, "schedule": schedule, "warmup": warmup, "epochs": epochs},
        "steps": steps, "figures": figures, "lr": lr, "momentum": momentum,
    }


LOSSES = [0.7, 0.6, 0.6, 0.61, 0.59995, 0.62, 0.5, 0.51, 0.52, 0.53, 0.54, 0.55]
AUCS = [0.6, 0.7, 0.7, 0.69, 0.70005, 0.68, 0.8, 0.79, 0.78, 0.77, 0.76, 0.75]
ADAM = {"adam": {"lr": DEFAULT_LR}}
SCHEDULES = [
    rates("constant"),
    rates("constant", {"epochs": 2, "from": 0.1}),
    rates("constant", {"steps": 7}),
    rates({"step": {"every": 2, "factor": 0.3}}),
    rates({"step": {"every": 2, "factor": 0.3}}, {"epochs": 1, "steps": 3, "from": 0.0001}),
    rates({"milestones": {"at": [1, 4], "factor": 0.5}}),
    rates({"milestones": {"at": [1, 4], "factor": 0.5}}, {"epochs": 2}),
    rates({"cosine": {}}),
    rates({"cosine": {"floor": 0.004}}, epochs=9),
    rates({"cosine": {}}, {"epochs": 2, "from": 0.2}),
    rates({"one_cycle": {}}, settings=ADAM),
    rates({"one_cycle": {}}, settings={"sgd": {"lr": DEFAULT_LR, "momentum": 0.9}}, epochs=7, steps=3),
    rates({"one_cycle": {"pct_start": 0.5, "div_factor": 10.0, "final_div_factor": 100.0,
                         "base_momentum": 0.7, "max_momentum": 0.9}}, settings={"rmsprop": {"lr": DEFAULT_LR}}),
    rates({"one_cycle": {"cycle_momentum": False}}, settings=ADAM, epochs=1, steps=4),
    rates({"reduce_on_plateau": {"patience": 1, "factor": 0.5}}, epochs=12, steps=1, figures=LOSSES),
    rates({"reduce_on_plateau": {"patience": 0, "factor": 0.1, "min_lr": 0.001, "threshold": 0.01}},
          {"steps": 2, "from": 0.5}, epochs=12, steps=1, figures=LOSSES),
    rates({"reduce_on_plateau": {"patience": 2, "factor": 0.2, "monitor": "val_auc"}}, epochs=12, steps=1,
          figures=AUCS),
]

flat = lambda tensors: [t.flatten().tolist() for t in tensors]
out = {
    "torch": torch.__version__,
    "shapes": SHAPES,
    "start": flat(start), "a": flat(a), "b": flat(b), "c": flat(c),
    "steps": STEPS,
    "trajectories": TRAJECTORIES,
    "schedules": SCHEDULES,
}


def short(x):
    """Nine digits give a float32 back."""
    if isinstance(x, float):
        return float(f"{x:.9g}")
    if isinstance(x, dict):
        return {k: short(v) for k, v in x.items()}
    return [short(v) for v in x] if isinstance(x, (list, tuple)) else x


lines = [f'"{k}": [\n' + ",\n".join(json.dumps(short(row)) for row in v) + "\n]"
         if k in ("trajectories", "schedules") else f'"{k}": {json.dumps(short(v))}'
         for k, v in out.items()]
pathlib.Path(__file__).with_suffix(".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
