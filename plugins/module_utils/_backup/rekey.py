# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another password for the backups of a site, while they go on.

At each moment every host can read all of it, and so can whoever has what is in the inventory: first all hosts know
the next password, then every repository has a key of it and every manifest a seal by it, then the inventory has it,
then the hosts work with it, and last the keys and seals of the former one go. restic encrypts with a key of its own,
which is what its keys hold: that one stays, so that nothing has to be written anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import typing as t
from pathlib import Path

from . import catalogue, disk, keys, manifest
from .copies import Copies
from .errors import BackupError
from .sets import Sets
from .settings import Settings, Storage
from .site import Site
from .store import Forbidden
from .versions import Version

# Where a password has a directory of its own, with no other beside it, while this works.
PLACE = "rekey"
Pruners = t.Mapping[str, Storage]


# What a host has


def offer(settings: Settings, password: str) -> bool:
    """Have the host read what was made with this password, and seal with it, too; whether that was news."""
    if password in (settings.password, settings.next_password):
        return False
    if settings.next_password:
        _keep(settings, settings.next_password)
    disk.write(settings.next_file, password)
    return True


def switch(settings: Settings, password: str) -> bool:
    """Have the host work with this password; what it had still opens what was made. Whether that was news."""
    due = settings.password != password or bool(settings.next_password)
    if due:
        _keep(settings, *(known for known in (settings.password, settings.next_password) if known != password))
        if settings.password != password:
            disk.write(settings.password_file, password)
        settings.next_file.unlink(missing_ok=True)
    return due


def forget(settings: Settings) -> bool:
    """Have the host know its own password alone; whether that was news."""
    shutil.rmtree(settings.state / PLACE, ignore_errors=True)
    due = settings.former_file.exists()
    settings.former_file.unlink(missing_ok=True)
    return due


def _keep(settings: Settings, *passwords: str) -> None:
    former = dict.fromkeys((*settings.former_passwords, *filter(None, passwords)))
    if tuple(former) != settings.former_passwords:
        disk.write(settings.former_file, "".join(f"{one}\n" for one in former))


# What the storages have


class Repository(t.NamedTuple):
    """One in one of the storages."""

    site: Site
    lineage: str

    @property
    def where(self) -> str:
        return f"{self.site.settings.storage.where}/{keys.repository(self.site.settings.site, self.lineage)}"

    def keys(self) -> str:
        return f"{keys.repository(self.site.settings.site, self.lineage)}/keys/"


class Rekey:
    """Needs the site as a host has it. All else that this host does with backups waits meanwhile."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._settings = site.settings

    def add(self) -> list[str]:
        """Give every repository a key of the next password, and every manifest a seal; which repositories had none.

        Changes nothing unless each of them can be opened.
        """
        following = self._settings.next_password or self._settings.password
        with self._alone():
            found = self._repositories()
            closed = [one for one in found if not self._opens(one, following)]
            openers = {one: self._opener(one) for one in closed}
            for one, password in openers.items():
                # What was copied from the first storage meanwhile came with its keys.
                if self._copied_key(one, following):
                    continue
                self._by(one, password).restic(one.lineage).add_key(self._file(following))
            for one in found:
                if not self._opens(one, following):
                    raise BackupError(f"{one.where} is not opened by the next password -> run it again")
            self._seal(self._settings.next_password)
            return [one.where for one in closed]

    def remove(self, pruners: Pruners) -> dict[str, t.Any]:
        """Take the keys and the seals of the former passwords away, and prove that restic refuses them.

        A key that was removed is hidden at first. pruners: accounts by the URL of their storage, which can remove it
        for good, unless the bucket locks it. Returns how many keys were C(removed), for how many passwords it was
        proved that they are C(refused), where keys stay C(hidden) and why, and which repositories have C(others), and
        how many.
        """
        own, former = self._settings.password, self._settings.former_passwords
        with self._alone():
            self._seal("")
            removed = 0
            stay: dict[str, str] = {}
            others: dict[str, int] = {}
            found = self._repositories()
            for one in found:
                if not self._opens(one, own):
                    raise BackupError(f"{one.where} is not opened by this host's password, and none is taken away")
            for one in found:
                for password in former:
                    while self._opens(one, password):
                        listed = self._by(one, password).restic(one.lineage).list_keys()
                        (current,) = (key["id"] for key in listed if key["current"])
                        self._by(one, own).restic(one.lineage).remove_key(current)
                        removed += 1
                unknown = len(self._by(one, own).restic(one.lineage).list_keys()) - 1
                if unknown:
                    others[one.where] = unknown
                why = self._remove_hidden(one, pruners)
                if why:
                    stay[one.where] = why
            return {"removed": removed, "refused": len(former), "hidden": stay, "others": others}

    def prove(self) -> list[dict[str, str]]:
        """Read the newest set of each component of this host from each storage with the host's own password alone."""
        with self._alone():
            alone = self._with(self._site, self._settings.password)
            proven = []
            for storage in self._storages(alone):
                for component in (one["name"] for one in self._settings.components):
                    known = [one for one in catalogue.sets(storage.listed()) if component in one.parts]
                    having = [one for one in known if not one.damaged([component])]
                    if not having:
                        continue
                    place = having[-1].parts[component].place
                    directory, _manifest, _report = Sets(storage).fetch(
                        place, self._settings.state / PLACE / "read", catalogue.CHECKSUMS
                    )
                    shutil.rmtree(directory)
                    where = storage.settings.storage.where
                    proven.append({"where": where, "component": component, "set": place.set})
            return proven

    @contextlib.contextmanager
    def _alone(self) -> t.Iterator[None]:
        """After whatever is being made or copied, which was begun with what the host had before."""
        state = self._settings.state
        with disk.alone(state, name="copy"), disk.alone(state):
            disk.empty(state / PLACE)
            try:
                yield
            finally:
                shutil.rmtree(state / PLACE, ignore_errors=True)

    @staticmethod
    def _storages(site: Site) -> list[Site]:
        return [site, site.elsewhere()] if site.settings.second else [site]

    def _repositories(self) -> list[Repository]:
        """Those that have a key at all; what copies have begun and not ended has none yet."""
        found = []
        for site in self._storages(self._site):
            prefix = keys.repository(site.settings.site, "")
            paths = {key.removeprefix(prefix) for key in site.store.keys(prefix)}
            lineages = {path.partition("/")[0] for path in paths if path.partition("/")[2].startswith("keys/")}
            found += [Repository(site, one) for one in sorted(lineages) if f"{one}/config" in paths]
        return found

    def _file(self, password: str) -> Path:
        directory = disk.private(self._settings.state / PLACE / str(self._settings.passwords.index(password)))
        file = directory / "password"
        if not file.exists():
            disk.write(file, password)
        return file

    def _with(self, site: Site, password: str) -> Site:
        """The site with no other password than this one."""
        return Site(dataclasses.replace(site.settings, password_file=self._file(password)))

    def _by(self, one: Repository, password: str) -> Site:
        return self._with(one.site, password)

    def _opens(self, one: Repository, password: str) -> bool:
        return self._by(one, password).restic(one.lineage).opens()

    def _opener(self, one: Repository) -> str:
        for password in self._settings.passwords:
            if self._opens(one, password):
                return password
        raise BackupError(
            f"no password of this host opens {one.where} -> put the one that does into {self._settings.former_file}, a"
            " line, or remove what nobody can open any more"
        )

    def _copied_key(self, one: Repository, password: str) -> bool:
        """Whether the second storage has got the key from the first one's copy of the same repository."""
        config = f"{keys.repository(one.site.settings.site, one.lineage)}/config"
        if one.site is self._site or not self._site.store.keys(config):
            return False
        Copies(self._site).copy_keys(one.lineage)
        return self._opens(one, password)

    def _seal(self, following: str) -> None:
        """Seal every manifest by this host's password, and the one that follows. What none fits is left as it is."""
        for site in self._storages(self._site):
            for place in (part.place for one in catalogue.sets(site.listed()) for part in one.parts.values()):
                content = site.store.get(place.key())
                try:
                    found = manifest.unseal(place.key(), content, *self._settings.passwords)
                except BackupError:
                    continue
                sealed = manifest.seal(found, self._settings.password, following)
                if sealed != content:
                    site.store.put(place.key(), sealed)

    @staticmethod
    def _remove_hidden(one: Repository, pruners: Pruners) -> str:
        """Remove keys for good that are hidden; why some stay."""
        storage = pruners.get(one.site.settings.storage.where)
        if storage is None:
            return "no account was given that may remove versions"
        store = Site(dataclasses.replace(one.site.settings, storage=storage)).store
        left = 0
        for versions in hidden(store.versions(one.keys())):
            try:
                for version in versions:
                    store.delete(version.key, version.id)
            except Forbidden:
                left += 1
        return f"the storage refuses to remove {left} of them, which the bucket locks" if left else ""


def hidden(every: t.Iterable[Version]) -> list[list[Version]]:
    """Versions of each object that is hidden, in the order in which they can go: what hides them last. Pure."""
    objects: dict[str, list[Version]] = {}
    for one in every:
        objects.setdefault(one.key, []).append(one)
    return [
        sorted(known, key=lambda one: (one.latest, one.marker))
        for known in objects.values()
        if any(one.latest and one.marker for one in known)
    ]
