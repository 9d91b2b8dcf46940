# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Garden of Gardener: its status, and the Secrets without which a new runtime cluster could not go on with it.

Extensions and Gardenlets have no state of their own: whoever installs the operator makes the former, and the latter are
in the virtual garden, whose etcd Gardener backs up itself.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._k3s import host
from . import (
    garden_api,
    garden_files,
    garden_fit,
    garden_read,
    garden_restore,
    garden_state,
    garden_trial,
)
from .catalogue import REHEARSED
from .component import Facts
from .errors import BackupError, Damaged, Missing
from .gate import Record
from .kubernetes import Kubernetes, refuse_other


class Garden:
    def __init__(self, _settings: dict[str, t.Any], _state: Path) -> None:
        self.name = "garden"

    def holds(self) -> bool:
        """There is nothing that a restore would replace: where there is a Garden it is refused."""
        return False

    def idle(self) -> str:
        if host.datastore() != "etcd":
            return "this host is no server of k3s with data"
        with garden_api.asked() as api:
            gardens = garden_api.gardens(api)
        if not gardens:
            return "there is no Garden on this cluster"
        return "; ".join(filter(None, map(garden_state.unready, gardens)))

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        refuse_other(Kubernetes().lineage(), record)
        with garden_api.asked() as api:
            kept = garden_read.whole(api)
            operator = api.find(garden_api.OPERATOR)
        lacking = list(garden_state.lacking(kept))
        if lacking:
            raise BackupError(
                f"the Garden could not be restored from what is there: {'; '.join(lacking)} -> see what"
                " gardener-operator says of it; nothing was backed up"
            )
        garden_files.write(stage, kept)
        return [], {
            "operator": garden_fit.version(operator),
            "gardens": {
                one["metadata"]["name"]: {
                    "gardener": one["status"]["gardener"]["version"],
                    "rotation": garden_state.phases(one),
                }
                for one in kept.gardens
            },
            "state": garden_state.state(kept.secrets),
            "counts": kept.counts(),
        }

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        kept = garden_files.read(directory)
        lacking = list(garden_state.lacking(kept))
        if lacking:
            raise Damaged(f"no Garden can be restored from this: {'; '.join(lacking)} -> use another set")
        if (kept.counts(), garden_state.state(kept.secrets)) != (facts["counts"], facts["state"]):
            raise Damaged("these are other Gardens or Secrets than the manifest says -> use another set")
        if level >= REHEARSED:
            with garden_api.asked() as api:
                garden_trial.run(api, kept)
        return kept.counts()

    def fits(self, facts: Facts, record: Record) -> None:
        with garden_api.asked() as api:
            here = garden_read.here(api)
        refusals = list(garden_fit.refusals(here, facts))
        if refusals:
            raise BackupError(f"no Garden is restored here: {'; '.join(refusals)}")

    def ready(self) -> None:
        """fits() has asked the cluster itself."""

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        kept = garden_files.read(directory)
        with garden_api.asked() as api:
            garden_restore.run(api, kept)

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        kept = garden_files.read(directory)
        with garden_api.asked() as api:
            wrong = garden_restore.differences(api, kept)
        if wrong:
            raise Missing(f"the cluster has not what the set held: {'; '.join(wrong)}")
        return kept.counts()

    def settle(self) -> None:
        """Let go of what a restore has written, so that whoever applies it next meets nobody else's fields."""
        with garden_api.asked() as api:
            garden_restore.let_go(api)
