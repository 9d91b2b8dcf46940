# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what the checks need to know of the controller: Ansible, collections, pinned checksums, its cryptography."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import typing as t
from pathlib import Path

import yaml
from ansible.release import __version__ as ansible_version
from ansible.utils.collection_loader._collection_finder import _get_collection_path
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import catalog
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import artifacts, offline, trust
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import mode
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.mirror import OFFLINE
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.model import Site
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.versions import (
    ARTIFACTS,
    Controller,
    Mirror,
    wanted,
)
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import certificates
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority

COLLECTION = "metalstack.autonomous"


def collection_path() -> str:
    """Return the directory that this collection is installed in."""
    return _get_collection_path(COLLECTION)


def read(site: Site) -> Controller:
    """Return what runs the playbooks."""
    floor = _yaml("meta", "runtime.yml")["requires_ansible"]
    return Controller(
        ansible_version=ansible_version,
        ansible_floor=re.search(r">=\s*([\d.]+)", floor).group(1),  # type: ignore[union-attr]
        missing_collections=tuple(name for name in sorted(_dependencies()) if not _installed(name)),
        checksums=_checksums(site),
        authority=authority.problem(str(site.value("site_ca") or "")),
        acme_root=authority.problem(str(site.value("site_acme_ca_root") or ""), above_others=True),
        missing_programs=tuple(name for name, found in _programs().items() if not found),
        certificates=tuple(_certificates(site.given("metal_stack_control_plane_variables"))),
        mirror=_mirror(site),
    )


def _programs() -> dict[str, bool]:
    """What deploys metal-stack, and whether it is there."""
    return {
        "kubernetes": importlib.util.find_spec("kubernetes") is not None,
        "helm": shutil.which("helm") is not None,
    }


def _certificates(variables: t.Any) -> list[str]:
    return certificates.complaints(variables) if isinstance(variables, t.Mapping) else []


def pinned_versions(site: Site, name: str) -> list[str]:
    """Return the versions of an artifact that a site could install, which somebody knows a checksum of."""
    entries, given = _yaml("artifacts.yml"), site.value("site_artifacts")
    versions = dict.fromkeys([*entries[name]["versions"], *(given.get(name) or {})])
    return [version for version in versions if _pinned(entries, name, version, given)]


def _pinned(entries: t.Any, name: str, version: str, given: t.Any) -> list[str]:
    try:
        picked = catalog.pick(entries, name, version, given)
    except catalog.CatalogError:
        return []
    return [arch for arch, found in picked["archs"].items() if catalog.is_pinned(found)]


def _asked(site: Site) -> list[tuple[str, str]]:
    """Return each artifact that every site may ask for, with its version, empty where this one does not."""
    return [(name, wanted(site, variable)) for variable, (name, _askers) in ARTIFACTS.items()]


def _checksums(site: Site) -> dict[str, dict[str, list[str]]]:
    known: dict[str, dict[str, list[str]]] = {}
    entries = _yaml("artifacts.yml")
    asked = _asked(site)
    if site.value("site_monitoring"):
        asked += [(name, str(site.value("site_victoria_metrics_version"))) for name in mode.PROGRAMS]
    for name, version in asked:
        if not version:
            continue
        if archs := _pinned(entries, name, version, site.value("site_artifacts")):
            known[name] = {version: archs}
    return known


def _mirror(site: Site) -> Mirror | None:
    """What an offline site has to take everything from. Its bytes are read when they are used."""
    directory = Path(site.value("site_mirror"))
    if not site.is_on(OFFLINE) or not directory.is_absolute():
        return None
    try:
        manifest, _signer = trust.trusted(directory, [str(one) for one in site.value("site_mirror_signers")])
    except (MirrorError, OSError) as error:
        return Mirror(problem=str(error))
    asked = {artifact: version for artifact, version in _asked(site) if version}
    if not site.value("site_airgap_images"):
        asked[artifacts.IMAGES] = str(site.value("site_k3s_version"))
    # What the inventory has on this machine asks nobody outside.
    asked = {name: version for name, version in asked.items() if not _here(site, name, version)}
    everywhere = offline.lacking(manifest, asked)
    images = [artifacts.image_name(one) for one in site.value("site_airgap_images")]
    carried = {entry.name for entry in manifest.of_kind("airgap")}
    on = {arch: offline.lacking(manifest, asked, arch) for arch in catalog.ARCHS}
    return Mirror(
        gone=tuple(offline.absent_files(manifest, directory)),
        lacking=(*everywhere, *(f"archive of images {name}" for name in images if name not in carried)),
        lacking_on={
            arch: [one for one in found if one.removesuffix(f" {arch}") not in everywhere] for arch, found in on.items()
        },
        purposes=tuple(offline.purposes(manifest)),
    )


def _here(site: Site, name: str, version: str) -> bool:
    """Whether the inventory names a file of this machine that is there."""
    given = (site.value("site_artifacts").get(name) or {}).get(version) or {}
    return bool(given) and all(os.path.isfile(str(one.get("path", ""))) for one in given.values())


def _dependencies() -> t.Iterable[str]:
    """Return the collections this one depends on, from a checkout or from an installed copy."""
    manifest = os.path.join(collection_path(), "MANIFEST.json")
    if os.path.exists(manifest):
        with open(manifest, encoding="utf-8") as stream:
            return json.load(stream)["collection_info"]["dependencies"]
    return _yaml("galaxy.yml")["dependencies"]


def _installed(name: str) -> bool:
    try:
        return bool(_get_collection_path(name))
    except ValueError:
        return False


def _yaml(*path: str) -> t.Any:
    with open(os.path.join(collection_path(), *path), encoding="utf-8") as stream:
        return yaml.safe_load(stream)
