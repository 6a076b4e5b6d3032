"""Files that somebody passes on with bad intent; code in them leaves a marker, and must not.

`{marker}` in a text is a path that running the file's code would create.
"""

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path

LAUGHS = "\n".join(
    ["l0: &l0 ha", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10))]
)
"""Ten lines that stand for 9⁹ values."""

CODE = {
    "apply": "name: !!python/object/apply:os.mkdir ['{marker}']\n",
    "new": "name: !!python/object/new:os.mkdir ['{marker}']\n",
    "module": "name: !!python/module:antigravity\n",
    "name": "name: !!python/name:os.mkdir\n",
    "tuple": "name: !!python/tuple [1, 2]\n",
    "hyper-apply": "name: !apply:os.mkdir ['{marker}']\n",
    "hyper-new": "name: !new:subprocess.Popen [[mkdir, '{marker}']]\n",
    "hyper-include": "name: !include:{marker}\n",
    "local-tag": "name: !anything {{x: 1}}\n",
}
"""YAML that names code; HyperPyYAML would run what begins with `!`."""

BOMBS = {
    "laughs": LAUGHS,
    "laughs-merged": "a: &a {x: 1}\n" + "b: {<<: [" + ", ".join(["*a"] * 90_000) + "]}\n",
    "itself": "name: &a [*a]\n",
    "deep-list": "name: " + "[" * 100_000,
    "deep-map": "name: " + "{a: " * 5_000,
    "deep-block": "\n".join("  " * n + "a:" for n in range(400)),
    "wide": "name: [" + "x," * 100_001 + "]\n",
    "twice": "name: one\nname: two\n",
    "date": "name: 2020-13-45\n",
    "digits": "name: " + "9" * 5_000 + "\n",
    "bool": "name: !!bool perhaps\n",
    "integer": 'name: !!int ""\n',
    "moment": "name: !!timestamp never\n",
    "several": "name: one\n---\nname: two\n",
    "list-key": "? [a, b]\n: c\n",
    "anchor-less": "name: *nobody\n",
    "control": "name: \x00\n",
}
"""YAML that is more than it looks, or less."""


def hostile_yaml(path: Path, text: str, marker: Path) -> Path:
    """Write one of the texts of `CODE` or `BOMBS`."""
    code = "{marker}" in text or "{{" in text
    path.write_text(text.format(marker=marker) if code else text, "utf-8")
    return path


def huge(path: Path, size: int = 100 * 2**20) -> Path:
    """Make a file of that many zero bytes, which takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def pickled(path: Path, marker: Path) -> Path:
    """Write a pickle by hand whose loading makes the folder `marker`."""
    name = str(marker).encode()
    path.write_bytes(b"\x80\x03cos\nmkdir\nX" + struct.pack("<I", len(name)) + name + b"\x85R.")
    return path


def giant_header(path: Path) -> Path:
    """Write safetensors that promise a header of 2⁶² bytes."""
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    return path


def overlapping(path: Path) -> Path:
    """Write safetensors whose tensor reaches far beyond the file."""
    header = json.dumps({"weight": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + b"\0" * 16)
    return path


def cut_gguf(path: Path) -> Path:
    """Write a GGUF that promises 2⁴⁰ tensors and ends."""
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**40, 2**40))
    return path


def reaching_onnx(path: Path, target: str) -> Path:
    """Write an ONNX model whose weights are to be read from the file `target`."""
    from onnx import TensorProto, helper

    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=target)
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["w"], ["y"])], "g", [], [out], [weight]
    )
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )
    return path


def poisoned(kind: int, module: str, name: str, *given: object) -> bytes:
    """Return a checkpoint whose reading would call `module.name`, as one of the serde's kinds."""
    import ormsgpack

    arguments = [given, {}] if kind == 2 else given[0] if kind in (0, 3) else given
    call = ormsgpack.packb([module, name, arguments, "mkdir"])
    return ormsgpack.packb({"format": 1, "checkpoint": ormsgpack.Ext(kind, call)})


WEIGHTS: dict[str, Callable[[Path], Path]] = {
    "giant-header": giant_header,
    "overlapping": overlapping,
    "empty": lambda path: huge(path, 0),
    "zeros": lambda path: huge(path, 4096),
    "gguf": cut_gguf,
}
"""What may lie under the name of a weight file."""


def disguises(text: str) -> list[bytes]:
    """Return `text` as programs may write it: plain, UTF-16, in base64 at each offset, in JSON."""
    plain = text.encode()
    coded = {base64.b64encode(b"\0" * n + plain)[(8 * n + 5) // 6 :] for n in range(3)}
    shortest = {part.rstrip(b"=")[:-2] for part in coded}
    return [
        plain,
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        json.dumps(text)[1:-1].encode(),
        *shortest,
    ]


def traces(sentinels: dict[str, str | bytes], *places: Path) -> list[str]:
    """Return where any sentinel lies, in the names and in the bytes of every file below `places`.

    Args:
        sentinels: what must be nowhere, by a name for the message.
        places: folders, or files.
    """
    forms = {
        name: [value] if isinstance(value, bytes) else disguises(value)
        for name, value in sentinels.items()
    }
    found = []
    for place in places:
        for path in [place, *sorted(place.rglob("*"))] if place.is_dir() else [place]:
            data = str(path).encode()
            if path.is_file() and not path.is_symlink():
                try:
                    data += b"\n" + path.read_bytes()
                except OSError:
                    continue  # gone meanwhile
            found += [f"{name} in {path}" for name, f in forms.items() if any(x in data for x in f)]
    return found
