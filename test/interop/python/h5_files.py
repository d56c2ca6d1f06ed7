"""HDF5 files of Keras' layout, by h5py.

h5_files.py write FOLDER   files with the same weights, stored in several ways
h5_files.py read FILE      the numbers of every dataset, by path; a .keras archive is opened first
"""
import io
import json
import os
import sys
import zipfile

import h5py
import numpy

WAYS = {
    "contiguous": {"dtype": "<f4"},
    "gzip": {"dtype": "<f4", "chunks": (2, 2), "compression": "gzip", "compression_opts": 9},
    "gzip and shuffle": {"dtype": "<f8", "chunks": (3, 1), "compression": "gzip", "shuffle": True, "fletcher32": True},
    "float16": {"dtype": "<f2"},
    "float64": {"dtype": "<f8"},
    "big-endian": {"dtype": ">f4"},
}


def write(folder):
    generator = numpy.random.default_rng(3)
    kernel = generator.normal(size=(3, 4)).astype("float16").astype("float64")
    bias = generator.normal(size=4).astype("float16").astype("float64")
    for name, options in WAYS.items():
        with h5py.File(os.path.join(folder, f"{name}.weights.h5"), "w") as file:
            file.create_dataset("layers/dense/vars/0", data=kernel, **options)
            flat = {key: value for key, value in options.items() if key != "chunks"}
            file.create_dataset("layers/dense/vars/1", data=bias, **flat)
    return {"ways": list(WAYS), "kernel": kernel.ravel().tolist(), "bias": bias.tolist()}


def read(path):
    source = path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                raise ValueError("the archive is damaged")
            json.loads(archive.read("config.json"))
            source = io.BytesIO(archive.read("model.weights.h5"))
    found = {}
    with h5py.File(source, "r") as file:
        visit = lambda name, item: found.update({name: item[()].ravel().tolist()} if isinstance(item, h5py.Dataset) else {})
        file.visititems(visit)
    return found


print(json.dumps({"write": write, "read": read}[sys.argv[1]](sys.argv[2])))
