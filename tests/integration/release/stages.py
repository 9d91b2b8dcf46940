"""The modules, run in this process for one stage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_stack_release, metal_stack_release_info

from lab import settings

Answer = Callable[..., dict[str, Any]]
# Of what is built and fetched; the modules have one of each test's own.
CACHE = settings.from_environment().cache


class Stage:
    """Runs the modules for one stage."""

    def __init__(self, answer: Answer, path: Path, name: str, address: str, key: str) -> None:
        self.answer, self.path, self.name, self.address, self.key = answer, path, name, address, key

    @property
    def directory(self) -> Path:
        return self.path / self.name

    def vector(self, tag: str, **more: Any) -> dict[str, Any]:
        return {
            "url": f"oci://{self.address}/metal-stack/releases:{tag}",
            "variable_mapping_path": "metal_stack_release.mapping",
            "include_role_defaults": "metal-roles/common/roles/defaults",
            "oci_cosign_verify_key": self.key,
            **more,
        }

    def install(self, tag: str = "v0.22.18", **options: Any) -> dict[str, Any]:
        given = {"path": str(self.path), "stage": self.name, "vectors": [self.vector(tag)], **options}
        return self.answer(metal_stack_release, **given)

    def info(self, tag: str = "", **options: Any) -> dict[str, Any]:
        vectors = {"vectors": [self.vector(tag)]} if tag else {}
        given = {"path": str(self.path), "stage": self.name, **vectors, **options}
        return self.answer(metal_stack_release_info, **given)

    def tree(self) -> dict[str, str]:
        """Everything that the stage has on disk."""
        return {
            str(path.relative_to(self.path)): str(path.readlink()) if path.is_symlink() else path.read_text()
            for path in sorted(self.directory.rglob("*"))
            if path.is_symlink() or path.is_file()
        }
