"""The model's complaints in a reader's words: no types of a validation library, and always what to write."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from simulator.errors import quoted
from simulator.importers.places import Path


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint of the model: its path, its kind, what it says, and the value it is about."""

    path: Path
    kind: str
    message: str
    value: Any = None
    context: Mapping[str, Any] | None = None


def complaints(error: ValueError, prefix: Path = ()) -> Iterator[Complaint]:
    """Every complaint in an error of the model; one raised inside another is taken apart.

    Parameters
    ----------
    error : ValueError
        Usually a `pydantic.ValidationError`; any other is one complaint at `prefix`.
    prefix : tuple
        Path of the value that was validated.
    """
    if not isinstance(error, ValidationError):
        yield Complaint(prefix, "value_error", str(error))
        return
    for detail in error.errors(include_url=False):
        path = (*prefix, *detail["loc"])
        context = detail.get("ctx", {})
        inner = context.get("error")
        if isinstance(inner, ValidationError):
            yield from (
                Complaint(path, found.kind, _named(found, path), found.value, found.context)
                for found in complaints(inner, path)
            )
        else:
            kind, value = detail["type"], detail.get("input")
            if inner is not None and value is not None:
                message = str(inner)
            else:
                message = in_words(kind, value, context, detail["msg"])
            yield Complaint(path, kind, message, value, context)


def _named(found: Complaint, path: Path) -> str:
    inside = ".".join(str(step) for step in found.path[len(path) :])
    return f"{inside}: {found.message}" if inside else found.message


def in_words(kind: str, value: Any, context: Mapping[str, Any], fallback: str) -> str:
    """One complaint in words, by the kind the model gives it.

    >>> in_words("greater_than_equal", 0, {"ge": 1}, "")
    '0 is out of range; write at least 1'
    """
    if value is None and kind not in ("missing", "extra_forbidden"):
        return "nothing is written here; write its value or leave the field out"
    if kind in _BOUNDS:
        name, phrase = _BOUNDS[kind]
        return f"{shown_value(value)} is out of range; write {phrase} {context[name]:g}"
    if kind in ("literal_error", "enum"):
        return not_one_of(value, _choices(str(context.get("expected", ""))))
    if kind == "union_tag_invalid":
        return not_one_of(context.get("tag"), _choices(str(context.get("expected_tags", ""))))
    if kind == "string_type" and not isinstance(value, list | tuple | Mapping):
        return f'{shown_value(value)} is not a text; put it in quotes: "{str(value).lower()[:40]}"'
    if kind in _WORDS:
        return _WORDS[kind].format(shown=shown_value(value), **context)
    return fallback.removeprefix("Value error, ").removeprefix("Assertion failed, ")


_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_WHOLE = "{shown} is not a whole number; write for example 3"
_PLAIN = "{shown} is not a plain number; write for example 1.5"
_EITHER = "{shown} is neither true nor false; write one of the two"
_LIST = "a list is wanted here; write each item after '- ', or [a, b]"
_FIELDS = "{shown} stands where fields are wanted; write them as {{name: value}}"
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "unknown field",
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _PLAIN),
    **dict.fromkeys(("bool_parsing", "bool_type"), _EITHER),
    "string_type": "one text is wanted here, not a list or a mapping",
    "string_too_short": "an empty text; write at least one letter",
    "string_too_long": "longer than {max_length} characters; shorten it",
    "string_pattern_mismatch": "{shown} does not have the form wanted here ({pattern})",
    "too_short": "an empty list; write at least one item",
    "too_long": "more than {max_length} items; shorten the list",
    **dict.fromkeys(("tuple_type", "list_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _FIELDS),
}


def not_one_of(value: Any, known: Iterable[str]) -> str:
    """Say which words are understood instead of this one.

    >>> not_one_of("alram", ["alarm", "failure"])
    "'alram' is not understood; did you mean alarm? (alarm or failure)"
    """
    words = list(known)
    said = _alternatives(words)
    near = difflib.get_close_matches(str(value), words, n=1)
    if near:
        return f"{shown_value(value)} is not understood; did you mean {near[0]}? ({said})"
    return f"{shown_value(value)} is not understood; write {said}"


def unknown_field(name: str, known: Iterable[str]) -> str:
    """Say that a field does not exist, and which one is near.

    >>> unknown_field("alarm_treshold", ["alarm_threshold", "period"])
    "unknown field 'alarm_treshold'; did you mean 'alarm_threshold'?"
    """
    fields = list(known)
    near = nearest(name, fields)
    if near:
        return f"unknown field {quoted(name)}; did you mean {quoted(near[0])}?"
    if not fields:
        return f"unknown field {quoted(name)}; take it out"
    return f"unknown field {quoted(name)}; write one of {', '.join(fields)}"


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the one known word that is near, in a list; an empty list when none is."""
    return difflib.get_close_matches(name, list(known), n=1)


def shown_value(value: Any) -> str:
    """Return a value as its reader would call it: quoted, or named by what it is."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, str | int | float):
        return quoted(value)
    return "this"


def _choices(expected: str) -> list[str]:
    return [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(", ") if word.strip()]


def _alternatives(words: list[str]) -> str:
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
