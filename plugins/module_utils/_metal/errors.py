# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between a task and a metal-stack API; each text says what to do."""

from __future__ import annotations

import typing as t


class MetalError(Exception):
    """Any of them. A task fails with its text."""


class BadInput(MetalError):
    """The task asks for what cannot be: all mistakes at once, and nothing was changed."""

    def __init__(self, problems: t.Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


class MissingLibrary(MetalError):
    """A client library is not installed where the module runs."""


class Unreachable(MetalError):
    """No answer, or not in time: what was sent may have been carried out all the same."""


class ServerFailed(MetalError):
    """The server answered that it failed."""


class Throttled(MetalError):
    """The server has no more of something; it has not carried this one out."""


class Busy(Throttled):
    """It answers no more calls of this one within this minute of its clock; refused ones do not count."""


class Unauthenticated(MetalError):
    """The server does not know who is asking: a token that expired, a wrong key, clocks that differ."""


class Forbidden(MetalError):
    """The server knows who is asking, who may not do it."""


class NotFound(MetalError):
    """No such object."""


class NoSuchApi(MetalError):
    """What answered is not the API, or not a version of it that has this: nothing was done."""


class Conflict(MetalError):
    """Somebody else was faster: the object was changed, or made, since it was read."""


class Refused(MetalError):
    """The server does not accept what it was asked for, and says why."""
