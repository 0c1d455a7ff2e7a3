"""Writes data sets in the official layout of PatchCamelyon with h5py, and the same images in that of Kaggle.

    python tests/data/pcam/write.py OUT [IMAGES]

`IMAGES` (6 by default) in each of train, valid and test. Below OUT, the same images come as
  chunked/     x in chunks of one image, compressed, as the official files are; slides in ..._meta.csv
  tiled/       x in chunks that cut through images, with an edge that reaches over the last image
  packed/      .h5.gz, where x lies in one piece
  kaggle.zip   histopathologic-cancer-detection/train/<SHA-1>.tif and train_labels.csv
The pixels are drawn by ../patches.py; images are in the order of their SHA-1, as Kaggle's are.
"""

import gzip
import io
import pathlib
import sys

import h5py
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from patches import SIDE, drawn, write_kaggle  # noqa: E402

SPLITS = ["train", "valid", "test"]


def write(folder, split, x, y, **layout):
    folder.mkdir(parents=True, exist_ok=True)
    name = f"camelyonpatch_level_2_split_{split}"
    with h5py.File(folder / f"{name}_x.h5", "w") as file:
        file.create_dataset("x", data=x, **layout)
    with h5py.File(folder / f"{name}_y.h5", "w") as file:
        file.create_dataset("y", data=y.reshape(-1, 1, 1, 1))
    lines = [",coord_y,coord_x,tumor_patch,center_tumor_patch,wsi"]
    for at, label in enumerate(y):
        lines.append(f"{at},{96 * at},0,{bool(label)},{bool(label)},camelyon16_{split}_{at % 5:03}")
    return name, "\n".join(lines) + "\n"


def main(out, count):
    images, labels = drawn(3 * count)
    (out / "packed").mkdir(parents=True)
    write_kaggle(out / "kaggle.zip", images, labels)
    for at, split in enumerate(SPLITS):
        part = slice(at * count, (at + 1) * count)
        x, y = np.stack(images[part]), labels[part]
        one, cut = (1, SIDE, SIDE, 3), (min(4, count), 40, 64, 1)
        name, slides = write(out / "chunked", split, x, y, chunks=one, compression=9)
        (out / f"chunked/{name}_meta.csv").write_text(slides)
        write(out / "tiled", split, x, y, chunks=cut, compression=9, shuffle=True)
        write(out / "plain", split, x, y)
        for what in ["x", "y"]:
            packed = io.BytesIO()
            with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
                file.write((out / f"plain/{name}_{what}.h5").read_bytes())
            (out / f"packed/{name}_{what}.h5.gz").write_bytes(packed.getvalue())
            (out / f"plain/{name}_{what}.h5").unlink()
    (out / "plain").rmdir()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6)
