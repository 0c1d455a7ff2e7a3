"""Writes image data sets as parquet shards with pyarrow, and the same images in Kaggle's layout.

    python tests/data/parquet/write.py OUT [IMAGES]

`IMAGES` (6 by default) in each of test, train and validation. Below OUT, the same images come as
  hub/         data/<split>-0000m-of-0000n.parquet as the `datasets` library writes them: `image` a
               struct of PNG bytes and path, `label` int64, snappy, row groups of a few rows
  plain/       one shard: TIFF bytes in a binary column `picture`, no paths, `tumour` boolean,
               `slide` and `part` as text, zstd, pages of the second version
  text/        one shard a split: classes as text from a dictionary, int32 slides, uncompressed, in
               large strings and binaries
  kaggle.zip   histopathologic-cancer-detection/train/<SHA-1>.tif and train_labels.csv
The pixels are drawn by ../patches.py; images are in the order of their SHA-1, as Kaggle's are.
"""

import json
import pathlib
import struct
import sys
import zlib

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from patches import SIDE, drawn, sha1, tiff, write_kaggle  # noqa: E402

# In the order of their names, in which shards are read.
SPLITS = ["test", "train", "validation"]


def png(pixels):
    """The bytes of a PNG (third edition, section 5), each line without a filter."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def write_hub(folder, split, images, labels):
    """Two shards; what the `datasets` library says of the columns stands in their metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    features = {"image": {"_type": "Image"},
                "label": {"names": ["normal", "tumour"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    half = len(images) // 2
    for shard, part in enumerate([slice(0, half), slice(half, None)]):
        pictures = [{"bytes": png(image), "path": f"{sha1(image)}.png"} for image in images[part]]
        struct_type = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        table = pa.table({"image": pa.array(pictures, struct_type),
                          "label": pa.array(labels[part], pa.int64())})
        table = table.replace_schema_metadata(metadata)
        pq.write_table(table, folder / f"{split}-{shard:05}-of-00002.parquet",
                       compression="snappy", row_group_size=max(2, len(images) // 5))


def write_plain(path, images, labels):
    count = len(images) // len(SPLITS)
    table = pa.table({
        "part": [SPLITS[at // count] for at in range(len(images))],
        "tumour": pa.array([bool(label) for label in labels]),
        "picture": pa.array([tiff(image) for image in images], pa.binary()),
        "slide": [f"slide {at % 5}" for at in range(len(images))],
    })
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", data_page_version="2.0", use_dictionary=["slide"])


def write_text(path, images, labels):
    names = pa.array(["normal", "tumour"])
    classes = pa.DictionaryArray.from_arrays(pa.array(labels, pa.int8()), names)
    table = pa.table({
        "image": pa.array([png(image) for image in images], pa.large_binary()),
        "class": classes.cast(pa.large_string()),
        "slide": pa.array([at % 5 for at in range(len(images))], pa.int32()),
    })
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="none")


def main(out, count):
    images, labels = drawn(len(SPLITS) * count)
    out.mkdir(parents=True, exist_ok=True)
    write_kaggle(out / "kaggle.zip", images, labels)
    write_plain(out / "plain/all.parquet", images, labels)
    for at, split in enumerate(SPLITS):
        part = slice(at * count, (at + 1) * count)
        write_hub(out / "hub/data", split, images[part], labels[part])
        write_text(out / f"text/{split}.parquet", images[part], labels[part])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6)
