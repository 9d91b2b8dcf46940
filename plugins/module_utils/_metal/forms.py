# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How values look in a task and in the APIs, and which of them are good. Pure.

A form reads an API's value, which may be absent, into the canonical one and writes it back. The canonical value of what
is absent is the empty one, never ``None``.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

DNS_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62}(\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?")


@dataclass(frozen=True)
class Form:
    """``given`` makes a task's value canonical and says what it expects of one that it refuses."""

    read: t.Callable[[t.Any], t.Any]
    write: t.Callable[[t.Any], t.Any]
    given: t.Callable[[t.Any], t.Any]


def _same(value: t.Any) -> t.Any:
    return value


TEXT = Form(read=lambda value: value or "", write=_same, given=str)
NUMBER = Form(read=lambda value: int(value or 0), write=_same, given=int)
FLAG = Form(read=bool, write=_same, given=bool)
# An order that means something, such as that of name servers.
ORDERED = Form(read=lambda value: list(value or []), write=_same, given=list)
# One that does not.
SORTED = Form(read=lambda value: sorted(value or []), write=_same, given=sorted)
# Names and texts. An API may leave out what is empty.
MAP = Form(
    read=lambda value: dict(value or {}),
    write=_same,
    given=lambda value: {str(key): str(text) for key, text in value.items()},
)
# A list of which an API has one element.
ONE = Form(read=lambda value: [value] if value else [], write=lambda value: value[0] if value else "", given=list)


# Of which an API may have none: -1 then, for 0 is one too.
LIMIT = Form(
    read=lambda value: int((value or {}).get("quota", -1)),
    write=lambda value: None if value < 0 else {"quota": value},
    given=int,
)


def objects(key: str) -> Form:
    """``[x]`` in a task, ``[{key: x}]`` in the API."""
    return Form(
        read=lambda value: [one[key] for one in value or []],
        write=lambda value: [{key: one} for one in value],
        given=list,
    )


def enum(prefix: str, words: t.Mapping[str, str] | None = None) -> Form:
    """``preview`` in a task, ``IMAGE_CLASSIFICATION_PREVIEW`` in the API; unspecified is empty.

    ``words`` are those that have another name in the API, such as ``{"ef00": "BOOT"}``.
    """
    names = words or {}
    ours = {name: word for word, name in names.items()}

    def read(value: t.Any) -> str:
        name = str(value or "").removeprefix(prefix)
        return "" if name == "UNSPECIFIED" else ours.get(name, name.lower().replace("_", "-"))

    return Form(
        read=read,
        write=lambda value: prefix + names.get(value, value.upper().replace("-", "_")),
        given=str,
    )


def enums(prefix: str) -> Form:
    one = enum(prefix)
    return Form(
        read=lambda value: sorted(map(one.read, value or [])),
        write=lambda value: list(map(one.write, value)),
        given=lambda value: sorted(set(value)),  # both servers keep sets of them
    )


def records(columns: t.Mapping[str, tuple[str | None, Form]]) -> Form:
    """Objects in an order that means something: by our names for their values those of the API, and the forms.

    Empty texts and lists are left out on writing. What the API has no name for reads as empty and is not written.
    """

    def read(value: t.Any) -> list[dict[str, t.Any]]:
        return [{name: form.read(one.get(key)) for name, (key, form) in columns.items()} for one in value or []]

    def write(value: t.Any) -> list[dict[str, t.Any]]:
        return [
            {key: form.write(one[name]) for name, (key, form) in columns.items() if key and one[name] not in ("", [])}
            for one in value
        ]

    def given(value: t.Any) -> list[dict[str, t.Any]]:
        return [
            {
                name: form.read(None) if one.get(name) is None else form.given(one[name])
                for name, (_key, form) in columns.items()
            }
            for one in value
        ]

    return Form(read, write, given)


def labels(tags: t.Sequence[str] | None) -> dict[str, str]:
    """``["a=1", "b"]`` is ``{"a": "1", "b": ""}``, as metal-apiserver reads it (pkg/tags)."""
    return {key: value for key, _equals, value in (one.partition("=") for one in tags or ())}


def _moment(value: t.Any) -> str:
    """In UTC and whole seconds: the servers keep milliseconds, and each writes them in its own way."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"expected a time such as 2027-01-31T12:00:00Z, found {value!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


TIME = Form(read=lambda value: _moment(value) if value else "", write=_same, given=_moment)

# What is good: each says what was expected and found, or nothing.
Limit = t.Callable[[t.Any], "str | None"]


def at_most(count: int, why: str = "") -> Limit:
    def check(value: t.Sequence[t.Any]) -> str | None:
        return f"expected at most {count}, found {len(value)}{why}" if len(value) > count else None

    return check


def not_empty(value: t.Any) -> str | None:
    return None if value else "expected at least one, found none"


def from_none(value: int) -> str | None:
    return f"expected a number from 0 on, or -1 for no limit, found {value}" if value < -1 else None


def positive(value: int) -> str | None:
    return None if value > 0 else f"expected more than 0, found {value}"


def each_once(value: t.Sequence[str]) -> str | None:
    twice = repeated(value)
    return f"expected each once, found {', '.join(twice)} more than once" if twice else None


def addresses(value: t.Sequence[str]) -> str | None:
    wrong = [one for one in value if not _is_address(one)]
    return f"expected IP addresses, found {', '.join(wrong)}" if wrong else None


def addresses_or_names(value: t.Sequence[str]) -> str | None:
    wrong = [one for one in value if not (_is_address(one) or DNS_NAME.fullmatch(one))]
    return f"expected IP addresses or host names, found {', '.join(wrong)}" if wrong else None


def in_future(value: str) -> str | None:
    past = bool(value) and datetime.fromisoformat(value) <= datetime.now(UTC)
    return f"expected a time in the future, found {value}" if past else None


def repeated(values: t.Sequence[str]) -> list[str]:
    return sorted({one for one in values if values.count(one) > 1})


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
