"""How fast networks train and infer, beside PyTorch and TensorFlow on the same cores.

    python benches/compare.py                                  everything (hours)
    python benches/compare.py --networks basic,bn --batches 32 --threads 2 --isa avx512 --rounds 7
    python benches/compare.py --markdown table.md --json results.json

The peers come from PyPI (`peers/requirements.txt`) into a virtual environment that is made on the
first run, `target/peers`, unless `--python` names an interpreter that has them.

Each side is a process that keeps one network and does nothing until it is its turn. In every round
each side steps for `--seconds` (one step at least), in the order ours, peer, peer, …; the next
round begins with ours again, so that a slow minute of the machine hits all. A side's figure for a
round is the median of its steps; the table has the median over rounds, and of the rounds' ratios
the median and the range. PyTorch runs with contiguous and with channels-last maps (and compiled,
with `--compiled`); the better of them for a case is the one in the table.

All sides do the same: the same network, 96 × 96 images in memory, mean binary cross-entropy with
logits, Adam at 1e-3 (PyTorch's fused one). Ours starts from bytes, the peers from floats in the
layout that they like. `--isa avx2` holds all sides to AVX2.
"""

import argparse
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
ISAS = {
    "avx512": {"MICROTOME_ISA": "avx512"},
    "avx2": {
        "MICROTOME_ISA": "avx2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "DNNL_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
}
NETWORKS = ("basic", "bn", "resnet18", "vgg11_bn")


class Side:
    """A process that takes its turns."""

    def __init__(self, name, command, threads, isa):
        threaded = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        env = dict(os.environ, **{key: str(threads) for key in threaded}, **ISAS[isa])
        self.name, self.log = name, tempfile.TemporaryFile("w+")
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.process = subprocess.Popen(command, text=True, env=env, **pipes)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.log.seek(0)
            raise SystemExit(f"{self.name} ended at `{line}`:\n{self.log.read()}")
        return answer

    def turn(self, mode, seconds):
        """Seconds a step: the median."""
        # Threads of the side before may still spin for a moment.
        time.sleep(0.03)
        return statistics.median(map(float, self.ask(f"{mode} {seconds}").split()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def environment(given):
    """An interpreter with the peers."""
    if given:
        return given
    venv = ROOT / "target" / "peers"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "-r", HERE / "peers" / "requirements.txt"]
        subprocess.run(install, check=True)
    return str(python)


def build():
    """Our benchmark's program."""
    command = ["cargo", "bench", "--bench", "training", "--no-run", "--message-format=json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    built = (json.loads(line) for line in lines if line.startswith("{"))
    return next(b["executable"] for b in built if b.get("executable") and b["target"]["name"] == "training")


def sides(options, ours, python, threads, isa):
    commands = {"microtome": [ours, "--serve"]}
    layouts = ("contiguous", "channels_last") + (("compiled",) if options.compiled else ())
    if "pytorch" in options.peers:
        for layout in layouts:
            commands[f"pytorch {layout}"] = [python, HERE / "peers" / "with_pytorch.py", layout, str(threads)]
    if "tensorflow" in options.peers:
        commands["tensorflow"] = [python, HERE / "peers" / "with_tensorflow.py", str(threads)]
    return [Side(name, command, threads, isa) for name, command in commands.items()]


def compare(running, network, batch, options):
    """Seconds a step of each side in each round, by mode."""
    for side in running:
        side.ask(f"open {network} {batch}")
    times = {}
    for mode in options.modes:
        for side in running:
            side.turn(mode, options.seconds)  # the first steps compile, allocate and choose kernels
        rounds = [[side.turn(mode, options.seconds) for side in running] for _ in range(options.rounds)]
        times[mode] = dict(zip([side.name for side in running], zip(*rounds)))
    return times


def best(times, peer):
    """The way of running a peer that was fastest: its name and times."""
    ways = {name: t for name, t in times.items() if name.split()[0] == peer}
    return min(ways.items(), key=lambda way: statistics.median(way[1])) if ways else (None, None)


def row(case):
    """A line of the table: rates in images/s, and how many times a peer's rate ours is."""
    times, ours = case["times"], case["times"]["microtome"]
    rate = lambda t: f"{case['batch'] / statistics.median(t):.0f}"
    cells = [case["network"], case["mode"], case["batch"], case["threads"], case["isa"], rate(ours)]
    for peer in ("pytorch", "tensorflow"):
        name, theirs = best(times, peer)
        if name is None:
            cells += ["–", "–"]
            continue
        ratios = [t / o for t, o in zip(theirs, ours)]
        way = f" ({name.split()[1]})" if " " in name else ""
        cells.append(rate(theirs) + way)
        cells.append(f"**{statistics.median(ratios):.2f}×** ({min(ratios):.2f}–{max(ratios):.2f})")
    return "| " + " | ".join(map(str, cells)) + " |"


HEAD = """| network | | batch | threads | held to | microtome, images/s | PyTorch | ratio (range) | TensorFlow | ratio (range) |
|---|---|---|---|---|---|---|---|---|---|"""


def main():
    def several(kind):
        return lambda text: [kind(word) for word in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=several(str), default=list(NETWORKS))
    parser.add_argument("--modes", type=several(str), default=["train", "infer"])
    parser.add_argument("--batches", type=several(int), default=[1, 8, 32, 128])
    parser.add_argument("--threads", type=several(int), default=[1, 2])
    parser.add_argument("--isa", type=several(str), default=["avx512", "avx2"])
    parser.add_argument("--peers", type=several(str), default=["pytorch", "tensorflow"])
    parser.add_argument("--compiled", action="store_true", help="try torch.compile too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a side's turn")
    parser.add_argument("--python", help="an interpreter that has the peers")
    parser.add_argument("--binary", help="our benchmark, if it is built already")
    parser.add_argument("--markdown", type=pathlib.Path, help="where the table goes too")
    parser.add_argument("--json", type=pathlib.Path, help="where all times go")
    options = parser.parse_args()
    ours, python, cases = options.binary or build(), environment(options.python), []
    print(HEAD, flush=True)
    for isa, threads in itertools.product(options.isa, options.threads):
        running = sides(options, ours, python, threads, isa)
        for network, batch in itertools.product(options.networks, options.batches):
            for mode, times in compare(running, network, batch, options).items():
                case = dict(network=network, mode=mode, batch=batch, threads=threads, isa=isa, times=times)
                cases.append(case)
                print(row(case), flush=True)
                if options.markdown:
                    options.markdown.write_text("\n".join([HEAD, *map(row, cases)]) + "\n")
                if options.json:
                    options.json.write_text(json.dumps(cases))
        for side in running:
            side.close()


if __name__ == "__main__":
    main()
