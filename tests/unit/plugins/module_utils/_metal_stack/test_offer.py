"""Releases of files that an upgrade would take; those of a registry are looked at by tests/integration/release."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.transport import Transport
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import offer, record, standing
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.standing import Standing
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from stack_cluster import Objects

OPERATOR = "docker-images.third-party.gardener.operator"
BEGUN = {"prepare": {"release": "v0.22.18"}, "nsq": {"release": "v0.22.18", "unfinished": True}}
PENDING, BOUND = {"status": {"phase": "Pending"}}, {"status": {"phase": "Bound"}}
AT = Standing("v0.22.18", {OPERATOR: "v1.137.7"}, seen="v0.22.18")


def entry(path, gardener="v1.137.9"):
    path.write_text(json.dumps({"docker-images": {"third-party": {"gardener": {"operator": {"tag": gardener}}}}}))
    return {
        "url": str(path), "sha256": None, "variable_mapping": {}, "variable_mapping_path": None,
        "include_role_defaults": None, "install_roles": False, "ansible_roles_path": "ansible-roles",
        "role_aliases": [], "replace": [], "oci_registry_scheme": "https", "oci_registry_username": None,
        "oci_registry_password": None, "oci_cosign_verify_key": None, "oci_cosign_verify_certificate_identity": None,
        "oci_cosign_verify_certificate_oidc_issuer": None, "nested": [],
    }  # fmt: skip


def look(directory, standing=AT, name="", **more):
    common = {"registry_mirrors": [], "verify": False, "cosign": "", "replacements": {}, "withdrawn": []}
    given = {**common, "releases": [], "release_name": name, "vectors": [entry(directory / "wanted.yaml")], **more}
    return offer.look(given, standing, Transport(directory / "unreachable", lambda text: None))


@pytest.mark.parametrize(
    ("name", "steps", "refused"),
    [
        ("v0.22.18", [], ""),
        ("v0.22.19", ["v0.22.19"], ""),
        ("v0.22.20", ["v0.22.20"], "skips v0.22.19"),
        ("v0.22.17", [], "v0.22.18 is deployed and newer than v0.22.17"),
    ],
)
def test_files_are_of_the_release_that_the_inventory_says(tmp_path, name, steps, refused):
    found = look(tmp_path, name=name)
    assert [one["name"] for one in found["steps"]] == steps
    assert refused in "; ".join(found["refusals"])
    assert bool(found["refusals"]) is bool(refused)
    assert all(one["vectors"] == [{"url": str(tmp_path / "wanted.yaml")}] for one in found["steps"])


def test_the_wanted_release_of_files_is_the_last_of_several(tmp_path):
    first = {"name": "v0.22.19", "vectors": [entry(tmp_path / "first.yaml")]}
    found = look(tmp_path, name="v0.22.20", releases=[first, {"name": "v0.22.20"}])
    assert [one["vectors"][0]["url"] for one in found["steps"]] == [
        str(tmp_path / "first.yaml"),
        str(tmp_path / "wanted.yaml"),
    ]


@pytest.mark.parametrize("name", ["", "main"])
def test_files_of_no_release_are_refused(tmp_path, name):
    with pytest.raises(ReleaseError, match="do not tell which release they are of -> give it in release_name"):
        look(tmp_path, name=name)


def test_the_present_release_is_read_only_where_its_versions_are_not_known(tmp_path):
    gone = {**entry(tmp_path / "gone.yaml"), "url": str(tmp_path / "not-there.yaml")}
    releases = [{"name": "v0.22.18", "vectors": [gone]}, {"name": "v0.22.19"}]
    found = look(tmp_path, name="v0.22.19", releases=releases)
    assert ([one["name"] for one in found["steps"]], found["refusals"]) == (["v0.22.19"], [])
    with pytest.raises(StackError, match=r"v0\.22\.18: the release .*not-there\.yaml can't be read"):
        look(tmp_path, AT._replace(components={}), name="v0.22.19", releases=releases)


@pytest.mark.parametrize(
    ("known", "marks", "claims", "expected"),
    [
        (BEGUN, None, {}, True),
        (BEGUN, None, {"ipam-db-ipam-db-0": PENDING}, True),
        (BEGUN, None, {"ipam-db-ipam-db-0": PENDING, "valkey-valkey-0": BOUND}, False),
        ({**BEGUN, "nsq": {"release": "v0.22.18"}}, None, {}, False),
        (BEGUN, {"release": "v0.22.18"}, {}, False),
        ({}, None, {}, False),
    ],
    ids=["nothing has run", "no volume yet", "a volume", "a component has run", "it was reached", "nothing was begun"],
)
def test_a_release_may_be_left_while_nothing_is_lost_with_it(known, marks, claims, expected):
    cluster = Objects()
    cluster.put("ConfigMap", record.NAME, data={name: record.encode(one) for name, one in known.items()})
    if marks:
        cluster.put("ConfigMap", standing.NAME, data=marks)
    for name, one in claims.items():
        cluster.put("PersistentVolumeClaim", name, **one)
    assert offer.unused(cluster, "metal") is expected
