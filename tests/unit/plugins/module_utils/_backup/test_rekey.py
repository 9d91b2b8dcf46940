"""Another password, against storages in memory: cut off anywhere, all can be read, and the same calls end it."""

from __future__ import annotations

import hashlib
import itertools
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    catalogue,
    disk,
    keys,
    manifest,
    rekey,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version

FORMER, NEXT, THIRD = "former-password", "next-password", "third-password"
SETS = ("20261127T060000Z", "20261127T070000Z")
WHERE = ("https://one/b", "https://two/b")


class Killed(BaseException):
    pass


class World:
    """Two storages and what counts as a change; it dies after a number of them."""

    def __init__(self):
        self.stores, self.left, self.count = {where: Store(self) for where in WHERE}, None, itertools.count()

    def change(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed


class Store:
    def __init__(self, world):
        self.world, self.objects, self.hidden = world, {}, []

    def keys(self, prefix):
        return [key for key in sorted(self.objects) if key.startswith(prefix)]

    def get(self, key):
        return self.objects[key]

    def put(self, key, content):
        self.world.change()
        self.objects[key] = content

    def put_new(self, key, content):
        if key not in self.objects:
            self.put(key, content)
        return self.objects[key] == content


class Restic:
    """A key is an object that is named by its checksum, as restic's are."""

    def __init__(self, site, lineage):
        self.store, self.password = site.store, site.settings.password
        self.layer = f"{keys.repository('s', lineage)}/keys/"

    def _fits(self, key):
        return self.store.get(key).decode().split(" ")[0] == self.password

    def opens(self):
        return any(self._fits(key) for key in self.store.keys(self.layer))

    def list_keys(self):
        assert self.opens()
        listed = self.store.keys(self.layer)
        current = next(key for key in listed if self._fits(key))
        return [{"id": key[len(self.layer) :][:8], "current": key == current} for key in listed]

    def add(self, password):
        content = f"{password} {next(self.store.world.count)}".encode()
        self.store.put(self.layer + hashlib.sha256(content).hexdigest(), content)

    def add_key(self, password_file):
        assert self.opens()
        self.add(password_file.read_text())

    def remove_key(self, key):
        (found,) = self.store.keys(self.layer + key)
        assert self.opens() and not self._fits(found)
        self.store.world.change()
        del self.store.objects[found]


@pytest.fixture
def world(monkeypatch):
    one = World()
    monkeypatch.setattr(Site, "store", property(lambda site: one.stores[site.settings.storage.where]))
    monkeypatch.setattr(Site, "restic", lambda site, lineage: Restic(site, lineage))
    write = disk.write

    def counted(path, text, mode=0o600):
        if rekey.PLACE not in path.parts:
            one.change()
        write(path, text, mode)

    monkeypatch.setattr(disk, "write", counted)
    monkeypatch.setattr(disk.os, "fsync", lambda _: None)
    return one


def host(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "password").write_text(FORMER)
    storage = dict.fromkeys(("region", "ca_file", "access_key", "secret_key"), "x") | {"path_style": True}
    first, second = ({**storage, "endpoint": where[:-2], "bucket": "b"} for where in WHERE)
    return settings_.parse(
        json.dumps({
            "site": "s", "host": name, "storage": first, "second": second, "interval": 3600, "level": 1,
            "password_file": str(tmp_path / name / "password"), "set_components": ["k3s"], "components": [],
            "state": str(tmp_path / name / "state"), "metrics": str(tmp_path / name),
        })
    )  # fmt: skip


class Inventory:
    def __init__(self, password):
        self.password = password


@pytest.fixture
def hosts(tmp_path, world):
    found = [host(tmp_path, name) for name in ("h1", "h2")]
    for store in world.stores.values():
        for lineage in ("L0", "L1"):
            store.put(f"{keys.repository('s', lineage)}/config", f"config of {lineage}".encode())
            for name in SETS:
                place = Place("s", "k3s", lineage, 1, name)
                content = dict.fromkeys(manifest.REQUIRED, "x") | place._asdict()
                store.put(place.key(), manifest.seal(content, FORMER))
    first, second = world.stores.values()
    for lineage in ("L0", "L1"):
        site = Site(found[0])
        Restic(site, lineage).add(FORMER)
        for key in first.keys(f"{keys.repository('s', lineage)}/keys/"):
            second.put(key, first.get(key))
    return found


def rotate(world, inventory, hosts, fresh=NEXT):
    """What the playbook does, one step on all hosts after the other."""
    offered = [one.next_password for one in hosts if one.next_password]
    if any(one.password != inventory.password for one in hosts):
        wanted = inventory.password
    else:
        wanted = offered[0] if offered else inventory.password if any(one.former_passwords for one in hosts) else fresh
    for one in hosts:
        rekey.offer(one, wanted)
    rekey.Rekey(Site(hosts[0])).add()
    if wanted != inventory.password:
        world.change()
        inventory.password = wanted
    for one in hosts:
        rekey.switch(one, wanted)
    told = [rekey.Rekey(Site(one)).remove({}) for one in hosts]
    for one in hosts:
        rekey.forget(one)
    return told


def opens(world, password):
    """Whether one password alone reads everything in both storages."""
    for store in world.stores.values():
        for lineage in ("L0", "L1"):
            layer = store.keys(f"{keys.repository('s', lineage)}/keys/")
            if not any(store.get(key).decode().startswith(f"{password} ") for key in layer):
                return False
        for one in catalogue.sets(store.keys(keys.catalogue("s"))):
            key = one.parts["k3s"].place.key()
            try:
                manifest.unseal(key, store.get(key), password)
            except BackupError:
                return False
    return True


def all_read_all(world, hosts):
    """Whether every host reads everything with one or the other of what it has."""
    for one in hosts:
        site = Site(one)
        for place in (each.parts["k3s"].place for each in catalogue.sets(site.listed())):
            site.manifest(place)
        if not any(opens_repositories(world, password) for password in one.passwords):
            return False
    return True


def opens_repositories(world, password):
    contents = [store.objects[key].decode() for store in world.stores.values() for key in store.keys("s/restic/")]
    return sum(each.startswith(f"{password} ") for each in contents) >= 4


def test_it_is_exchanged_everywhere(world, hosts):
    inventory = Inventory(FORMER)
    told = rotate(world, inventory, hosts)
    assert [one["removed"] for one in told] == [4, 0] and all(one["refused"] == 1 for one in told)
    assert inventory.password == NEXT and {one.passwords for one in hosts} == {(NEXT,)}
    assert opens(world, NEXT) and not opens_repositories(world, FORMER)
    for store in world.stores.values():
        assert all("seal_next" not in json.loads(store.get(key)) for key in store.keys(keys.catalogue("s")))
        with pytest.raises(BackupError, match="not sealed"):
            manifest.unseal("k", store.get(store.keys(keys.catalogue("s"))[0]), FORMER)
    assert [len(store.keys("s/restic/L1/keys/")) for store in world.stores.values()] == [1, 1]
    assert all(not (one.state / rekey.PLACE).exists() for one in hosts)


@pytest.mark.parametrize("after", range(40))
def test_cut_off_anywhere_all_is_read_and_the_same_ends_it(world, hosts, after):
    inventory, done = Inventory(FORMER), False
    world.left = after
    try:
        rotate(world, inventory, hosts)
        done = True
    except Killed:
        pass
    world.left = None
    # A site that is lost at that moment is restored with what is in the inventory.
    assert opens(world, inventory.password)
    assert all_read_all(world, hosts)
    if not done:
        rotate(world, inventory, hosts, fresh=THIRD)
    assert {one.passwords for one in hosts} == {(inventory.password,)}
    assert opens(world, inventory.password)
    for other in {FORMER, NEXT, THIRD} - {inventory.password}:
        assert not any(
            other in content.decode() for store in world.stores.values() for content in store.objects.values()
        )


def test_it_dies_often_enough_in_the_test_before(world, hosts):
    before = next(world.count)
    world.left = 39
    rotate(world, Inventory(FORMER), hosts)
    assert world.left >= 0 and before >= 0


def test_what_the_operator_has_put_into_the_inventory_counts(world, hosts):
    for one in hosts:
        rekey.offer(one, NEXT)
    rekey.Rekey(Site(hosts[0])).add()
    rotate(world, Inventory(THIRD), hosts)
    assert opens(world, THIRD) and {one.passwords for one in hosts} == {(THIRD,)}
    assert not opens_repositories(world, NEXT) and not opens_repositories(world, FORMER)


def test_a_repository_that_nobody_can_open_is_named_and_nothing_is_changed(world, hosts):
    site = Site(hosts[0])
    (key,) = site.store.keys("s/restic/L1/keys/")
    site.store.objects[key] = b"of-somebody-else 1"
    for one in hosts:
        rekey.offer(one, NEXT)
    before = {where: dict(store.objects) for where, store in world.stores.items()}
    with pytest.raises(BackupError, match="no password of this host opens https://one/b/s/restic/L1"):
        rekey.Rekey(site).add()
    assert {where: dict(store.objects) for where, store in world.stores.items()} == before


def test_a_key_that_somebody_else_has_added_is_told(world, hosts):
    rekey_site = Site(hosts[0])
    Restic(rekey_site, "L1").add("of-a-stranger")
    told = rotate(world, Inventory(FORMER), hosts)
    # Copies bring it to the second storage, as they bring all that is in the first one.
    assert told[0]["others"] == {f"{where}/s/restic/L1": 1 for where in WHERE}


def test_a_repository_that_copies_have_only_begun_has_no_key_yet(world, hosts):
    second = world.stores[WHERE[1]]
    for key in second.keys("s/restic/L0/keys/"):
        del second.objects[key]
    rotate(world, Inventory(FORMER), hosts)
    assert second.keys("s/restic/L0/keys/") == []


def test_a_manifest_that_nobody_has_sealed_is_left_as_it_is(world, hosts):
    first = world.stores[WHERE[0]]
    key = first.keys(keys.catalogue("s"))[0]
    first.objects[key] = b"{}"
    rotate(world, Inventory(FORMER), hosts)
    assert first.objects[key] == b"{}"


def test_hidden_keys_go_before_what_hides_them():
    def version(key, number, latest, marker=False):
        return Version(key, number, None, latest, marker)

    every = [
        version("a", "2", True, True), version("a", "1", False), version("b", "3", True),
        version("c", "5", False, True), version("c", "4", False), version("c", "6", True, True),
    ]  # fmt: skip
    assert [[one.id for one in each] for each in rekey.hidden(every)] == [["1", "2"], ["4", "5", "6"]]
