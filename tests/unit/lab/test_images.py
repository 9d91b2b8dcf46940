"""Images that the lab makes are those that the playbooks ask for."""

from __future__ import annotations

from pathlib import Path

import yaml

from lab import build, images

ROOT = Path(__file__).resolve().parents[3]


def test_the_role_grafana_finds_its_image():
    wanted = yaml.safe_load((ROOT / "roles/grafana/defaults/main.yml").read_text())["grafana_image"]
    made = images._images(dict.fromkeys(images.BUILDS, b"x"), b"x", [])
    assert wanted in [name for image in made for name in image.names]


def test_every_image_is_of_a_build_that_there_is():
    assert set(images.BUILDS) <= set(build.BUILDS)
