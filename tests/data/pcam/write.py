"""Writes data sets in the official layout of PatchCamelyon with h5py, and the same images in that of Kaggle.

    python tests/data/pcam/write.py OUT [IMAGES]

`IMAGES` (6 by default) in each of train, valid and test. Below OUT, the same images come as
  chunked/     x in chunks of one image, compressed, as the official files are; slides in ..._meta.csv
  tiled/       x in chunks that cut through images, with an edge that reaches over the last image
  packed/      .h5.gz, where x lies in one piece
  kaggle.zip   histopathologic-cancer-detection/train/<SHA-1>.tif and train_labels.csv
The pixels are drawn here; images are in the order of their SHA-1, as Kaggle's are.
"""

import gzip
import hashlib
import io
import pathlib
import struct
import sys
import zipfile
import zlib

import h5py
import numpy as np

SIDE = 96
SPLITS = ["train", "valid", "test"]


def draw(generator):
    """A patch of one colour with a stripe and a blot of others: small when packed."""
    y, x = np.mgrid[:SIDE, :SIDE]
    image = np.empty((SIDE, SIDE, 3), np.uint8)
    image[:] = generator.integers(120, 256, 3)
    image[(x + 2 * y) % 97 < 9] = generator.integers(60, 200, 3)
    cy, cx, radius = generator.integers(20, 76), generator.integers(20, 76), generator.integers(5, 20)
    image[(y - cy) ** 2 + (x - cx) ** 2 < radius**2] = generator.integers(0, 120, 3)
    return image


def tiff(pixels):
    """The bytes of a TIFF of one strip, deflated (TIFF 6.0, section 6; compression 8)."""
    packed = zlib.compress(pixels.tobytes(), 9)
    entries = [
        (256, 3, 1, SIDE), (257, 3, 1, SIDE), (258, 3, 3, 122), (259, 3, 1, 8), (262, 3, 1, 2),
        (273, 4, 1, 128), (277, 3, 1, 3), (278, 3, 1, SIDE), (279, 4, 1, len(packed)),
    ]
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        head += struct.pack("<HHII", tag, kind, count, value)
    head += struct.pack("<I", 0) + struct.pack("<HHH", 8, 8, 8)
    return head.ljust(128, b"\0") + packed


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
    generator = np.random.default_rng(7)
    images = [draw(generator) for _ in range(3 * count)]
    images.sort(key=lambda image: hashlib.sha1(image.tobytes()).hexdigest())
    labels = generator.integers(0, 2, len(images)).astype(np.uint8)
    (out / "packed").mkdir(parents=True)
    names = [hashlib.sha1(image.tobytes()).hexdigest() for image in images]
    with zipfile.ZipFile(out / "kaggle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        def add(name, data):
            entry = zipfile.ZipInfo(f"histopathologic-cancer-detection/{name}", (2018, 11, 1, 0, 0, 0))
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
        add("train_labels.csv", "id,label\n" + "".join(f"{n},{l}\n" for n, l in zip(names, labels)))
        for name, image in zip(names, images):
            add(f"train/{name}.tif", tiff(image))
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
