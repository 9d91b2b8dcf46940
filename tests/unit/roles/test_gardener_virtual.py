"""What the role gardener tells of a virtual garden that refuses what it is furnished with."""

from __future__ import annotations

import pytest
import yaml
from played import ROLES, play

ROLE = ROLES / "gardener"
SECRET = "not-to-be-told"
CREDENTIALS = [
    {"namespace": "garden-a", "name": "one", "data": {"metalAPIHMac": SECRET}},
    {"namespace": "garden-a", "name": "other", "data": {"metalAPIHMac": SECRET}, "provider_type": "openstack"},
]
OTHERS = {name: {"changed": False} for name in ("gardener_cloud_profile", "gardener_seed", "gardener_project")}


def furnish(directory, answer):
    kubeconfig = directory / "garden"
    kubeconfig.touch()
    given = {
        **yaml.safe_load((ROLE / "defaults/main.yml").read_text()), "gardener_version": "v1.138.3",
        "gardener_virtual_kubeconfig": str(kubeconfig), "gardener_seed": False, "gardener_credentials": CREDENTIALS,
    }  # fmt: skip
    return play(directory, ROLE / "tasks/virtual.yml", given, {**OTHERS, "gardener_credentials": answer}, verbosity=3)


@pytest.mark.parametrize("answer", [{"changed": True}, {"failed": True, "msg": "the garden refuses it"}])
def test_credentials_are_handed_to_the_module_and_told_to_nobody(tmp_path, answer):
    played = furnish(tmp_path, answer)
    assert played.failed is ("failed" in answer), played.output
    asked = played.of("gardener_credentials")
    assert [(one["name"], one["provider_type"], one["data"]["metalAPIHMac"]) for one in asked] == [
        ("one", "metal", SECRET), ("other", "openstack", SECRET),
    ]  # fmt: skip
    assert "garden-a/other" in played.output and SECRET not in played.output
