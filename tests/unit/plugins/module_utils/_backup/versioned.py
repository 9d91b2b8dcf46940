"""A bucket that keeps versions, at a time that tests say, and names of sets by their age."""

from __future__ import annotations

import datetime

from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.store import Written
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version

NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC)
# Ages of sets.
DAYS = (60, 50, 40, 35, 20, 2)


def ago(days):
    return NOW - datetime.timedelta(days=days)


def name(days):
    return ago(days).strftime("%Y%m%dT%H%M%SZ")


class Killed(BaseException):
    pass


class Memory:
    """It dies after a number of changes, if told so."""

    def __init__(self):
        self.known, self.contents, self.at, self.left, self.changes = [], {}, NOW, None, 0

    def change(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        self.changes += 1

    def _add(self, key, marker):
        self.known = [one._replace(latest=False) if one.key == key else one for one in self.known]
        self.known.append(Version(key, str(self.changes), self.at, True, marker))

    def put(self, key, content):
        self.change()
        self.contents[key] = content
        self._add(key, False)
        return Written(str(self.changes), self.at)

    def put_new(self, key, content):
        if key in self.keys(key):
            return self.get(key) == content
        self.put(key, content)
        return True

    def delete(self, key, version=""):
        self.change()
        if not version:
            self._add(key, True)
            return
        assert not [one for one in self.known if (one.id, one.latest, one.marker) == (version, True, False)]
        self.known = [one for one in self.known if one.id != version]
        rest = [one for one in self.known if one.key == key]
        assert not rest or rest[-1].latest, "what was hidden came back"

    def get(self, key):
        return self.contents[key]

    def keys(self, prefix):
        return [one.key for one in self.known if one.latest and not one.marker and one.key.startswith(prefix)]

    def versions(self, _prefix):
        return list(self.known)
