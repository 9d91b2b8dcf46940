# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the objects of an add-on come from: files of the controller, what was downloaded, or helm for a chart."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

from .._artifact import fetch, files
from . import addons
from .addons import Object
from .errors import StackError
from .options import CHART

Given = t.Mapping[str, t.Any]

# Manifests and charts are the same for every architecture.
ARCH = "any"
_KUSTOMIZATION = "kustomization.yaml"
_SECONDS = 120


def objects_of(given: Given, addon: Given, version: str, mirror: str) -> list[Object]:
    """The objects of an add-on, as they are written down. Raises StackError.

    given: the control plane, as C(options.CONTROL_PLANE) has it. version: Kubernetes', such as v1.35.4, which charts
    are rendered for. mirror: directory or URL that is asked before C(url), laid out as C(NAME/SHA256/any/NAME).
    """
    if addon["objects"]:
        return addons.read(json.dumps({"kind": "List", "items": addon["objects"]}), f"addons: {addon['name']}")
    place = _place(addon, mirror)
    if addon["kind"] == CHART:
        return addons.read(_rendered(addon, place, addons.values(given, addon), version), f"chart {place}")
    found = [one for one in sorted(place.glob("*.yaml")) if one.name != _KUSTOMIZATION] if place.is_dir() else [place]
    if not found:
        raise StackError(f"addons: {addon['name']}: {place} has no file *.yaml, expected manifests")
    return [each for one in found for each in addons.read(_text(one), str(one))]


def _place(addon: Given, mirror: str) -> Path:
    try:
        if addon["url"]:
            return _obtained(addon, mirror)
        place = Path(addon["path"]).expanduser()
        if addon["sha256"]:
            files.require_sha256(place, addon["sha256"], str(place))
    except (OSError, files.ChecksumError, fetch.FetchError) as error:
        raise StackError(f"addons: {addon['name']}: {error}") from error
    if not place.exists():
        raise StackError(f"addons: {addon['name']}: {place} is not there, expected a file or a directory")
    return place


def _obtained(addon: Given, mirror: str) -> Path:
    """It is kept on the controller by its checksum, so that no run downloads it again."""
    name, checksum = addon["name"], addon["sha256"]
    described = {"kind": "file", "url": addon["url"], "sha256": checksum, "source": addon["url"]}
    if mirror:
        described["mirror"] = f"{mirror.rstrip('/')}/{name}/{checksum}/{ARCH}/{name}"
    return fetch.Fetcher(fetch.default_cache()).obtain(name, checksum, ARCH, described).path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StackError(f"{path} cannot be read: {error}") from error


def _rendered(addon: Given, chart: Path, values: t.Mapping[str, t.Any], version: str) -> str:
    """What helm makes of a chart, without asking a cluster. Its values may be secret, and are in no command line."""
    command = [
        "helm", "template", addon["name"], str(chart), "--namespace", addon["namespace"], "--include-crds",
        "--kube-version", version, "--skip-tests", "--values", "-",
    ]  # fmt: skip
    # Neither its own configuration nor a plugin of somebody's has a say in it.
    passed = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    try:
        done = subprocess.run(
            command,
            input=json.dumps(values),
            env={**passed, "HOME": "/nonexistent", "HELM_NO_PLUGINS": "1"},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise StackError(
            f"addons: {addon['name']} is a chart, and the controller has no helm -> install helm"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise StackError(f"addons: {addon['name']}: helm does not render {chart} in {_SECONDS} s") from error
    if done.returncode:
        raise StackError(f"addons: {addon['name']}: helm does not render {chart}: {done.stderr.strip()[-800:]}")
    return done.stdout
