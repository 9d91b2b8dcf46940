"""What the hosts' image consists of."""

from __future__ import annotations

from pathlib import Path

from lab import image
from lab.instance import Lab
from lab.settings import from_environment
from tests.unit.playbooks.site_variables import site_variables

# What tests look at hosts with, and what any Debian that Ansible manages has.
OF_EVERY_HOST = {"ca-certificates", "python3", "python3-apt", "iputils-arping"}


def test_a_minimal_host_lacks_whatever_a_mirror_brings() -> None:
    mirrored = set(site_variables()["mirrored_packages"])
    assert mirrored & set(image.packages(minimal=True)) == OF_EVERY_HOST
    assert mirrored <= set(image.packages(minimal=False))


def test_both_images_are_kept_beside_each_other(tmp_path: Path) -> None:
    assert image.path(tmp_path) != image.path(tmp_path, minimal=True)
    environ = {"LAB_STATE": str(tmp_path), "METALSTACK_CACHE": str(tmp_path)}
    assert Lab.wanted(from_environment(environ)).record.base == image.path(tmp_path)
    minimal = Lab.wanted(from_environment({**environ, "LAB_MINIMAL": "1"}))
    assert minimal.record.base == image.path(tmp_path, minimal=True)
