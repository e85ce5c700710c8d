"""Model names and blob digests, parsed before any path is made from them.

A name is `[scheme://][host/][namespace/]model[:tag]`, as Ollama reads it. Every part starts with
a letter, a digit or `_` and holds no separator, so a part can never be `.`, `..` or absolute:
what `path_parts()` returns is safe to join to a folder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from rillet.words.errors import InvalidName, ModelError

DEFAULT_SCHEME = "https"
DEFAULT_HOST = "registry.ollama.ai"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"

_LONGEST_TEXT = 1024
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}")
_PART_WITHOUT_DOT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_DIGEST = re.compile(r"sha256[:-]([0-9a-fA-F]{64})")
_SCHEMES = ("https", "http")


class ConflictingSource(InvalidName):
    """The name asks for the local and for the remote model at once; Ollama words this apart."""


class InvalidDigest(ModelError, ValueError):
    """The text is not `sha256:` or `sha256-` and 64 hexadecimal digits."""

    def __init__(self) -> None:
        super().__init__("invalid digest format")


@dataclass(frozen=True, slots=True)
class ModelName:
    """A complete model name. Equality is exact; use `key()` where case must not matter."""

    model: str
    tag: str = DEFAULT_TAG
    namespace: str = DEFAULT_NAMESPACE
    host: str = DEFAULT_HOST
    scheme: str = DEFAULT_SCHEME
    #: The suffix `:local` was given: never answer from a remote service.
    force_local: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        complaint = _complaint(self.scheme, self.host, self.namespace, self.model, self.tag)
        if complaint:
            raise _invalid(self.full(), complaint)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name as people write it; spaces around it do not count.

        Raises `InvalidName`, or `ConflictingSource` for `x:cloud:local`.
        """
        whole = text
        text = text.strip()
        if not text:
            raise _invalid(whole, "it is empty")
        if len(text) > _LONGEST_TEXT:
            raise _invalid(whole, f"it is longer than {_LONGEST_TEXT} characters")
        scheme, mark, rest = text.partition("://")
        if not mark:
            scheme, rest = DEFAULT_SCHEME, text
        rest, force_local = _without_source(rest, whole)
        head, slash, last = rest.rpartition("/")
        model, colon, tag = last.partition(":")
        if not colon:
            tag = DEFAULT_TAG
        parents = head.split("/") if slash else []
        if len(parents) > 2:
            raise _invalid(whole, "it has more than three parts")
        if mark and len(parents) < 2:
            raise _invalid(whole, "behind a scheme there is a host and a namespace")
        host = parents[0] if len(parents) == 2 else DEFAULT_HOST
        namespace = parents[-1] if parents else DEFAULT_NAMESPACE
        scheme = scheme.lower()
        complaint = _complaint(scheme, host, namespace, model, tag)
        if complaint:
            raise _invalid(whole, complaint)
        return cls(model, tag, namespace, host, scheme, force_local)

    @classmethod
    def from_path_parts(cls, host: str, namespace: str, model: str, tag: str) -> Self:
        """The name whose manifest lies at these four folder names; raises `InvalidName`."""
        return cls(model, tag, namespace, host)

    @property
    def is_cloud(self) -> bool:
        """Whether the tag names a model that runs remotely: `cloud` or `<size>-cloud`."""
        tag = self.tag.lower()
        return not self.force_local and (tag == "cloud" or tag.endswith("-cloud"))

    def display(self) -> str:
        """The shortest form that still names the same model; the tag is always there."""
        short = f"{self.model}:{self.tag}"
        if self.host.lower() != DEFAULT_HOST:
            return f"{self.host}/{self.namespace}/{short}"
        if self.namespace.lower() != DEFAULT_NAMESPACE:
            return f"{self.namespace}/{short}"
        return short

    def full(self) -> str:
        """`host/namespace/model:tag`, without the scheme."""
        return f"{self.host}/{self.namespace}/{self.model}:{self.tag}"

    def path_parts(self) -> tuple[str, str, str, str]:
        """The folder names below `manifests/`, each safe to join to a path."""
        return self.host, self.namespace, self.model, self.tag

    def spelled_like(self, others: Iterable[Self]) -> Self:
        """This name with each part as some other name spells it, where they differ in case alone.

        So Ollama writes the name of a new model; a part that is there as it is stays so.
        """
        known = [
            set(parts) for parts in zip(*(other.path_parts() for other in others), strict=True)
        ]
        host, namespace, model, tag = (
            part
            if part in there
            else min((one for one in there if one.lower() == part.lower()), default=part)
            for part, there in zip(self.path_parts(), known or [set()] * 4, strict=True)
        )
        return replace(self, model=model, tag=tag, namespace=namespace, host=host)

    def key(self) -> str:
        """One text for all spellings of the name: compare and look up with this."""
        return self.full().lower()

    def __str__(self) -> str:
        return self.display()


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 content address; `hex` is 64 lower-case digits."""

    hex: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.hex):
            raise InvalidDigest

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:<hex>` or `sha256-<hex>`; raises `InvalidDigest`."""
        match = _DIGEST.fullmatch(text)
        if not match:
            raise InvalidDigest
        return cls(match[1].lower())

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The digest of these bytes."""
        return cls(hashlib.sha256(data).hexdigest())

    @property
    def blob_name(self) -> str:
        """The file name below `blobs/`."""
        return f"sha256-{self.hex}"

    @property
    def short(self) -> str:
        """The first 12 digits, as progress lines and lists show them."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


def _without_source(text: str, whole: str) -> tuple[str, bool]:
    """Take a source suffix off: `m:7b:local` is m:7b, `m:7b:cloud` is m:7b-cloud."""
    head, _, last = text.rpartition(":")
    if last not in ("local", "cloud") or not head:
        return text, False
    earlier = head.rpartition("/")[2].partition(":")[2]
    if earlier == "local" or (last == "local" and earlier == "cloud"):
        raise ConflictingSource(f'use either :local or :cloud, not both: "{whole}"')
    if last == "local":
        return head, True
    return (f"{head}-cloud" if earlier else text), False


def _invalid(text: str, complaint: str) -> InvalidName:
    return InvalidName(f"invalid model name {text[:100]!r}: {complaint}")


def _complaint(scheme: str, host: str, namespace: str, model: str, tag: str) -> str:
    """What is wrong with the parts of a name, or ""."""
    if scheme not in _SCHEMES:
        return "the scheme must be https or http"
    for kind, value, rule in (
        ("host", host, _HOST),
        ("namespace", namespace, _PART_WITHOUT_DOT),
        ("model", model, _PART),
        ("tag", tag, _PART),
    ):
        if not rule.fullmatch(value):
            return _part_complaint(kind, value)
    return ""


def _part_complaint(kind: str, value: str) -> str:
    longest = 350 if kind == "host" else 80
    if not value:
        return f"the {kind} is empty"
    if len(value) > longest:
        return f"the {kind} is longer than {longest} characters"
    return f"the {kind} {value[:40]!r} holds a character that is not allowed there"
