"""The options of the modules for releases, and what they answer without any network."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import install
from ansible_collections.metalstack.autonomous.plugins.modules import metal_stack_release, metal_stack_release_info


def file(tmp_path, name, **versions):
    path = tmp_path / f"{name}.yaml"
    path.write_text(json.dumps({"docker-images": {key: {"tag": version} for key, version in versions.items()}}))
    return {"url": str(path), "install_roles": False, "variable_mapping": {"api_tag": "docker-images.api.tag"}}


@pytest.fixture
def place(tmp_path):
    return {"path": str(tmp_path / "stages"), "stage": "initial"}


def test_a_release_of_files_is_installed_once(answer, tmp_path, place):
    vectors = [file(tmp_path, "one", api="v1")]
    first = answer(metal_stack_release, **place, vectors=vectors)
    assert (first["changed"], first["variables"]) == (True, {"api_tag": "v1"})
    assert not answer(metal_stack_release, **place, vectors=vectors)["changed"]


def test_check_mode_predicts_and_changes_nothing(answer, tmp_path, place):
    vectors = [file(tmp_path, "one", api="v1")]
    predicted = answer(metal_stack_release, **place, vectors=vectors, _ansible_check_mode=True)
    assert not (tmp_path / "stages").exists()
    assert predicted == answer(metal_stack_release, **place, vectors=vectors)


def test_two_releases_are_compared_without_a_stage(answer, tmp_path):
    former = file(tmp_path, "former", api="v1", gone="v1")
    wanted = file(tmp_path, "wanted", api="v2", new="v1")
    result = answer(metal_stack_release_info, vectors=[wanted], former=former["url"])
    kinds = {change["component"]: change["kind"] for change in result["changes"]}
    assert kinds == {"docker-images.api": "upgrade", "docker-images.gone": "removed", "docker-images.new": "added"}
    assert (result["changed"], result["refusals"], result["installed"]["name"]) == (False, [], "")


def test_what_a_registry_inside_has_to_have_for_a_release_is_told(answer, tmp_path):
    path = tmp_path / "release.yaml"
    document = {
        "ansible-roles": {
            "metal-roles": {"oci": "ghcr.io/metal-stack/metal-roles", "version": "v0.28.1"},
            "own": {"oci": "ghcr.io/metal-stack/own", "version": "v1"},
            "of-git": {"repository": "https://example.org/of-git", "version": "v1"},
        },
        "docker-images": {
            "metal-stack": {
                "control-plane": {"metal-api": {"name": "ghcr.io/metal-stack/metal-api", "tag": "v0.45.0"}}
            },
            "third-party": {"nsq": {"name": "nsqio/nsq", "tag": "v1.2.1"}, "nameless": {"tag": "v1"}},
        },
    }
    path.write_text(json.dumps(document))
    found = answer(metal_stack_release_info, vectors=[{"url": str(path)}])
    assert found["images"] == ["ghcr.io/metal-stack/metal-api:v0.45.0", "nsqio/nsq:v1.2.1"]
    assert found["artifacts"] == ["ghcr.io/metal-stack/metal-roles:v0.28.1", "ghcr.io/metal-stack/own:v1"]
    without = answer(metal_stack_release_info, vectors=[{"url": str(path), "install_roles": False}])
    assert (without["images"], without["artifacts"]) == (found["images"], [])


def test_what_a_stage_has_is_told_without_a_release(answer, tmp_path, place):
    answer(metal_stack_release, **place, vectors=[file(tmp_path, "one", api="v1")])
    assert answer(metal_stack_release_info, **place)["installed"]["components"] == {"docker-images.api": "v1"}


@pytest.mark.parametrize("check", [True, False])
def test_a_stage_is_forgotten_even_with_a_damaged_record(answer, tmp_path, place, check):
    answer(metal_stack_release, **place, vectors=[file(tmp_path, "one", api="v1")])
    (tmp_path / "stages/initial/release.json").write_text("damaged")
    assert answer(metal_stack_release, **place, state="absent", _ansible_check_mode=check)["changed"]
    assert (tmp_path / "stages/initial").exists() == check


def test_roles_are_given_as_texts(answer, tmp_path, place):
    result = answer(metal_stack_release, **place, vectors=[file(tmp_path, "one", api="v1")], roles={"metal-roles": 5})
    assert "roles has 5 for metal-roles; expected a text, in quotes" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_a_directory_that_is_no_stage_is_not_removed(answer, tmp_path, place, check):
    (tmp_path / "stages/initial/data").mkdir(parents=True)
    result = answer(metal_stack_release, **place, state="absent", _ansible_check_mode=check)
    assert "is no stage and is not removed: it has data" in result["msg"]
    assert [path.name for path in (tmp_path / "stages/initial").iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("module", "options", "expected"),
    [
        (metal_stack_release, {"path": "/x", "stage": "a"}, "missing: vectors"),
        (metal_stack_release, {"path": "/x", "stage": "../a", "state": "absent"}, "no directory's"),
        (metal_stack_release_info, {"path": "/x"}, "required together"),
        (metal_stack_release_info, {"former": "/x"}, "required by 'former'"),
    ],
)
def test_options_that_do_not_go_together_are_told(answer, module, options, expected):
    result = answer(module, **options)
    assert result["failed"]
    assert expected in result["msg"]


OPERATOR = "docker-images.third-party.gardener.operator"


def gardener(tmp_path, version):
    path = tmp_path / f"{version}.yaml"
    path.write_text(json.dumps({"docker-images": {"third-party": {"gardener": {"operator": {"tag": version}}}}}))
    return [{"url": str(path), "install_roles": False}]


@pytest.mark.parametrize(
    ("deployed", "refused"),
    [
        ({}, "Gardener v1.137.7 to v1.139.0 skips a minor"),
        ({"release": "v0.22.20", "components": {OPERATOR: "v1.138.3"}}, ""),
        ({"release": "v0.22.20", "components": {OPERATOR: "v1.140.1"}}, "it would go back with operator"),
        # Of another release than this one nothing is known here.
        ({"release": "v0.22.20", "components": {}}, ""),
        # What was installed here last is what there is, and has no name since it is of a file.
        ({"release": "", "components": {}}, "Gardener v1.137.7 to v1.139.0 skips a minor"),
    ],
    ids=["installed here", "gone on with elsewhere", "newer", "without versions", "nothing told"],
)
def test_what_is_deployed_counts_and_not_what_was_installed_here(answer, tmp_path, place, deployed, refused):
    answer(metal_stack_release, **place, vectors=gardener(tmp_path, "v1.137.7"))
    result = answer(metal_stack_release, **place, vectors=gardener(tmp_path, "v1.139.0"), deployed=deployed)
    assert refused in result.get("msg", "")
    assert result.get("failed", False) is bool(refused)


@pytest.mark.parametrize(
    ("former", "expected"),
    [({"release": "v1.0.0", "components": {OPERATOR: "v1"}}, {OPERATOR: "v1"}), ({"release": "v0.9.0"}, {}), ({}, {})],
)
def test_versions_that_nobody_has_told_are_those_installed_here_of_that_release(former, expected):
    found = install.compared_with(former, {"release": "v1.0.0", "components": {}})
    assert found == {"release": "v1.0.0", "components": expected}
