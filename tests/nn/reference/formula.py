"""Weights, images and labels that PyTorch and our tests compute alike, without a file.

    hash(name)      FNV-1a, 64 bits, of the name's bytes
    bits(name, i)   SplitMix64: z = hash(name) + (i + 1) · 0x9E3779B97F4A7C15 (all modulo 2⁶⁴),
                    z = (z ^ z >> 30) · 0xBF58476D1CE4E5B9,
                    z = (z ^ z >> 27) · 0x94D049BB133111EB, z ^ z >> 31
    unit(name, i)   (bits >> 40) / 2²³ − 1, in [−1, 1); exact in f32
    byte(name, i)   bits >> 56

Element i (in PyTorch's order) of the parameter called `name`, computed in f64 and rounded to f32:

    two dimensions or more      √(6 / fan_in) · unit, fan_in = the product of all but the first
    `….running_mean`            0.1 · unit
    `….running_var`             1 + 0.5 · unit
    `….bias`                    0.2 + 0.1 · unit
    any other (a norm's scale)  0.5 + 0.2 · unit

Images are bytes of the shape (n, height, width, 3), with blocks of 8 × 8 pixels under noise so
that they differ in more than their noise:

    images[n, y, x, c] = (3 · byte("blocks SALT", ((n · ⌈height/8⌉ + y/8) · ⌈width/8⌉ + x/8) · 3 + c)
                            + byte("noise SALT", ((n · height + y) · width + x) · 3 + c)) / 4

with whole-number divisions and a number SALT, written in decimals. The label of image n is n mod 2.
"""

import math

import numpy as np

MASK = (1 << 64) - 1


def hash64(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def bits(name, indices):
    with np.errstate(over="ignore"):
        z = np.uint64(hash64(name)) + (indices.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return z ^ z >> np.uint64(31)


def unit(name, count):
    return (bits(name, np.arange(count)) >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1.0


def parameter(name, shape):
    """The values of a parameter or of a running statistic, f32."""
    values = unit(name, math.prod(shape))
    if len(shape) >= 2:
        values = math.sqrt(6.0 / math.prod(shape[1:])) * values
    elif name.endswith(".running_mean"):
        values = 0.1 * values
    elif name.endswith(".bias"):
        values = 0.2 + 0.1 * values
    elif name.endswith(".running_var"):
        values = 1.0 + 0.5 * values
    else:
        values = 0.5 + 0.2 * values
    return values.astype(np.float32).reshape(shape)


def images(salt, count, height, width):
    """Bytes of the shape (count, height, width, 3)."""
    n, y, x, c = np.indices((count, height, width, 3))
    blocks = ((n * -(-height // 8) + y // 8) * -(-width // 8) + x // 8) * 3 + c
    noise = ((n * height + y) * width + x) * 3 + c
    byte = lambda name, indices: (bits(name, indices) >> np.uint64(56)).astype(np.int64)
    return ((3 * byte(f"blocks {salt}", blocks) + byte(f"noise {salt}", noise)) // 4).astype(np.uint8)


def labels(count):
    return np.arange(count, dtype=np.uint8) % 2
