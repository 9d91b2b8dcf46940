"""Releases of a registry that an upgrade would take, and what is told of them."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.transport import Transport
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import offer
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.standing import Standing
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from published import vector

OPERATOR = "docker-images.third-party.gardener.operator"
AT = Standing("v0.22.18", {OPERATOR: "v1.137.7"}, seen="v0.22.18")
PUBLISHED = {"v0.22.17": "v1.136.0", "v0.22.18": "v1.137.7", "v0.22.19": "v1.137.9", "v0.22.20": "v1.138.3"}


@pytest.fixture
def look(publisher, stage, tmp_path):
    """What is told of the way to v0.22.20, with a standing and options."""
    for tag, gardener in PUBLISHED.items():
        publisher.release(tag, vector(stage.address, gardener))

    def look(standing=AT, wanted="v0.22.20", **more):
        vectors = more.pop("vectors", [complete(stage.vector(wanted))])
        common = {"registry_mirrors": [], "verify": True, "cosign": "", "replacements": {}, "withdrawn": []}
        given = {**common, "releases": [], "release_name": "", "vectors": vectors, **more}
        return offer.look(given, standing, Transport(tmp_path / "unreachable", lambda text: None))

    return look


def complete(entry):
    """A vector as an argument specification has it."""
    usual = {
        "sha256": None, "variable_mapping": {}, "install_roles": True, "ansible_roles_path": "ansible-roles",
        "role_aliases": [], "replace": [], "oci_registry_scheme": "https", "oci_registry_username": None,
        "oci_registry_password": None, "oci_cosign_verify_certificate_identity": None,
        "oci_cosign_verify_certificate_oidc_issuer": None, "nested": [],
    }  # fmt: skip
    return {**usual, **entry}


def names(found):
    assert found["refusals"] == []
    return [one["name"] for one in found["steps"]]


def test_the_registry_tells_the_way(look, stage):
    found = look()
    assert names(found) == ["v0.22.19", "v0.22.20"]
    assert found["steps"][0]["vectors"] == [{"url": f"oci://{stage.address}/metal-stack/releases:v0.22.19"}]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (AT._replace(components={}), ["v0.22.19", "v0.22.20"]),
        (AT._replace(begun="v0.22.19"), ["v0.22.19", "v0.22.20"]),
        (AT._replace(release="v0.22.20", components={OPERATOR: "v1.138.3"}), []),
    ],
)
def test_the_way_begins_where_the_control_plane_is(look, standing, expected):
    assert names(look(standing)) == expected


def test_what_the_registry_has_and_the_inventory_leaves_out_is_skipped(look):
    (refusal,) = look(releases=[{"name": "v0.22.20"}])["refusals"]
    assert "skips v0.22.19" in refusal
    assert names(look(releases=[{"name": "v0.22.20"}], withdrawn=["v0.22.19"])) == ["v0.22.20"]
    assert names(look(withdrawn=["v0.22.19"])) == ["v0.22.20"]


def test_releases_that_are_unknown_or_another_are_told_at_once(look, stage):
    other = {"name": "v0.22.19", "vectors": [complete(stage.vector("v0.22.18"))]}
    with pytest.raises(StackError) as told:
        look(releases=[other, {"name": "v0.22.21"}], wanted="v0.22.20")
    assert "releases: v0.22.19 has the vectors of v0.22.18" in str(told.value)
    assert "v0.22.21: " in str(told.value)
    assert "its newest are" in str(told.value)


def test_nothing_is_read_where_nothing_is_wanted(look):
    assert look(vectors=[]) == {"steps": [], "refusals": []}


def test_a_release_that_follows_may_be_pinned_where_the_present_ones_versions_are_known(look, stage, publisher):
    digest = stage.info("v0.22.19")["release"]["vectors"][0]["digest"]
    pinned = [complete(stage.vector(f"v0.22.19@{digest}"))]
    assert names(look(vectors=pinned)) == ["v0.22.19"]


def test_an_older_release_is_no_upgrade(look):
    (refusal,) = look(wanted="v0.22.17")["refusals"]
    assert "v0.22.18 is deployed and newer than v0.22.17" in refusal


def test_a_release_that_cannot_be_found_by_its_name_is_told(look, stage):
    pinned = complete(stage.vector(f"v0.22.20@sha256:{'0' * 64}"))
    with pytest.raises(StackError, match="names no release of a registry by its tag alone -> give the vectors of"):
        look(vectors=[pinned], releases=[{"name": "v0.22.19"}, {"name": "v0.22.20"}])


def test_vectors_without_a_name_want_releases(look, stage, tmp_path):
    path = tmp_path / "release.yaml"
    path.write_text(json.dumps(vector(stage.address, "v1.138.3")))
    with pytest.raises(ReleaseError, match="vectors do not tell which release they are of"):
        look(vectors=[complete({**stage.vector("v0.22.20"), "url": str(path)})])
