"""Patches drawn for tests, and Kaggle's zip file of them; used by the scripts that write other layouts."""

import hashlib
import struct
import zipfile
import zlib

import numpy as np

SIDE = 96


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


def sha1(image):
    return hashlib.sha1(image.tobytes()).hexdigest()


def drawn(count):
    """Images in the order of their SHA-1, as Kaggle's are, and their labels."""
    generator = np.random.default_rng(7)
    images = sorted((draw(generator) for _ in range(count)), key=sha1)
    return images, generator.integers(0, 2, len(images)).astype(np.uint8)


def write_kaggle(path, images, labels):
    """The zip file: histopathologic-cancer-detection/train/<SHA-1>.tif and train_labels.csv."""
    names = [sha1(image) for image in images]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        def add(name, data):
            entry = zipfile.ZipInfo(f"histopathologic-cancer-detection/{name}", (2018, 11, 1, 0, 0, 0))
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
        add("train_labels.csv", "id,label\n" + "".join(f"{n},{l}\n" for n, l in zip(names, labels)))
        for name, image in zip(names, images):
            add(f"train/{name}.tif", tiff(image))
