"""How long it takes to see that nothing has changed, beside DVC and Snakemake, and how that grows.

    python benches/noop.py                                  the small sizes of all parts: a few minutes
    python benches/noop.py --stages 10 100 1000 10000       one part, sizes of your own
    python benches/noop.py --files 1000 10000 50000 220025
    python benches/noop.py --points 100 1000 10000          ours alone: the points of a search
    python benches/noop.py --start                          ours alone: start-up, and `check` of 1,000 stages
    python benches/noop.py --peers dvc                      without Snakemake

Stages: a tree of n stages, in which stage i reads what stage i // 2 made. For DVC and Snakemake the first
writes a number and the others copy it; for DVC they are n stages of one dvc.yaml, for Snakemake one rule
with a wildcard and n files to make, which suits it best. Ours are data sets of eight drawn images of 16
pixels, and others preprocessed from them: there is no cheaper kind. Up to `--first` stages the first run
is timed too, once: what a stage costs that does next to nothing. Above that DVC's and Snakemake's files
are written by this script, and `dvc commit` and `snakemake --touch` declare them up to date.

Files: one stage over a folder of n images of 8 pixels. DVC's stage depends on the folder; Snakemake's
rule has every file as an input, since of a folder it sees the date alone.

Each side runs once more before anything is timed. Then, in each round, all take turns; a figure is the
median over the rounds with the range, and the exponent tells how it grows from the size before: 1 is
proportional, 2 is quadratic. What takes longer than `--limit` seconds is stopped and not tried at larger
sizes. The peers come from PyPI (`peers/noop.txt`) into a virtual environment that is made on the first
run, `target/peers-noop`, unless `--python` names an interpreter that has them.
"""

import argparse
import math
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SMALL = {"stages": [10, 100, 200, 1000], "files": [1000, 10_000], "points": [100, 1000]}


class Side:
    """One program in a folder of its own, and what it has to be told to do there."""

    def __init__(self, name, folder, command, **also):
        self.name, self.folder, self.command = name, folder, command
        self.also = also
        self.times = {}

    def run(self, command, limit):
        """Seconds, or None for more than the limit."""
        quiet = {**os.environ, "DVC_NO_ANALYTICS": "1", "NO_COLOR": "1"}
        begin = time.perf_counter()
        process = subprocess.Popen([*map(str, command)], cwd=self.folder, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        if process.returncode != 0:
            raise SystemExit(f"{command} in {self.folder} ended with {process.returncode}:\n{output.decode()[-3000:]}")
        return time.perf_counter() - begin


def environment(given):
    """An interpreter with the peers."""
    if given:
        return given
    venv = ROOT / "target" / "peers-noop"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "peers" / "noop.txt"], check=True)
    return python


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# A tree of stages.


def tree(count):
    parts = ['[pipeline]\nname = "tree"\nseed = 7\n']
    parts.append('[stage.s1]\nkind = "ingest"\nsource = { synthetic = { count = 8, size = 16, slides = 4 } }\n')
    split = "{ train = 0.5, valid = 0.25, test = 0.25 }"
    # The mean tells stages apart, so that each has a result of its own.
    each = 'kind = "preprocess"\ndata = "s{of}"\nsize = 16\nsplit = {split}\nnormalize = {{ mean = [{mean}, 0.5, 0.5], sd = [1.0, 1.0, 1.0] }}\n'
    for i in range(2, count + 1):
        parts.append(f"[stage.s{i}]\n" + each.format(of=i // 2, split=split, mean=i / (count + 1)))
    return "\n".join(parts)


def dvc_tree(count):
    parts = ["stages:\n  s1:\n    cmd: echo 1 > s1.txt\n    outs: [s1.txt]\n"]
    for i in range(2, count + 1):
        parts.append(f"  s{i}:\n    cmd: cp s{i // 2}.txt s{i}.txt\n    deps: [s{i // 2}.txt]\n    outs: [s{i}.txt]\n")
    return "".join(parts)


def snake_tree(count):
    return f"""rule all:
    input: [f"s{{i}}.txt" for i in range(1, {count} + 1)]
rule first:
    output: "s1.txt"
    shell: "echo 1 > {{output}}"
rule copy:
    output: "s{{i}}.txt"
    input: lambda wildcards: f"s{{int(wildcards.i) // 2}}.txt"
    wildcard_constraints: i="[2-9]|[1-9][0-9]+"
    shell: "cp {{input}} {{output}}"
"""


def stages(count, folder, o):
    for name, text in (("microtome", tree(count)), ("dvc", dvc_tree(count)), ("snakemake", snake_tree(count))):
        file = {"microtome": "tree.toml", "dvc": "dvc.yaml", "snakemake": "Snakefile"}[name]
        (fresh(folder / name) / file).write_text(text)
    run = [o.binary, "run", "tree.toml"]
    yield Side("microtome", folder / "microtome", run, first=run)
    yield Side("`microtome plan`", folder / "microtome", [o.binary, "plan", "tree.toml"])
    yield Side("`microtome check`", folder / "microtome", [o.binary, "check", "tree.toml"])
    yield from peers(folder, o, [f"s{i}.txt" for i in range(1, count + 1)] if count > o.first else None)


def peers(folder, o, outputs):
    """DVC and Snakemake; `outputs` are to be declared instead of made, if given."""
    if "dvc" in o.peers:
        subprocess.run([o.python, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=folder / "dvc", check=True)
        repro = [o.python, "-m", "dvc", "repro"]
        declare = [o.python, "-m", "dvc", "commit", "--force"]
        yield Side("DVC", folder / "dvc", repro, first=declare if outputs else repro, declared=outputs)
    if "snakemake" in o.peers:
        make = [o.python, "-m", "snakemake", "--cores", "2", "--quiet", "all"]
        yield Side("Snakemake", folder / "snakemake", make, first=[*make, "--touch"] if outputs else make, declared=outputs)


# One stage over a folder of files.


def png(number):
    """A picture of 8 by 8 pixels, of a colour of its own."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes([number & 255, number >> 8 & 255, number >> 16]) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * 8, 1)) + chunk(b"IEND", b"")


def files(count, folder, o):
    images = folder / "images"
    if not (folder / "drawn").exists():
        fresh(folder)
        for label in "01":
            (images / label).mkdir(parents=True)
        for i in range(count):
            (images / str(i % 2) / f"{i:06}.png").write_bytes(png(i))
        (folder / "drawn").touch()
    # The same files for each side, in a folder with nothing else in it.
    for name in ("microtome", "dvc", "snakemake"):
        subprocess.run(["cp", "-rl", images, fresh(folder / name) / "images"], check=True)
    (folder / "microtome" / "folder.toml").write_text('[stage.patches]\nkind = "ingest"\nsource = { folder = { dir = "images" } }\n')
    (folder / "dvc" / "dvc.yaml").write_text("stages:\n  patches:\n    cmd: echo 1 > s.txt\n    deps: [images]\n    outs: [s.txt]\n")
    (folder / "snakemake" / "Snakefile").write_text(
        'import os\nFILES = [f"{folder}/{name}" for folder, _, names in os.walk("images") for name in names]\n'
        'rule all:\n    input: "s.txt"\nrule patches:\n    input: FILES\n    output: "s.txt"\n    shell: "echo 1 > {output}"\n'
    )
    run = [o.binary, "run", "folder.toml"]
    yield Side("microtome", folder / "microtome", run, first=run)
    yield from peers(folder, o, None)


# The points of a search, and start-up.


def points(count, folder, o):
    drops = ", ".join(f"{0.5 * i / count:.6f}" for i in range(count))
    (fresh(folder) / "grid.toml").write_text(f"""
[pipeline]
seed = 7
[stage.patches]
kind = "ingest"
source = {{ synthetic = {{ count = 8, size = 16, slides = 4 }} }}
[stage.prep]
kind = "preprocess"
data = "patches"
size = 16
split = {{ train = 0.5, valid = 0.25, test = 0.25 }}
[stage.cnn]
kind = "train"
data = "prep"
model = {{ layers = [{{ conv = 1 }}, "global_avg_pool", {{ dense = 1 }}] }}
epochs = 1
[stage.search]
kind = "tune"
train = "cnn"
objective = "val_loss"
[stage.search.grid]
"optimizer.adam.lr" = [{drops.replace("0.000000", "0.000001")}]
""")
    run = [o.binary, "run", "grid.toml"]
    yield Side("microtome", folder, run, first=run)
    yield Side("`microtome plan`", folder, [o.binary, "plan", "grid.toml"])


def start(_, folder, o):
    (fresh(folder) / "tree.toml").write_text(tree(1000))
    yield Side("`microtome --version`", folder, [o.binary, "--version"])
    yield Side("`microtome check` of 1,000 stages", folder, [o.binary, "check", "tree.toml"])


PARTS = {"stages": stages, "files": files, "points": points, "start": start}


def prepare(side, o):
    """The first run, timed where it makes what it is to make; whether there is anything to repeat."""
    declared = side.also.get("declared")
    for name in declared or []:
        (side.folder / name).write_text("1\n")
    first = side.also.get("first")
    if first is None:
        return True
    seconds = side.run(first, o.limit)
    side.also["seconds"] = None if declared else seconds
    return seconds is not None and side.run(side.command, o.limit) is not None


def measure(part, sizes, o):
    """The seconds of each round, by name and size; None where it took too long; and first runs."""
    found, firsts, lost = {}, {}, set()
    for size in sizes:
        # The racy-clean rule keeps files of the last two seconds out of the index of files.
        sides = [side for side in PARTS[part](size, o.folder / part / str(size), o) if side.name not in lost]
        for side in sides:
            there = prepare(side, o)
            if side.also.get("seconds"):
                firsts.setdefault(side.name, {})[size] = side.also["seconds"]
            found.setdefault(side.name, {})[size] = [] if there else None
        time.sleep(2.5)
        sides = [side for side in sides if found[side.name][size] is not None]
        for side in sides:
            side.run(side.command, o.limit)
        for _ in range(o.rounds):
            for side in sides:
                if found[side.name][size] is not None:
                    seconds = side.run(side.command, o.limit)
                    found[side.name][size] = None if seconds is None else [*found[side.name][size], seconds]
        lost |= {name for name, by_size in found.items() if by_size.get(size, 0) is None}
        if not o.keep:
            shutil.rmtree(o.folder / part / str(size), ignore_errors=True)
    return found, firsts


def cell(times, limit):
    """Median and range, in seconds or in milliseconds."""
    if times is None:
        return f"> {limit:.0f} s"
    if not times:
        return ""
    middle = statistics.median(times)
    unit, scale, digits = ("s", 1, 2) if middle >= 1 else ("ms", 1000, 1 if middle < 0.1 else 0)
    middle, least, most = (f"{t * scale:.{digits}f}" for t in (middle, min(times), max(times)))
    return f"{middle} {unit} ({least}–{most})"


def table(part, sizes, found, firsts, o):
    names = list(found)
    print(f"\n### {part}: nothing has changed, {o.rounds} rounds\n")
    print(f"| {part} | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for size in sizes:
        cells = [cell(found[name].get(size, None), o.limit) for name in names]
        print(f"| {size:,} | " + " | ".join(cells) + " |")
    growth(part, sizes, found)
    for peer in [name for name in names if name in ("DVC", "Snakemake")]:
        ratios = []
        for size in sizes:
            ours, theirs = found["microtome"].get(size), found[peer].get(size)
            if ours and theirs:
                each = [t / o for t, o in zip(theirs, ours)]
                ratios.append(f"{size:,}: **{statistics.median(each):.0f}×** ({min(each):.0f}–{max(each):.0f})")
        print(f"\n{peer} / microtome: " + ", ".join(ratios))
    if any(firsts.values()):
        print(f"\nthe first run, once, in milliseconds a {part[:-1]}:")
        for name, by_size in firsts.items():
            print(f"- {name}: " + ", ".join(f"{size:,}: {seconds / size * 1000:.2f}" for size, seconds in by_size.items()))


def growth(part, sizes, found):
    """The exponent of growth between neighbouring sizes."""
    if len(sizes) < 2:
        return
    print(f"\ngrowth with the number of {part} (exponent from the size before):")
    for name, by_size in found.items():
        known = [(size, statistics.median(by_size[size])) for size in sizes if by_size.get(size)]
        steps = [
            f"{a:,} → {b:,}: {math.log(t / s) / math.log(b / a):.2f}" for (a, s), (b, t) in zip(known, known[1:])
        ]
        if steps:
            print(f"- {name}: " + ", ".join(steps))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for part, sizes in SMALL.items():
        parser.add_argument(f"--{part}", type=int, nargs="*", help=f"this part, of these sizes (else {sizes})")
    parser.add_argument("--start", action="store_true", help="this part: start-up and `check`")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--first", type=int, default=100, help="up to so many stages the peers' first run is made and timed")
    parser.add_argument("--limit", type=float, default=600, help="seconds that one run may take")
    parser.add_argument("--peers", nargs="*", default=["dvc", "snakemake"], choices=["dvc", "snakemake"])
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "target" / "noop")
    parser.add_argument("--keep", action="store_true", help="leave the folders, drawn images above all, for the next time")
    parser.add_argument("--python", help="an interpreter that has the peers")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "release" / "microtome")
    o = parser.parse_args()
    o.binary, o.folder = o.binary.resolve(), o.folder.resolve()
    o.python = environment(o.python) if o.peers else None
    chosen = {part: getattr(o, part) or sizes for part, sizes in SMALL.items() if getattr(o, part) is not None}
    if o.start:
        chosen["start"] = [1]
    for part, sizes in (chosen or {**SMALL, "start": [1]}).items():
        table(part, sizes, *measure(part, sizes, o), o)


if __name__ == "__main__":
    main()
