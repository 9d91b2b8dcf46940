"""What is generated, kept, given, taken over and refused of secrets."""

from __future__ import annotations

import re

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import components, secrets

METAL_DB = components.chosen(["metal-db"])
ALL = components.chosen(components.NAMES)


def settle(chosen, kept=None, given=None, deployed=None, known=()):
    return secrets.settle(chosen, kept or {}, given or {}, deployed or {}, known)


def test_every_secret_that_a_component_takes_is_made_and_is_as_it_has_to_be():
    found, refused = settle(ALL)
    assert refused == []
    assert set(found.made) == set(found.kept) == {one.name for one in secrets.SECRETS}
    assert secrets.complaints(found.kept, True) == []
    assert len(found.kept["zitadel_master_key"]) == 32
    assert re.fullmatch("privkey:[0-9a-f]{64}", found.kept["headscale_noise_private_key"])
    for pattern in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"):
        assert re.search(pattern, found.kept["zitadel_admin_password"])
    assert len(set(found.kept.values())) == len(found.kept)


def test_what_is_kept_stays():
    first, _ = settle(ALL)
    second, refused = settle(ALL, first.kept)
    assert (second.kept, second.changed, refused) == (first.kept, False, [])


def test_a_further_component_adds_its_own_alone():
    first, _ = settle(METAL_DB)
    assert set(first.made) == {"metal_db_password", "digest_key"}
    second, _ = settle(components.chosen(["metal-db", "ipam-db"]), first.kept)
    assert second.made == ["ipam_db_password"]


@pytest.mark.parametrize(
    ("kept", "given", "deployed", "expected"),
    [
        ({}, {"metal_db_password": "ours"}, {}, ("ours", "given")),
        ({}, {"metal_api_db_password": "ours"}, {}, ("ours", "given")),
        ({}, {}, {"metal_db_password": "runs with"}, ("runs with", "adopted")),
        ({}, {"metal_db_password": "same"}, {"metal_db_password": "same"}, ("same", "given")),
        ({"metal_db_password": "kept"}, {"metal_db_password": "kept"}, {}, ("kept", "")),
        ({"metal_db_password": "kept"}, {}, {"metal_db_password": "other"}, ("kept", "")),
    ],
)
def test_a_password_comes_from_whoever_has_it(kept, given, deployed, expected):
    found, refused = settle(METAL_DB, {"digest_key": "k", **kept}, given, deployed)
    why = next((name for name in ("made", "given", "adopted", "replaced") if getattr(found, name)), "")
    assert (found.kept["metal_db_password"], why, refused) == (*expected, [])


@pytest.mark.parametrize(
    ("kept", "deployed"), [({"metal_db_password": "kept"}, {}), ({}, {"metal_db_password": "runs with"})]
)
def test_another_password_of_a_database_is_refused_and_not_told(kept, deployed):
    _, refused = settle(METAL_DB, kept, {"metal_db_password": "changed"}, deployed)
    assert len(refused) == 1
    assert "metal_db_password is another one than the database metal-db was set up with" in refused[0]
    assert not {"changed", "kept one than", "runs with"} & set(refused[0].split())


def test_a_key_that_nothing_depends_on_is_replaced():
    metal = components.chosen(["metal"])
    first, _ = settle(metal)
    second, refused = settle(metal, first.kept, {"metal_api_view_key": "another"})
    assert (second.replaced, second.kept["metal_api_view_key"], refused) == (["metal_api_view_key"], "another", [])


@pytest.mark.parametrize(
    ("component", "database", "name"),
    [
        ("ipam-db", "ipam-db", "ipam_db_password"),
        ("zitadel", "zitadel-db", "zitadel_master_key"),
        ("headscale", "headscale-db", "headscale_noise_private_key"),
        ("metal", "metal-db", "metal_api_edit_key"),
    ],
)
def test_what_belongs_to_data_that_are_there_is_given_and_never_made_anew(component, database, name):
    _, refused = settle(components.chosen([component]), known={database})
    assert f"{name} is not known, and {database} has the data" in "; ".join(refused)
    found, refused = settle(components.chosen([component]), given={name: "e" * 32}, known={database})
    assert found.kept[name] == "e" * 32 and name not in "; ".join(refused)
    found, refused = settle(components.chosen([component]), kept={name: "k" * 32}, known={database})
    assert found.kept[name] == "k" * 32 and name not in "; ".join(refused)


def test_a_password_that_a_database_runs_with_is_taken_over():
    found, refused = settle(components.chosen(["ipam-db"]), deployed={"ipam_db_password": "runs"}, known={"ipam-db"})
    assert (found.kept["ipam_db_password"], refused) == ("runs", [])
    # RethinkDB's backup has tables alone.
    assert settle(METAL_DB, known={"metal-db"})[1] == []


def test_others_know_a_secret_by_other_names():
    found = secrets.variables({"metal_db_password": "a", "digest_key": "b", "certificate_authority": "c"})
    assert found == dict.fromkeys(("metal_db_password", "metal_api_db_password", "metal_apiserver_db_password"), "a")


def test_a_secret_of_the_cluster_is_read_as_it_was_written():
    assert secrets.decoded(secrets.encoded({"a": "ä\n"})) == {"a": "ä\n"}
    assert secrets.decoded(None) == {}
