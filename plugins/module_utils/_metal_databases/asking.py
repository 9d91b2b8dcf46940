# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By what databases are asked in their pods: from a controller by a kubeconfig, on a server by its own k3s."""

from __future__ import annotations

import typing as t

from .._kube.done import Done


class Asking(t.Protocol):
    """seconds: that one question may take. Whatever keeps an answer from us is C(_k3s.client.Unreachable)."""

    seconds: int

    def run(self, pod: str, container: str, command: t.Sequence[str]) -> Done:
        """Run a command in a container until it ends."""

    def tunnel(self, pod: str, port: int) -> t.ContextManager[tuple[int, t.Callable[[], str]]]:
        """A port on loopback that leads to one of the pod, and what tells why it has led nowhere."""
