# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-playbook has printed: which task is under way, which one has failed and why. Pure.

Held against the output of ansible-core 2.18 to 2.21 with C(callback_result_format=json).
"""

from __future__ import annotations

import base64
import json
import re
import typing as t

_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<name>.*)\] \**$")
_FATAL = re.compile(r"^(?:fatal|failed): \[[^\]]*\]: ?(?:FAILED|UNREACHABLE)!? => (?P<result>.*)$")
_ITEM = re.compile(r"^failed: \[[^\]]*\] \(item=.*?\) => (?P<result>\{.*)$")
_RETRY = re.compile(r"^FAILED - RETRYING: \[[^\]]*\]: (?P<name>.*) \((?P<left>\d+) retries left\)\.$")
_ERROR = re.compile(r"^(?:\[ERROR\]|ERROR!):? ?(?P<text>.*)$")
_RECAP = re.compile(r"^\S+\s*: ok=\d+\s+changed=(?P<changed>\d+)\s")
# A word too many hides a line's part, one too few tells a secret.
_SECRET = re.compile(r"pass(?:w|phrase|_|$)|pwd|priv(?:ate|_?key)|secret|token|_key$|_keys$|private", re.IGNORECASE)
MASK = "********"
# What is shorter occurs by chance.
SHORTEST = 6
_FIELDS = ("msg", "stderr", "module_stderr", "stdout", "exception", "reason")


class Listener:
    """Takes the output line by line; C(task), C(failure) and C(changed) tell what was seen so far."""

    def __init__(self) -> None:
        self.task = ""
        self.failure = ""
        self.failed_task = ""
        self.changed = 0
        self._error = ""

    def hear(self, line: str) -> None:
        line = line.rstrip("\n")
        if found := _TASK.match(line):
            self.task = found["name"]
        elif found := _RETRY.match(line):
            self.task = f"{found['name']} ({found['left']} retries left)"
        elif found := _FATAL.match(line) or _ITEM.match(line):
            self.failure = self.failure or _reason(found["result"])
            self.failed_task = self.failed_task or self.task
        elif (found := _ERROR.match(line)) and found["text"]:
            self._error = found["text"]
        elif found := _RECAP.match(line):
            self.changed += int(found["changed"])

    def explained(self) -> str:
        """Which task has failed and what it said; empty where nothing was said of that."""
        if self.failure:
            return f"task '{self.failed_task}': {self.failure}"
        return self._error


def _reason(result: str) -> str:
    try:
        document = json.loads(result)
    except ValueError:
        return result[:2000]
    if not isinstance(document, dict):
        return result[:2000]
    said = [str(document[name]).strip() for name in _FIELDS if document.get(name)]
    return " | ".join(dict.fromkeys(said))[:2000] or result[:2000]


def secret_texts(value: t.Any, secret: bool = False) -> t.Iterator[str]:
    """The texts in variables that are below a name that tells of a secret, however deep.

    secret: whether a name above has told so.
    """
    if isinstance(value, t.Mapping):
        for name, one in value.items():
            yield from secret_texts(one, secret or bool(_SECRET.search(str(name))))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from secret_texts(one, secret)
    elif secret and isinstance(value, str):
        yield value


def masked(secrets: t.Iterable[str]) -> t.Callable[[str], str]:
    """What replaces secrets in a line, also where they are in base64 or quoted; those of several lines line by line."""
    found = set()
    for secret in secrets:
        for part in {secret, *secret.splitlines()}:
            if len(part) >= SHORTEST and not part.startswith("-----"):
                found |= {part, base64.b64encode(part.encode()).decode().rstrip("="), json.dumps(part)[1:-1]}
        if len(secret) >= SHORTEST:
            found |= {base64.b64encode(secret.encode()).decode().rstrip("="), json.dumps(secret)[1:-1]}
    if not found:
        return lambda line: line
    # The longest first, lest a part of one is left.
    pattern = re.compile("|".join(re.escape(one) for one in sorted(found, key=len, reverse=True)))
    return lambda line: pattern.sub(MASK, line)
