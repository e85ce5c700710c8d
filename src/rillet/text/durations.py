"""Durations as Go writes and reads them: ``1.5s``, ``5m``, ``1h2m3s``; in here they are integer ns.

Ollama's API, environment and command line speak this notation (``keep_alive: "5m"``), and people
compare error texts, so those are Go's, word for word (package ``time``, ``ParseDuration`` and
``Duration.String``). A text for what does not fit into 64 bits (292 years) is an error there and
here.
"""

import re

MAX_NS = 2**63 - 1
MIN_NS = -(2**63)

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, micro sign
    "μs": 1_000,  # U+03BC, Greek mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_NUMBER = re.compile(r"([0-9]*)(?:\.([0-9]*))?")
_UNIT = re.compile(r"[^0-9.]*")
_INTEGER_DIGITS = 19  # more cannot fit
_FRACTION_DIGITS = 19  # more do not change a whole nanosecond, and Go drops them too


def parse_duration(text: str) -> int:
    """Nanoseconds of ``[+-]`` number unit, number unit ...; a plain ``0`` needs no unit.

    Raises ``ValueError`` with Go's text, such as ``time: missing unit in duration "300"``.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    if digits == "0":
        return 0
    if not digits:
        raise _error("invalid duration", text)
    total = pos = 0
    while pos < len(digits):
        amount, pos = _term(text, digits, pos)
        total += amount
        if total > -MIN_NS:
            raise _error("invalid duration", text)
    if text[0] == "-":
        return -total
    if total > MAX_NS:
        raise _error("invalid duration", text)
    return total


def format_duration(ns: int) -> str:
    """``999ns``, ``1.5µs``, ``12.345678ms``, ``1.23456789s``, ``1m30s``, ``1h2m3s``, ``0s``."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    if ns == 0:
        return "0s"
    for unit, size in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if ns < size * 1000:
            return f"{sign}{_decimal(ns, size)}{unit}"
    minutes, rest = divmod(ns, _UNITS["m"])
    text = f"{_decimal(rest, _UNITS['s'])}s"
    if minutes >= 60:
        return f"{sign}{minutes // 60}h{minutes % 60}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _term(text: str, digits: str, pos: int) -> tuple[int, int]:
    """One number with its unit at ``pos``: its nanoseconds, and where the next one starts."""
    number = _NUMBER.match(digits, pos)
    assert number is not None  # the pattern matches nothing as well
    whole, fraction = number[1].lstrip("0"), number[2] or ""
    nothing = not number[1] and not fraction
    if nothing or len(whole) > _INTEGER_DIGITS or int(whole or "0") > -MIN_NS:
        raise _error("invalid duration", text)
    unit = _UNIT.match(digits, number.end())
    assert unit is not None
    if not unit[0]:
        raise _error("missing unit in duration", text)
    size = _UNITS.get(unit[0])
    if size is None:
        raise ValueError(f"time: unknown unit {_quoted(unit[0])} in duration {_quoted(text)}")
    return _amount(whole, fraction, size), unit.end()


def _amount(whole: str, fraction: str, size: int) -> int:
    amount = int(whole or "0") * size
    if fraction:
        # Go reads the digits that fit into 63 bits and computes in floating point. So that the last
        # nanosecond agrees, we do too.
        fraction = fraction[:_FRACTION_DIGITS]
        if int(fraction) > -MIN_NS:
            fraction = fraction[:-1]
        amount += int(float(int(fraction)) * (size / 10.0 ** len(fraction)))
    return amount


def _decimal(ns: int, size: int) -> str:
    """``ns / size`` exactly, without trailing zeros."""
    whole, rest = divmod(ns, size)
    if not rest:
        return str(whole)
    return f"{whole}.{rest:0{len(str(size)) - 1}d}".rstrip("0")


def _error(what: str, text: str) -> ValueError:
    return ValueError(f"time: {what} {_quoted(text)}")


def _quoted(text: str) -> str:
    r"""Go's quoting in these errors: ``\`` before quotes, other bytes than ASCII as ``\x..``."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif " " <= char < "\x80":
            out.append(char)
        else:
            out.extend(f"\\x{byte:02x}" for byte in char.encode("utf-8", "replace"))
    return '"' + "".join(out) + '"'
