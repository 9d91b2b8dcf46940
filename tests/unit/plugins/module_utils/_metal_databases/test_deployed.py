from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import deployed, prefixes


@pytest.mark.parametrize(
    ("engine", "directory"),
    [("postgres", "/data/postgres"), ("rethinkdb", "/data/rethinkdb"), ("valkey", "/data")],
)
def test_what_metal_roles_make_of_a_database(engine, directory):
    assert deployed.directory(engine) == directory and deployed.container(engine) == engine
    assert (deployed.pod("ipam-db"), deployed.claim("ipam-db")) == ("ipam-db-0", "ipam-db-ipam-db-0")


def test_each_engine_has_its_directory():
    assert deployed.DIRECTORIES.keys() == set(prefixes.ENGINES)
