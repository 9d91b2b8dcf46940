# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of a control plane: generated once, then kept, and never made anew. Pure, but for what is random.

Source: what metal-roles leaves at C(change-me), and what it needs and has no default for.
"""

from __future__ import annotations

import base64
import secrets
import string
import typing as t

from .components import DATABASES, Component

Kept = dict[str, str]
DEFAULTS = ("change-me", "Password1!", "x123456789012345678901234567891y")
# Under which names besides a secret is known to other roles.
ALIASES = {
    "metal_db_password": ("metal_api_db_password", "metal_apiserver_db_password"),
    "ipam_db_password": ("metal_ipam_db_password",),
    "masterdata_db_password": ("metal_masterdata_api_db_password", "metal_tenant_apiserver_db_password"),
    "auditing_timescaledb_password": ("metal_auditing_timescaledb_password",),
}
DIGEST_KEY = "digest_key"
# The private key and the certificate that issue all others.
AUTHORITY = "certificate_authority"


def text() -> str:
    """A random text that needs no quoting anywhere."""
    return secrets.token_hex(24)


def private_key() -> str:
    """A key of headscale's; as C(headscale generate private-key) prints it."""
    return f"privkey:{secrets.token_hex(32)}"


def login() -> str:
    """A password that Zitadel takes: with large and small letters, a digit and a symbol."""
    return f"{secrets.token_urlsafe(18).strip('-_')}{secrets.choice(string.ascii_uppercase)}a1!"


def master_key() -> str:
    """Zitadel's, of exactly 32 characters."""
    return secrets.token_hex(16)


class Secret(t.NamedTuple):
    """A secret by its variable.

    components: who takes it; all without any. pinned: what is stored by means of it, so that another one would not be
    taken any more; empty where it may be exchanged. length: how many characters it has, at least or, if exact, exactly.
    """

    name: str
    make: t.Callable[[], str]
    components: tuple[str, ...]
    pinned: str = ""
    length: int = 8
    exact: bool = False


SECRETS: tuple[Secret, ...] = (
    *(
        Secret(one.password, text, (component,), f"the database {one.name}")
        for component, one in (
            ("metal-db", DATABASES["metal-db"]),
            ("ipam-db", DATABASES["ipam-db"]),
            ("masterdata-db", DATABASES["masterdata-db"]),
            ("zitadel-db", DATABASES["zitadel-db"]),
            ("auditing-timescaledb", DATABASES["auditing-timescaledb"]),
            ("headscale", DATABASES["headscale-db"]),
        )
    ),
    Secret("headscale_private_key", private_key, ("headscale",)),
    Secret("headscale_noise_private_key", private_key, ("headscale",)),
    Secret("zitadel_master_key", master_key, ("zitadel",), "what the database zitadel-db has encrypted", 32, True),
    Secret("zitadel_admin_password", login, ("zitadel",)),
    Secret("metal_api_view_key", text, ("metal",)),
    Secret("metal_api_edit_key", text, ("metal",)),
    Secret("metal_api_admin_key", text, ("metal",)),
    Secret("metal_api_bmc_superuser_pwd", text, ("metal",)),
    Secret("metal_masterdata_api_hmac", text, ("metal",)),
    Secret("metal_apiserver_session_secret", text, ("metal",), length=10),
    Secret(DIGEST_KEY, text, ()),
)
_BY_NAME = {one.name: one for one in SECRETS}


class Settled(t.NamedTuple):
    """kept: all secrets that are to be kept. made, given, adopted, replaced: names of those that are new, by why."""

    kept: Kept
    made: list[str]
    given: list[str]
    adopted: list[str]
    replaced: list[str]

    @property
    def changed(self) -> bool:
        return bool(self.made or self.given or self.adopted or self.replaced)


def needed(components: t.Iterable[Component]) -> list[Secret]:
    """The secrets that these components take."""
    names = {one.name for one in components}
    return [one for one in SECRETS if not one.components or names & set(one.components)]


def complaints(given: t.Mapping[str, t.Any], production: bool) -> list[str]:
    """What is wrong with the secrets that an inventory gives; never a secret itself."""
    found = []
    for secret in SECRETS:
        value = given.get(secret.name)
        if value is None:
            continue
        if not isinstance(value, str):
            found.append(f"{secret.name} is no text -> put it in quotes")
        elif production and value in DEFAULTS:
            found.append(
                f"{secret.name} is metal-roles' default, which everybody knows -> leave it out, or give another"
            )
        elif secret.exact and len(value) != secret.length:
            found.append(f"{secret.name} has {len(value)} characters, expected exactly {secret.length}")
        elif len(value) < secret.length and production:
            found.append(f"{secret.name} has {len(value)} characters, expected {secret.length} or more")
    for name, others in ALIASES.items():
        wrong = [one for one in others if one in given and given[one] != given.get(name, given[one])]
        found += [f"{one} and {name} differ, and are the same password -> give {name} alone" for one in wrong]
    return found


def settle(
    components: t.Iterable[Component],
    kept: Kept,
    given: t.Mapping[str, t.Any],
    deployed: t.Mapping[str, str],
    known: t.Collection[str],
) -> tuple[Settled, list[str]]:
    """What is kept from now on, and why it is not.

    kept: what was. given: what the inventory has. deployed: passwords of databases, by variable, that the cluster runs
    with. known: databases that have data already, or get a backup: of a control plane that had secrets.
    """
    named = {**given, **_by_alias(given)}
    found = Settled(dict(kept), [], [], [], [])
    refused = []
    for secret in needed(components):
        name = secret.name
        had, wanted, runs = kept.get(name), named.get(name), deployed.get(name)
        before = had if had is not None else runs
        if wanted is not None and before is not None and wanted != before and secret.pinned:
            refused.append(
                f"{name} is another one than {secret.pinned} was set up with -> leave it out, or change it there first"
                " and then remove the kept one"
            )
        elif wanted is not None:
            if wanted != had:
                (found.given if had is None else found.replaced).append(name)
                found.kept[name] = wanted
        elif had is None and runs is not None:
            found.adopted.append(name)
            found.kept[name] = runs
        elif had is None and (database := _ONE_WITH.get(name, "")) in known:
            refused.append(
                f"{name} is not known, and {database} has the data of a control plane that had one -> give it as"
                f" {name}, from where it was escrowed or from what runs with it"
            )
        elif had is None:
            found.made.append(name)
            found.kept[name] = secret.make()
    return found, refused


def variables(kept: t.Mapping[str, str]) -> dict[str, str]:
    """The variables that roles are handed of what is kept, those under other names included."""
    found = {name: value for name, value in kept.items() if name not in (DIGEST_KEY, AUTHORITY)}
    return {**found, **{other: kept[name] for name, others in ALIASES.items() if name in kept for other in others}}


def encoded(kept: t.Mapping[str, str]) -> dict[str, str]:
    """As a Secret has it."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in sorted(kept.items())}


def decoded(data: t.Mapping[str, str] | None) -> Kept:
    """What a Secret has."""
    return {name: base64.b64decode(value).decode() for name, value in (data or {}).items()}


def _by_alias(given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        name: given[other]
        for name, others in ALIASES.items()
        for other in others
        if other in given and name not in given
    }


# Databases with whose data a secret belongs together. PostgreSQL's backup is of the whole data directory with its
# passwords; RethinkDB's is of the tables alone. Partitions, firewalls and Gardener have the others, and would be cut
# off.
_ONE_WITH = {
    "ipam_db_password": "ipam-db",
    "masterdata_db_password": "masterdata-db",
    "zitadel_db_password": "zitadel-db",
    "auditing_timescaledb_password": "auditing-timescaledb",
    "headscale_db_password": "headscale-db",
    "zitadel_master_key": "zitadel-db",
    "headscale_private_key": "headscale-db",
    "headscale_noise_private_key": "headscale-db",
    "metal_api_view_key": "metal-db",
    "metal_api_edit_key": "metal-db",
    "metal_api_admin_key": "metal-db",
    "metal_api_bmc_superuser_pwd": "metal-db",
}
