"""The base of the drop-in's values: what programs of the `ollama` package do with its models.

    response["message"]["content"] == response.message.content
    "thinking" in response.message, response.get("done_reason"), response.model_dump()

A class says its fields by annotations. What is given is converted to them, mappings to the classes
they stand for; names that are no fields are left out. A field counts as there, for `in` and for
`[…]`, if it was given or has a default that is not None.
"""

import copy
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from inspect import get_annotations
from typing import Any, ClassVar, Self, dataclass_transform

import msgspec

Json = dict[str, Any]
_ABSENT = object()
_MOMENT = datetime | None
_NANOSECONDS = re.compile(r"(\.\d{6})\d+")  # they are cut off, where msgspec would round


class ValidationError(ValueError):
    """A value that a field cannot have, or a field that must be given and is not."""


@dataclass_transform(kw_only_default=True)
class Part:
    """What all have in common. `model_fields` are the names of the fields and their types."""

    model_fields: ClassVar[dict[str, Any]] = {}
    _defaults: ClassVar[dict[str, Any]] = {}
    _aliases: ClassVar[Mapping[str, str]] = {}  # a field's name in JSON -> its name here

    __slots__ = ("__dict__", "_given")
    _given: Collection[str]

    def __init_subclass__(cls) -> None:
        hints = get_annotations(cls)
        own = {name: hint for name, hint in hints.items() if not name.startswith("_")}
        cls.model_fields = {**cls.model_fields, **own}
        set_here = {name: vars(cls)[name] for name in own if name in vars(cls)}
        cls._defaults = {**cls._defaults, **set_here}

    def __init__(self, **given: Any) -> None:
        kinds = self.model_fields
        named = {self._aliases.get(name, name): value for name, value in given.items()}
        values = {
            name: _as(kinds[name], value, name) for name, value in named.items() if name in kinds
        }
        if missing := [name for name in kinds if name not in values and name not in self._defaults]:
            raise ValidationError(f"{type(self).__name__} needs {', '.join(missing)}")
        self.__dict__ = self._defaults | values
        self._given = values

    def __getitem__(self, key: str) -> Any:
        if key in self:
            return getattr(self, key)
        raise KeyError(key)

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self.model_fields:
            raise ValueError(f"{type(self).__name__} has no field {key!r}")
        setattr(self, key, value)
        self._given = {*self._given, key}

    def __contains__(self, key: str) -> bool:
        return key in self._given or (
            key in self.model_fields and self.__dict__.get(key) is not None
        )

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((name, self.__dict__[name]) for name in self.model_fields)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__qualname__.rpartition('.')[2]}({self._shown(', ')})"

    def __str__(self) -> str:
        return self._shown(" ")

    def _shown(self, between: str) -> str:
        return between.join(f"{name}={value!r}" for name, value in self)

    def get(self, key: str, default: Any = None) -> Any:
        return getattr(self, key, default)

    @property
    def model_fields_set(self) -> set[str]:
        return {name for name in self.model_fields if name in self}

    @classmethod
    def model_construct(cls, **values: Any) -> Self:
        """One of values that are known to be right: nothing is converted."""
        part = object.__new__(cls)
        part.__dict__ = cls._defaults | values
        part._given = values
        return part

    @classmethod
    def model_validate(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise ValidationError(f"{type(value).__name__} is no {cls.__name__}")
        return cls(**value)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        try:
            return cls.model_validate(msgspec.json.decode(text))
        except msgspec.DecodeError as error:
            raise ValidationError(str(error)) from error

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        other = copy.deepcopy(self) if deep else copy.copy(self)
        for name, value in (update or {}).items():
            other[name] = value
        return other

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Any = None,
        exclude: Any = None,
        by_alias: bool = False,
        exclude_none: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
    ) -> Json:
        """Plain dicts and lists. `mode="json"` makes texts of dates and of bytes."""
        options = {
            "mode": mode,
            "by_alias": by_alias,
            "exclude_none": exclude_none,
            "exclude_unset": exclude_unset,
            "exclude_defaults": exclude_defaults,
        }
        names = {name: json for json, name in self._aliases.items()} if by_alias else {}
        return {
            names.get(name, name): _plain(value, options)
            for name, value in self
            if (include is None or name in include)
            and (exclude is None or name not in exclude)
            and not (exclude_none and value is None)
            and not (exclude_unset and name not in self)
            and not (exclude_defaults and value == self._defaults.get(name, _ABSENT))
        }

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        data = msgspec.json.encode(self.model_dump(mode="json", **options))
        return (data if indent is None else msgspec.json.format(data, indent=indent)).decode()

    @classmethod
    def model_json_schema(cls) -> Json:
        from rillet.ollama.schemas import part_schema

        return part_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Callable[..., Any]) -> Any:
        return cls.model_json_schema()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[..., Any]) -> Any:
        """For programs that use these as fields of their own pydantic models."""
        from pydantic_core import core_schema

        dumped = core_schema.plain_serializer_function_ser_schema(_dumped, info_arg=True)
        return core_schema.no_info_plain_validator_function(
            cls.model_validate, serialization=dumped
        )


def _dumped(value: Part, info: Any) -> Json:
    """What the dump of a pydantic model that holds this was asked for counts here as well."""
    asked = ("exclude_none", "exclude_unset", "exclude_defaults")
    options = {name: bool(getattr(info, name)) for name in asked}
    return value.model_dump(mode=info.mode, by_alias=bool(info.by_alias), **options)


def _plain(value: Any, options: Json) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item, options) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item, options) for name, item in value.items()}
    if hasattr(value, "model_dump"):
        return value.model_dump(**options)
    if options["mode"] == "json" and not isinstance(value, str | int | float | None):
        return msgspec.to_builtins(value, enc_hook=str)
    return value


def _as(kind: Any, value: Any, name: str) -> Any:
    """The value as a field of this type holds it."""
    if kind == _MOMENT and isinstance(value, str):
        value = _NANOSECONDS.sub(r"\1", value)
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_part)
    except (msgspec.ValidationError, ValueError) as error:
        if kind == _MOMENT:
            return None  # a server that does not know it writes what it likes
        raise ValidationError(f"{name}: {error}") from error


def _part(kind: type, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if issubclass(kind, Part) and isinstance(value, Mapping):
        return kind(**value)
    if issubclass(kind, int):
        return kind(value)
    raise ValidationError(f"{type(value).__name__} is no {kind.__name__}")
