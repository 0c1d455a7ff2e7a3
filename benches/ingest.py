"""How fast a folder in Kaggle's layout becomes a data set, beside a Pillow loop; and how fast it is
to see that nothing has changed, beside DVC.

    python benches/ingest.py                          220,025 drawn patches, below target/ingest
    python benches/ingest.py -n 20000 --rounds 5
    python benches/ingest.py --results /dev/shm/i   both sides write to memory, so that no disk is measured
    python benches/ingest.py --stages               instead, once: each stage up to an epoch of training

draws the patches once (`microtome synth --kaggle`), and needs 28 kB of disk a patch three times over.
The peers come from PyPI (`peers/ingest.txt`) into a virtual environment that is made on the first run,
`target/peers-ingest`, unless `--python` names an interpreter that has them.

Files are read once before anything is timed, so that they are in memory where it holds them. In each
round ours and the peers take turns; a figure is the median over the rounds, with the range. Memory is
the largest resident set of the process, mapped files included, and beside it what is not mapped.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PIPELINE = """
[pipeline]
name = "ingest"
[stage.patches]
kind = "ingest"
source.kaggle = { dir = "kaggle" }
"""
# Stages that read all of it, in an order in which each needs only those before it.
STAGES = """
[stage.eda]
kind = "eda"
data = "patches"
[stage.prep]
kind = "preprocess"
data = "patches"
split = { train = 0.8, valid = 0.1, test = 0.1, stratify = true }
leakage = "warn"
[stage.cnn]
kind = "train"
data = "prep"
model = "basic_cnn"
augment = ["flip", "rotate90"]
batch_size = 32
epochs = 1
"""


class Measured:
    """A finished process: wall-clock seconds, and the most that it held in memory."""

    def __init__(self, command, folder):
        begin = time.perf_counter()
        process = subprocess.Popen([*map(str, command)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.anonymous = 0
        watch = threading.Thread(target=self.watch, args=(process.pid,))
        watch.start()
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.perf_counter() - begin
        self.resident = usage.ru_maxrss / 1024
        watch.join()
        if process.returncode != 0:
            raise SystemExit(f"{command} ended with {process.returncode}:\n{output}")

    def watch(self, pid):
        """The resident memory that no file stands behind, every 20 ms; Linux alone tells."""
        while True:
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
            except OSError:
                return
            lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            if "RssAnon" not in lines:
                return
            self.anonymous = max(self.anonymous, int(lines["RssAnon"].split()[0]) / 1024)
            time.sleep(0.02)


def environment(given):
    """An interpreter with the peers."""
    if given:
        return given
    venv = ROOT / "target" / "peers-ingest"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "peers" / "ingest.txt"], check=True)
    return python


def prepare(folder, count, microtome):
    """The patches, the pipeline, and DVC's one stage over the same folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "kaggle" / "train_labels.csv").exists():
        shutil.rmtree(folder / "kaggle", ignore_errors=True)
        subprocess.run([microtome, "synth", "--kaggle", folder / "kaggle", "-n", str(count)], check=True)
    (folder / "ingest.toml").write_text(PIPELINE)
    (folder / "stages.toml").write_text(PIPELINE.replace("ingest", "stages", 1) + STAGES)
    (folder / "dvc.yaml").write_text("stages:\n  patches:\n    cmd: echo\n    deps: [kaggle]\n")


def forget(folder, results):
    for path in (results / "cache", results / "out", results / "pillow.npy", folder / "ingest.lock", folder / "stages.lock"):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def rows(times):
    for name, runs in times.items():
        seconds = [run.seconds for run in runs]
        memory = f"{max(run.resident for run in runs):.0f} | {max(run.anonymous for run in runs):.0f}"
        yield f"| {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f}) | {memory} |"


def ratio(times, ours, theirs):
    ratios = [t.seconds / o.seconds for t, o in zip(times[theirs], times[ours])]
    return f"{theirs} / {ours}: **{statistics.median(ratios):.1f}×** ({min(ratios):.1f}–{max(ratios):.1f})"


def table(count, rounds, times):
    print(f"{count} patches, {rounds} rounds\n")
    print("| | seconds (range) | MiB resident | of them not mapped |\n|---|---|---|---|")
    print("\n".join(rows(times)))


def stages(folder, results, microtome, count):
    """Each stage alone, after those that it reads."""
    forget(folder, results)
    command = [microtome, "run", "stages.toml", "--cache", results / "cache", "--out", results / "out"]
    names = ("patches", "eda", "prep", "cnn")
    table(count, 1, {f"stage {name}": [Measured([*command, name], folder)] for name in names})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=220_025)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path, help="where the patches lie or go")
    parser.add_argument("--results", type=pathlib.Path, help="where both sides write; the same as --folder if left out")
    parser.add_argument("--python", help="an interpreter that has the peers")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "release" / "microtome")
    parser.add_argument("--stages", action="store_true", help="no peers: each stage once, and its memory")
    options = parser.parse_args()
    folder = options.folder or ROOT / "target" / "ingest" / str(options.n)
    results = (options.results or folder).resolve()
    results.mkdir(parents=True, exist_ok=True)
    microtome = options.binary.resolve()
    prepare(folder, options.n, microtome)
    if options.stages:
        return stages(folder, results, microtome, options.n)
    python = environment(options.python)
    dvc = [python, "-m", "dvc", "repro"]
    if not (folder / ".dvc").exists():
        subprocess.run([python, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=folder, check=True)
    run = [microtome, "run", "ingest.toml", "--cache", results / "cache", "--out", results / "out"]
    pillow = [python, HERE / "peers" / "with_pillow.py", "kaggle", results / "pillow.npy"]
    times = {}

    def turn(name, command):
        times.setdefault(name, []).append(Measured(command, folder))

    for path in (folder / "kaggle" / "train").iterdir():
        path.read_bytes()
    Measured(dvc, folder)
    for _ in range(options.rounds):
        forget(folder, results)
        turn("ingest: Pillow loop", pillow)
        (results / "pillow.npy").unlink()
        turn("ingest: microtome", run)
        turn("nothing changed: microtome", run)
        turn("nothing changed: DVC", dvc)
    table(options.n, options.rounds, times)
    print("\n" + ratio(times, "ingest: microtome", "ingest: Pillow loop"))
    print(ratio(times, "nothing changed: microtome", "nothing changed: DVC"))


if __name__ == "__main__":
    main()
