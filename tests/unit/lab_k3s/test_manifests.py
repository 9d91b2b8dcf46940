from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lab.k3s.standin import flags, manifests, settings

PLACE = Path(manifests.__file__).parent / "manifests"


@pytest.mark.parametrize("name", manifests.PACKAGED)
def test_packaged_add_ons_are_filled_in(name: str) -> None:
    argv = ["--node-ip=198.51.100.11", "--service-cidr=198.19.0.0/16", "--default-local-storage-path=/srv/volumes"]
    rendered = manifests.render((PLACE / f"{name}.yaml").read_text(), settings.settle(flags.parse("server", argv, {})))
    assert "%{" not in rendered
    assert all({"apiVersion", "kind", "metadata"} <= set(each) for each in yaml.safe_load_all(rendered))
    assert ("198.19.0.10" if name == "coredns" else "/srv/volumes") in rendered
