"""Versions as a bucket lists them."""

from __future__ import annotations

import datetime

from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version

NOON = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
KEY = "p/db.tar.gz"


def version(minutes, size=1000, key=KEY, marker=False, latest=False):
    """minutes: its age at noon."""
    modified = NOON - datetime.timedelta(minutes=minutes)
    return Version(key, f"v{minutes}", modified, latest, marker, 0 if marker else size)
