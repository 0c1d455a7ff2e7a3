"""Others compute the same with an exported network as microtome does itself.

    cargo test --release --test nn -- --ignored written_for_onnxruntime
    for model in target/tmp/onnx/*/; do
        target/release/microtome export "$model" --onnx "$model/model.onnx"
    done
    python tests/nn/onnx/check.py target/tmp/onnx/*/

Each folder holds model.onnx, images.safetensors and probabilities.json. The file must pass ONNX's
checker with its shape inference, and onnxruntime's probabilities for the raw images, in batches of
1 and 5 and with its optimizations on and off, must be ours within 1e-4.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort
from safetensors.numpy import load_file

LIMIT = 1e-4
LEVELS = (ort.GraphOptimizationLevel.ORT_DISABLE_ALL, ort.GraphOptimizationLevel.ORT_ENABLE_ALL)


def structure(path):
    onnx.checker.check_model(str(path), full_check=True)
    graph = onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, data_prop=True).graph
    for value in graph.value_info:
        dims = value.type.tensor_type.shape.dim
        assert dims[0].dim_param == "batch", f"{value.name} has lost its batch: {dims}"
        assert all(dim.dim_value > 0 for dim in dims[1:]), f"{value.name} has no known shape: {dims}"
    return len(graph.node)


def run(path, images, batch, level):
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    parts = []
    for at in range(0, len(images), batch):
        probability, logit = session.run(["probability", "logit"], {"images": images[at : at + batch]})
        assert probability.shape == logit.shape == (len(images[at : at + batch]),)
        assert np.abs(1 / (1 + np.exp(-logit.astype(np.float64))) - probability).max() < 1e-6
        parts.append(probability)
    return np.concatenate(parts)


def check(folder):
    path = folder / "model.onnx"
    nodes = structure(path)
    images = load_file(folder / "images.safetensors")["images"]
    ours = np.array(json.loads((folder / "probabilities.json").read_text()))
    assert ours.std() > 0.1, f"{folder.name}: probabilities too alike to tell anything: {ours}"
    runs = [run(path, images, batch, level) for batch in (1, 5) for level in LEVELS]
    difference = max(np.abs(theirs - ours).max() for theirs in runs)
    print(f"{folder.name:<20} {nodes:>5} {ours.min():>8.4f} {ours.max():>8.4f} {difference:>12.1e}")
    return difference


if __name__ == "__main__":
    folders = [pathlib.Path(argument) for argument in sys.argv[1:]]
    assert folders, __doc__
    print(f"onnx {onnx.__version__}, onnxruntime {ort.__version__}")
    print(f"{'network':<20} nodes     from       to   difference")
    worst = max(check(folder) for folder in folders)
    if not worst < LIMIT:
        sys.exit(f"onnxruntime differs by {worst:.1e}, more than {LIMIT}")
