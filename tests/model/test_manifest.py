"""Manifests and configurations: round trips, a registry's JSON, and refusals."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.model import manifest as m
from rillet.model.gguf import read_header
from rillet.model.names import Digest

TINY = Path(__file__).parents[1] / "data" / "models" / "tiny.gguf"
DIGEST = "sha256:" + "ab" * 32

PULLED = b"""{
  "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
  "config": {"mediaType": "application/vnd.docker.container.image.v1+json",
             "digest": "sha256-%s", "size": 10},
  "layers": [
    {"mediaType": "application/vnd.ollama.image.model", "digest": "%s", "size": 100,
     "from": "/x", "annotations": {"a": 1}},
    {"mediaType": "application/vnd.ollama.image.license", "digest": "%s", "size": 1},
    {"mediaType": "application/vnd.ollama.image.license", "digest": "%s", "size": 2}
  ]
}""" % (b"cd" * 32, DIGEST.encode(), DIGEST.encode(), DIGEST.encode())

_layers = st.builds(
    m.Layer,
    media_type=st.sampled_from([m.MODEL, m.LICENSE, m.PARAMS]),
    digest=st.binary(max_size=8).map(lambda data: str(Digest.of(data))),
    size=st.integers(0, 2**50),
    from_=st.text(max_size=5),
    name=st.text(max_size=5),
)


def test_a_pulled_manifest() -> None:
    manifest = m.decode_manifest(PULLED)
    assert manifest.size == 113
    assert [layer.size for layer in manifest.of_type(m.LICENSE)] == [1, 2]
    first = manifest.first(m.MODEL)
    assert first is not None
    assert str(first.address) == DIGEST
    assert manifest.config.address.hex == "cd" * 32
    assert manifest.first(m.TEMPLATE) is None
    assert [blob.size for blob in manifest.blobs()] == [100, 1, 2, 10]


@given(st.builds(m.make_manifest, _layers, st.lists(_layers, max_size=4)))
def test_a_manifest_survives_its_json(manifest: m.Manifest) -> None:
    data = m.encode(manifest)
    assert m.decode_manifest(data) == manifest
    assert m.encode(m.decode_manifest(data)) == data


def test_the_fields_are_those_of_a_registry() -> None:
    layer = m.Layer(media_type=m.MODEL, digest=DIGEST, size=3)
    assert msgspec.json.decode(m.encode(m.make_manifest(layer, [layer]))) == {
        "schemaVersion": 2,
        "mediaType": m.MANIFEST_TYPE,
        "config": {"mediaType": m.MODEL, "digest": DIGEST, "size": 3},
        "layers": [{"mediaType": m.MODEL, "digest": DIGEST, "size": 3}],
    }


def test_a_remote_model_has_no_layers() -> None:
    layer = m.Layer(media_type=m.CONFIG_TYPE, digest=DIGEST, size=3)
    data = m.encode(m.make_manifest(layer, [])).replace(b'"layers":[]', b'"layers":null')
    assert m.decode_manifest(data).layers == ()


def test_what_a_manifest_does_not_say_is_empty() -> None:
    """As Go reads it: registries are written by hand too."""
    said = m.decode_manifest(b'{"layers":[{"digest":"%b"}]}' % DIGEST.encode())
    assert said.layers == (m.Layer(media_type="", digest=DIGEST, size=0),)
    assert said.blobs() == said.layers and said.size == 0
    assert b'"size":0' in m.encode(said)


def test_the_configuration_of_a_gguf_file() -> None:
    config = m.config_of(read_header(TINY.read_bytes()))
    assert msgspec.json.decode(m.encode(config)) == {
        "model_format": "gguf",
        "model_family": "llama",
        "model_families": ["llama"],
        "model_type": "134K",
        "file_type": "F32",
        "architecture": "amd64",
        "os": "linux",
    }
    assert m.decode_config(m.encode(config)) == config


def test_json_is_written_as_go_writes_it() -> None:
    data = m.encode({"stop": ["<|a|>", "b & c", "\u2028"], "top_k": 1})
    assert data == rb'{"stop":["\u003c|a|\u003e","b \u0026 c","\u2028"],"top_k":1}' + b"\n"
    assert msgspec.json.decode(data) == {"stop": ["<|a|>", "b & c", "\u2028"], "top_k": 1}


def test_a_foreign_configuration() -> None:
    config = m.decode_config(
        b'{"model_family":"x","model_families":null, "model_type": null,"rootfs":{"type":"y"}}'
    )
    assert (config.model_family, config.model_families) == ("x", None)


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{}", b'{"config":{}}', PULLED.replace(b"cd" * 32, b"cd"),
     b'{"layers":null,"config":null}', PULLED.replace(b"100", b"-1"), PULLED[:-1],
     PULLED.replace(b"ab" * 32, b"../" * 21 + b"a"), b"\xff", b"[" * 100_000,
     PULLED + b" " * m.MAX_BYTES],
)  # fmt: skip
def test_what_is_not_a_manifest(data: bytes) -> None:
    with pytest.raises(m.InvalidManifest):
        m.decode_manifest(data)


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for decode in (m.decode_manifest, m.decode_config):
        try:
            decode(data)
        except m.InvalidManifest:
            pass
