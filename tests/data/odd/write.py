"""Writes, with Pillow, image files that the tests cannot write themselves.

    python tests/data/odd/write.py tests/data/odd
"""

import pathlib
import sys

import numpy as np
from PIL import Image

out = pathlib.Path(sys.argv[1])
y, x = np.mgrid[:35, :45]
tissue = np.stack([200 + 40 * np.sin(x / 3) - y, 120 + 90 * np.cos(x * y / 60), 180 + x - y], -1)
tissue = Image.fromarray(np.clip(tissue, 0, 255).astype(np.uint8))
noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (35, 45, 3), dtype=np.uint8))

tissue.convert("CMYK").save(out / "cmyk.jpg")
tissue.convert("CMYK").save(out / "cmyk.tif", compression="tiff_adobe_deflate")
tissue.convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(out / "palette.png")
tissue.convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(out / "palette.tif", compression="tiff_adobe_deflate")
tissue.convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(out / "palette.bmp")
tissue.convert("I;16").save(out / "grey16.tif", compression="tiff_adobe_deflate")
tissue.convert("F").save(out / "float.tif")
tissue.convert("L").save(out / "grey.jpg", quality=90)
tissue.convert("1").save(out / "bits.tif")
tissue.save(out / "inside.tif", compression="jpeg", quality=90)
tissue.save(out / "lossy.webp", quality=80)
# JPEG as it comes: all kinds of chroma, with and without scans of growing detail.
tissue.save(out / "444.jpg", quality=95, subsampling=0)
tissue.save(out / "422.jpg", quality=60, subsampling=1, progressive=True)
noise.save(out / "420.jpg", quality=80, subsampling=2)
noise.save(out / "coarse.jpg", quality=5, subsampling=2, progressive=True)
