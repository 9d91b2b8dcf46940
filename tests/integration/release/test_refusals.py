"""What is not as promised is refused with a reason, and nothing is changed."""

from __future__ import annotations

import json

import pytest
from published import MAPPING, ROLE, VECTOR, Key, Publisher, packed, role, vector


@pytest.fixture
def published(publisher: Publisher) -> Publisher:
    """A release, its roles, and one that follows."""
    host = publisher.registry.address
    publisher.roles()
    publisher.release("v0.22.18", vector(host, "v1.137.7"))
    publisher.release("v0.22.19", vector(host, "v1.138.3"))
    return publisher


def refused(stage, tag="v0.22.18", **options):
    """The error of a run that changes nothing; check mode has the same one."""
    before = stage.tree()
    predicted = stage.install(tag, _ansible_check_mode=True, **options)
    result = stage.install(tag, **options)
    assert result.get("failed"), "it was installed"
    assert stage.tree() == before
    assert predicted == result
    return result["msg"]


def test_an_unknown_release_is_told_with_those_that_there_are(published, stage):
    message = refused(stage, "v0.99.0")
    assert "releases:v0.99.0 is unknown to" in message
    assert "its newest are v0.22.18, v0.22.19" in message


def test_a_skipped_release_is_told_by_name(published, stage):
    published.release("v0.22.20", vector(stage.address, "v1.138.3"))
    stage.install("v0.22.18")
    assert "release v0.22.20 skips v0.22.19 after v0.22.18" in refused(stage, "v0.22.20")


def test_a_release_follows_the_one_that_is_deployed_and_skips_none_that_is_withdrawn(published, stage):
    published.release("v0.22.20", vector(stage.address, "v1.138.3"))
    stage.install("v0.22.18")
    deployed = {"release": "v0.22.18", "components": {}}
    assert "release v0.22.20 skips v0.22.19" in refused(stage, "v0.22.20", deployed=deployed)
    assert stage.install("v0.22.20", deployed=deployed, withdrawn=["v0.22.19"])["changed"]
    assert stage.install("v0.22.20", deployed={"release": "v0.22.19", "components": {}}).get("failed") is None


def test_a_skipped_minor_of_gardener_is_told(published, stage):
    published.release("next", vector(stage.address, "v1.139.0"))
    stage.install("v0.22.18")
    message = refused(stage, "next")
    assert "Gardener v1.137.7 to v1.139.0 skips a minor; take a release with v1.138 first" in message


def test_an_older_release_is_taken_only_after_a_restore(published, stage):
    stage.install("v0.22.19")
    message = refused(stage, "v0.22.18")
    assert "release v0.22.18 is older than v0.22.19" in message
    assert "operator v1.138.3 to v1.137.7" in message
    assert stage.install("v0.22.18", allow_downgrade=True)["changed"]


@pytest.mark.parametrize("bundles", [False, True], ids=["simple signing", "bundles"])
def test_a_signature_by_another_key_is_no_signature(registry, stage, bundles):
    stranger = Publisher(registry, Key(), bundles)
    stranger.roles()
    stranger.release("v0.22.18", vector(registry.address, "v1.137.7"))
    assert "a signature is by another key" in refused(stage)


@pytest.mark.parametrize("bundles", [False, True], ids=["simple signing", "bundles"])
def test_a_signature_of_something_else_is_no_signature(registry, key, stage, bundles):
    """Whoever may push can put a real signature below any tag."""
    signed = Publisher(registry, key, bundles)
    other = signed.release("v0.22.17", vector(registry.address, "v1.136.7"))
    forged = Publisher(registry, None).release("v0.22.18", vector(registry.address, "v1.137.7"))
    (signed._bundle if bundles else signed._simple)("metal-stack/releases", forged, other["digest"])
    assert f"a signature is for {other['digest']}; expected {forged['digest']}" in refused(stage)


def test_what_is_not_signed_is_refused(registry, stage):
    unsigned = Publisher(registry, None)
    unsigned.roles()
    unsigned.release("v0.22.18", vector(registry.address, "v1.137.7"))
    assert "has no signature of cosign for it" in refused(stage)
    keyless = [stage.vector("v0.22.18", oci_cosign_verify_key=None)]
    assert "nothing says who must have signed" in refused(stage, vectors=keyless)
    result = stage.install(vectors=keyless, verify=False)
    assert result["release"]["vectors"][0]["trusted_by"] == "nothing"


def test_a_role_has_to_be_signed_too(registry, publisher, stage):
    publisher.release("v0.22.18", vector(registry.address, "v1.137.7"))
    Publisher(registry, None).roles()
    message = refused(stage)
    assert "metal-roles:v0.28.1" in message
    assert "ansible-common:v0.9.0" in message


def test_a_tag_that_moves_meanwhile_is_not_followed(published, stage, monkeypatch):
    """Between the look at the tag and the download somebody points it to something else."""
    from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import Registry

    resolve = Registry.resolve

    def then_moved(self, tag):
        digest = resolve(self, tag)
        if tag == "v0.22.18":
            Publisher(published.registry, None).release(tag, vector(stage.address, "v1.0.0"))
        return digest

    monkeypatch.setattr(Registry, "resolve", then_moved)
    assert stage.install()["variables"]["gardener_operator_image_tag"] == "v1.137.7"


def test_a_tag_that_has_moved_since_is_told(published, stage):
    stage.install()
    published.release("v0.22.18", vector(stage.address, "v1.137.8"))
    expected = "a release does not change: find out who moved the tag"
    assert expected in stage.info("v0.22.18")["refusals"][0]
    assert expected in refused(stage)


def test_a_role_of_the_same_version_and_another_content_is_told(published, stage):
    stage.install()
    changed = published.artifact("metal-stack/metal-roles", "v0.28.1", {ROLE: role("metal-roles", "changed")})
    message = refused(stage, "v0.22.19")
    assert "a version does not change: find out who moved it" in message
    pinned = {"ansible-roles.metal-roles.version": f"v0.28.1@{changed['digest']}"}
    assert stage.install("v0.22.19", replacements=pinned)["changed"]


def test_a_record_without_repositories_is_compared_all_the_same(published, stage):
    stage.install()
    file = stage.directory / "release.json"
    record = json.loads(file.read_text())
    for one in record["roles"].values():
        del one["repository"]
    file.write_text(json.dumps(record))
    published.artifact("metal-stack/metal-roles", "v0.28.1", {ROLE: role("metal-roles", "changed")})
    assert "a version does not change: find out who moved it" in refused(stage, "v0.22.19")


def test_a_truncated_layer_is_told(published, stage, registry):
    layer = role("metal-roles", "v0.28.1")
    file = registry.blob_file(registry._blob("metal-stack/metal-roles", layer, ROLE)["digest"])
    file.write_bytes(layer[: len(layer) // 2])
    message = refused(stage)
    assert "metal-roles:v0.28.1" in message
    assert "is not what was pinned" in message


def test_a_mirror_that_lacks_a_layer_is_told(published, stage, registry):
    layer = registry._blob("metal-stack/metal-roles", role("metal-roles", "v0.28.1"), ROLE)
    registry.lose("metal-stack/metal-roles", layer["digest"])
    message = refused(stage)
    assert "has only a part of" in message
    assert "Copy the whole artifact to it" in message


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (packed({"metal-roles/../../outside": b"x"}), "which lies outside"),
        (packed({"/etc/passwd": b"x"}), "which lies outside"),
        (packed({"metal-roles/a": b"x"}, {"metal-roles/l": "../../.."}), "which lies outside of its directory"),
        (packed({"metal-roles/a": b"x"}, {"metal-roles/l": "/etc"}), "which lies outside of its directory"),
        (packed({"metal-roles/a": b"x", "other/a": b"x"}), "expected one directory metal-roles"),
        (packed({"other/a": b"x"}), "it holds other; expected one directory metal-roles"),
        (role("metal-roles", "v0.28.1")[:-40], "can't be unpacked"),
    ],
    ids=["dots", "absolute", "link out", "link to /", "two roles", "another role", "cut off before it was pushed"],
)
def test_a_role_that_would_leave_its_directory_is_refused(published, stage, tmp_path, layer, expected):
    published.artifact("metal-stack/metal-roles", "v0.28.1", {ROLE: layer})
    assert expected in refused(stage)
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ({ROLE: packed({"release.yaml": b"{}"})}, "has 0 layers of the type"),
        ({VECTOR: packed({"other.yaml": b"{}"})}, "it has no file release.yaml"),
        ({VECTOR: packed({"release.yaml": b"a: [1"})}, "is no YAML"),
        ({VECTOR: packed({"release.yaml": b"text"})}, "holds no mapping"),
        ({VECTOR: packed({"release.yaml": b"docker-images: {a: {tag: 1.10}}"})}, "has 1.1 for docker-images.a.tag"),
    ],
    ids=["another artifact", "no vector in it", "no YAML", "no mapping", "a number for a version"],
)
def test_what_is_no_vector_is_told(publisher, stage, layers, expected):
    publisher.artifact("metal-stack/releases", "v0.22.18", layers)
    assert expected in refused(stage)


def test_mistakes_of_the_inventory_are_told_at_once(published, stage):
    replacements = {
        "docker-images.metal-stack.control-plane.metal-api.tga": "v1",
        "docker-images.third-party.gardener.operator": "v1",
        "docker-images.metal-stack.control-plane.metal-api.tag": 45,
    }
    message = refused(stage, replacements=replacements)
    assert "metal-api.tga, which is no value of the release; did you mean" in message
    assert "operator, which is no value" in message
    assert "45 for docker-images.metal-stack.control-plane.metal-api.tag; expected a text" in message


def test_one_part_of_gardener_is_not_replaced_alone(published, stage):
    replacements = {"docker-images.third-party.gardener.operator.tag": "v1.138.0"}
    assert "parts of one Gardener have different minors" in refused(stage, replacements=replacements)


def test_signatures_without_a_key_want_cosign(published, stage):
    without_key = stage.vector(
        "v0.22.18",
        oci_cosign_verify_key=None,
        oci_cosign_verify_certificate_identity="https://ci.example.org/release",
        oci_cosign_verify_certificate_oidc_issuer="https://issuer.example.org",
    )
    assert "and so the program cosign; give its path in cosign" in refused(stage, vectors=[without_key])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"include_role_defaults": "metal-roles/none"}, "has no role metal-roles/none with defaults"),
        ({"variable_mapping_path": "metal_stack_release.none"}, "has no mapping at metal_stack_release.none"),
        ({"include_role_defaults": None}, "without include_role_defaults"),
        ({"ansible_roles_path": "roles"}, "has no roles at roles"),
        ({"oci_cosign_verify_key": "no key"}, "expected the PEM text of cosign.pub"),
    ],
)
def test_what_the_inventory_names_and_the_release_lacks_is_told(published, stage, change, expected):
    assert expected in refused(stage, vectors=[stage.vector("v0.22.18", **change)])


def test_roles_of_another_release_are_told(published, stage):
    """As metal-roles v0.32.0 with the vector of v0.22.19: they map an image that this one does not have."""
    newer = {**MAPPING, "monitoring_gnmic_image_tag": "docker-images.third-party.partition.gnmic.tag"}
    published.artifact("metal-stack/metal-roles", "v0.32.0", {ROLE: role("metal-roles", "v0.32.0", newer)})
    options = {"replacements": {"ansible-roles.metal-roles.version": "v0.32.0"}}
    message = refused(stage, **options)
    assert "no value for monitoring_gnmic_image_tag, which its roles take: they are of another version" in message
    assert stage.install(**options, allow_unmapped=True)["unmapped"] == ["monitoring_gnmic_image_tag"]


def test_a_role_of_git_alone_is_told(publisher, stage):
    document = vector(stage.address, "v1.137.7")
    del document["ansible-roles"]["metal-roles"]["oci"]
    publisher.roles()
    publisher.release("v0.22.18", document)
    assert "only a repository of Git; give a directory or tar file with it as roles.metal-roles" in refused(stage)


def test_a_record_that_is_damaged_is_told(published, stage):
    stage.install()
    (stage.directory / "release.json").write_text(json.dumps({"release": "v0.22.18"}))
    assert "is no record of a release" in refused(stage)
