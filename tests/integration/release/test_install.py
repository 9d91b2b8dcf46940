"""A release is installed from a registry, once, and the next one beside it."""

from __future__ import annotations

import json

import pytest
from published import ROLE, VECTOR, Publisher, packed, role, vector
from stages import Stage


@pytest.fixture
def published(publisher: Publisher) -> Publisher:
    """Two releases that follow one another."""
    host = publisher.registry.address
    publisher.roles("v0.28.1")
    publisher.roles("v0.29.0")
    publisher.release("v0.22.18", vector(host, "v1.137.7"))
    publisher.release("v0.22.19", vector(host, "v1.138.3", metal_api="v0.45.1", roles="v0.29.0"))
    return publisher


def around(stage: Stage, published: Publisher, tag: str) -> dict:
    """A vector of a site around a release, which is not published as one."""
    site = {"vectors": {"metal-stack": f"oci://{stage.address}/metal-stack/releases:{tag}"}}
    published.artifact("site/vectors", "site", {VECTOR: packed({"release.yaml": json.dumps(site).encode()})})
    inner = {name: value for name, value in stage.vector("").items() if name != "url"}
    return {
        "url": f"oci://{stage.address}/site/vectors:site",
        "install_roles": False,
        "oci_cosign_verify_key": stage.key,
        "nested": [{**inner, "url_path": "vectors.metal-stack"}],
    }


def test_a_release_within_a_vector_of_a_site_is_not_skipped_either(published, stage):
    published.release("v0.22.20", vector(stage.address, "v1.138.3"))
    first = stage.install(vectors=[around(stage, published, "v0.22.18")])
    assert first["release"]["name"] == "v0.22.18"
    skipping = [around(stage, published, "v0.22.20")]
    assert "release v0.22.20 skips v0.22.19" in stage.install(vectors=skipping)["msg"]
    assert stage.info("v0.22.20", vectors=skipping)["walk"] == ["v0.22.19", "v0.22.20"]


def test_what_has_no_release_s_name_follows_without_a_list(published, stage, monkeypatch):
    from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import Registry, Unreachable

    def tags(self):
        raise Unreachable("it lists none")

    published.release("next", vector(stage.address, "v1.138.3"))
    stage.install("v0.22.18")
    monkeypatch.setattr(Registry, "tags", tags)
    assert stage.install("next")["changed"]


@pytest.mark.parametrize("bundles", [False, True], ids=["simple signing", "bundles"])
def test_a_signed_release_gives_roles_and_variables(registry, key, stage, bundles):
    signed = Publisher(registry, key, bundles)
    signed.roles()
    digest = signed.release("v0.22.18", vector(registry.address, "v1.137.7"))["digest"]
    result = stage.install()
    assert result["changed"]
    assert result["variables"] == {
        "metal_api_image_tag": "v0.45.0",
        "metal_api_image_name": "ghcr.io/metal-stack/metal-api",
        "gardener_operator_image_tag": "v1.137.7",
    }
    url = f"oci://{registry.address}/metal-stack/releases:v0.22.18"
    trusted = {"url": url, "digest": digest, "trusted_by": "key"}
    assert result["release"] == {"name": "v0.22.18", "vectors": [trusted]}
    assert (stage.directory / "roles/metal-roles/README.md").read_text() == "metal-roles v0.28.1\n"
    assert str((stage.directory / "roles").resolve()) == result["roles_path"]


def test_a_second_run_changes_nothing(published, stage):
    first = stage.install()
    before = stage.tree()
    again = stage.install()
    assert (first["changed"], again["changed"]) == (True, False)
    assert again["changes"] == []
    assert stage.tree() == before


def test_check_mode_says_the_same_and_changes_nothing(published, stage):
    predicted = stage.install(_ansible_check_mode=True, _ansible_diff=True)
    assert not stage.path.exists()
    assert predicted == stage.install(_ansible_diff=True)


def test_the_next_release_has_other_roles_and_the_former_ones_stay(published, stage):
    former = stage.install()
    result = stage.install("v0.22.19", _ansible_diff=True)
    assert result["roles_path"] != former["roles_path"]
    assert (stage.directory / "roles/metal-roles/README.md").read_text() == "metal-roles v0.29.0\n"
    assert sorted(path.name for path in (stage.directory / "sets").iterdir()) == sorted(
        one["roles_path"].rpartition("/")[2] for one in (former, result)
    )
    changed = {change["component"].rpartition(".")[2]: change for change in result["changes"]}
    assert changed["metal-api"] == {
        "component": "docker-images.metal-stack.control-plane.metal-api",
        "from": "v0.45.0",
        "to": "v0.45.1",
        "kind": "upgrade",
    }
    assert "operator: v1.137.7\n" in result["diff"]["before"]
    assert "operator: v1.138.3\n" in result["diff"]["after"]


def test_stages_share_nothing(published, stage):
    other = Stage(stage.answer, stage.path, "target", stage.address, stage.key)
    stage.install()
    other.install("v0.22.19")
    assert (stage.directory / "roles/metal-roles/README.md").read_text() == "metal-roles v0.28.1\n"
    assert (other.directory / "roles/metal-roles/README.md").read_text() == "metal-roles v0.29.0\n"


def test_a_role_that_was_edited_is_put_right(published, stage):
    path = stage.install()["roles_path"]
    readme = stage.directory / "roles/metal-roles/README.md"
    readme.write_text("edited\n")
    result = stage.install()
    assert (result["changed"], result["roles_path"]) == (True, path)
    assert readme.read_text() == "metal-roles v0.28.1\n"


def test_the_inventory_replaces_single_versions(published, stage):
    replacements = {"docker-images.metal-stack.control-plane.metal-api.tag": "v0.45.9"}
    assert stage.install(replacements=replacements)["variables"]["metal_api_image_tag"] == "v0.45.9"
    back = stage.install(allow_downgrade=True)
    assert back["changes"][0]["kind"] == "downgrade"


def test_parts_of_values_are_exchanged_as_with_upstream(published, stage):
    replace = [{"key": "name", "old": "ghcr.io", "new": "registry.example.org/mirror"}]
    result = stage.install(vectors=[stage.vector("v0.22.18", replace=replace)])
    assert result["variables"]["metal_api_image_name"] == "registry.example.org/mirror/metal-stack/metal-api"


def test_a_vector_around_it_wins_and_names_it(published, stage):
    site = {
        "vectors": {"metal-stack": {"url": f"oci://{stage.address}/metal-stack/releases:v0.22.18"}},
        "docker-images": {"site": {"tag": "v1.0.0"}},
        "mine": {"metal-api": {"tag": "v0.46.0"}},
    }
    published.release("site", site)
    inner = {name: value for name, value in stage.vector("").items() if name != "url"}
    outer = {
        "url": f"oci://{stage.address}/metal-stack/releases:site",
        "install_roles": False,
        "oci_cosign_verify_key": stage.key,
        "variable_mapping": {"site_tag": "docker-images.site.tag", "metal_api_image_tag": "mine.metal-api.tag"},
        "nested": [{**inner, "url_path": "vectors.metal-stack.url"}],
    }
    variables = stage.install(vectors=[outer])["variables"]
    assert (variables["site_tag"], variables["metal_api_image_tag"]) == ("v1.0.0", "v0.46.0")
    assert variables["gardener_operator_image_tag"] == "v1.137.7"


def test_roles_go_by_another_name(published, stage):
    aliases = [{"name": "ansible-common", "alias": "common"}]
    stage.install(vectors=[stage.vector("v0.22.18", role_aliases=aliases)])
    assert (stage.directory / "roles/common/README.md").read_text() == "ansible-common v0.9.0\n"


def test_a_role_is_taken_from_a_directory(published, stage, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "README.md").write_text("mine\n")
    result = stage.install(roles={"ansible-common": str(own)})
    assert (stage.directory / "roles/ansible-common/README.md").read_text() == "mine\n"
    assert not stage.install(roles={"ansible-common": str(own)})["changed"]
    (own / "README.md").write_text("mine, changed\n")
    assert stage.install(roles={"ansible-common": str(own)})["roles_path"] != result["roles_path"]


def test_a_role_may_come_from_elsewhere_at_the_same_version(published, stage, tmp_path):
    """From a directory, and then from two registries."""
    (tmp_path / "own").mkdir()
    own = stage.install(roles={"ansible-common": str(tmp_path / "own")})
    assert own["roles"]["ansible-common"]["repository"] == "local"
    repository = f"{stage.address}/metal-stack/ansible-common"
    assert stage.install()["roles"]["ansible-common"]["repository"] == repository
    published.artifact("site/ansible-common", "v0.9.0", {ROLE: role("ansible-common", "of the site")})
    replacements = {"ansible-roles.ansible-common.oci": f"{stage.address}/site/ansible-common"}
    stage.install(replacements=replacements)
    assert (stage.directory / "roles/ansible-common/README.md").read_text() == "ansible-common of the site\n"


def test_what_a_stage_has_is_forgotten(published, stage):
    stage.install("v0.22.19")
    assert stage.install(state="absent", _ansible_check_mode=True)["changed"]
    assert stage.directory.exists()
    assert stage.install(state="absent")["changed"]
    assert not stage.install(state="absent")["changed"]
    assert stage.install("v0.22.18")["changed"]


def test_the_way_to_a_release_is_told(published, stage):
    host = stage.address
    published.release("v0.22.20", vector(host, "v1.139.1"))
    published.release("v0.22.20-rc.0", vector(host, "v1.139.0"))
    stage.install("v0.22.18")
    told = stage.info("v0.22.20")
    assert (told["former"], told["walk"]) == ("v0.22.18", ["v0.22.19", "v0.22.20"])
    assert len(told["refusals"]) == 2
    assert stage.info("v0.22.19")["refusals"] == []
    assert stage.info()["installed"]["name"] == "v0.22.18"
    assert stage.info("v0.22.19", former=f"oci://{host}/metal-stack/releases:v0.22.20")["former"] == "v0.22.20"
