"""Figures of stain normalisation from NumPy's linear algebra, for tests/data/staining.rs.

    python tests/data/reference/stain.py ../shared/data/kaggle-pcam > tests/data/reference/stain.json

Written from the papers (Reinhard et al. 2001, Macenko et al. 2009) and CIE's definitions, with none
of the library's code. `python … --torchstain` also prints how far the `torchstain` package is off.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

TARGET_LAB = {"mean": [65.0, 25.0, -15.0], "sd": [15.0, 8.0, 6.0]}
TARGET_DYES = {
    "haematoxylin": [0.5626, 0.7201, 0.4062],
    "eosin": [0.2159, 0.8012, 0.5581],
    "strength": [1.9705, 1.0308],
}
XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
WHITE = np.array([0.95047, 1.0, 1.08883])


def to_lab(rgb):
    share = rgb / 255.0
    light = np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)
    t = light @ XYZ.T / WHITE
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def to_rgb(lab):
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    t = np.where(f**3 > 0.008856, f**3, (f - 16 / 116) / 7.787)
    light = np.clip(t * WHITE @ np.linalg.inv(XYZ).T, 0, 1)
    share = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    return np.clip(np.round(share * 255), 0, 255).astype(int)


def reinhard(rgb):
    lab = to_lab(rgb.astype(float))
    mean, sd = lab.reshape(-1, 3).mean(0), lab.reshape(-1, 3).std(0)
    moved = (lab - mean) / sd * np.array(TARGET_LAB["sd"]) + np.array(TARGET_LAB["mean"])
    return mean, sd, to_rgb(moved)


def macenko(rgb):
    od = -np.log((rgb.reshape(-1, 3).astype(float) + 1) / 240)
    tissue = od[~np.any(od < 0.15, axis=1)]
    _, vectors = np.linalg.eigh(np.cov(tissue.T))
    plane = vectors[:, 1:3] * np.sign(vectors[:, 1:3].sum(0))
    phi = np.arctan2(tissue @ plane[:, 1], tissue @ plane[:, 0])
    ends = [plane @ np.array([np.cos(p), np.sin(p)]) for p in np.percentile(phi, [1, 99])]
    dyes = np.array(ends if ends[0][0] > ends[1][0] else ends[::-1])
    amounts = np.linalg.lstsq(dyes.T, od.T, rcond=None)[0]
    strength = np.percentile(amounts, 99, axis=1)
    target = np.array([TARGET_DYES["haematoxylin"], TARGET_DYES["eosin"]])
    target = target / np.linalg.norm(target, axis=1, keepdims=True)
    scaled = amounts * (np.array(TARGET_DYES["strength"]) / strength)[:, None]
    moved = 240 * np.exp(-(target.T @ scaled))
    return dyes, strength, np.clip(np.round(moved), 0, 255).astype(int).T.reshape(rgb.shape)


def main():
    images = []
    for path in sorted(Path(sys.argv[1], "train").glob("*.tif"))[:6]:
        rgb = np.array(Image.open(path).convert("RGB"))
        mean, sd, by_reinhard = reinhard(rgb)
        dyes, strength, by_macenko = macenko(rgb)
        every = lambda out: out.reshape(-1, 3)[::509].tolist()
        images.append({
            "id": path.stem,
            "lab": {"mean": mean.tolist(), "sd": sd.tolist()},
            "dyes": {"haematoxylin": dyes[0].tolist(), "eosin": dyes[1].tolist(), "strength": strength.tolist()},
            "reinhard": every(by_reinhard),
            "macenko": every(by_macenko),
        })
        if "--torchstain" in sys.argv:
            compare(rgb, dyes, strength, by_macenko)
    targets = {"lab": TARGET_LAB, "dyes": TARGET_DYES}
    print(json.dumps({"targets": targets, "images": images}))


def compare(rgb, dyes, strength, by_macenko):
    import torchstain

    peer = torchstain.normalizers.MacenkoNormalizer(backend="numpy")
    out, _, _ = peer.normalize(I=rgb, Io=240, alpha=1, beta=0.15, stains=False)
    off = np.abs(out.astype(int) - by_macenko).max()
    print(f"torchstain's pixels differ by at most {off} levels", file=sys.stderr)


main()
