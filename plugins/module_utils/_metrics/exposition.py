# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samples as text for Prometheus. Pure."""

from __future__ import annotations

import typing as t

from .families import FAMILIES


class Sample(t.NamedTuple):
    """A value of a metric; labels are those of its family."""

    name: str
    value: float
    labels: t.Mapping[str, str] = {}


def render(samples: t.Iterable[Sample]) -> str:
    """The exposition format, families in the order in which they are declared; ValueError for what is not declared."""
    by_name: dict[str, dict[str, float]] = {}
    for sample in samples:
        family = FAMILIES.get(sample.name)
        if family is None:
            raise ValueError(f"{sample.name} is not declared")
        if set(sample.labels) != set(family.labels):
            raise ValueError(f"{sample.name} has labels {sorted(sample.labels)}, declared are {sorted(family.labels)}")
        series = by_name.setdefault(sample.name, {})
        # One series has one value: the last that was told.
        series[_labels(family.labels, sample.labels)] = float(sample.value)
    lines = []
    for name, family in FAMILIES.items():
        if name in by_name:
            lines += [f"# HELP {name} {family.help}", f"# TYPE {name} {family.kind}"]
            lines += [f"{name}{labels} {value:.15g}" for labels, value in sorted(by_name[name].items())]
    return "".join(f"{line}\n" for line in lines)


def _labels(order: t.Sequence[str], labels: t.Mapping[str, str]) -> str:
    if not order:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(labels[name])}"' for name in order) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
