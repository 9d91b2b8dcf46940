# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One PowerDNS server: what it is and what it can."""

from __future__ import annotations

import re
import typing as t
from functools import cached_property

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client, PdnsError
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rdata import doubled

EXPECTED_FORM = re.compile(r"Not in expected format \(parsed as '(.*)'\)", re.DOTALL)
# Records that no server takes: a request that ends in one of them never changes anything.
POISON = {"type": "A", "ttl": 60, "changetype": "REPLACE", "records": [{"content": "no address", "disabled": False}]}
QUOTE_PROBE = r'"\""'


class Unsupported(PdnsError):
    """Asks for what this server's version or backend cannot do."""

    def __init__(self, message: str) -> None:
        super().__init__(0, message)


class Server:
    """Asked once for each fact."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @cached_property
    def version_text(self) -> str:
        return str(self.client.get("")["version"])

    @cached_property
    def version(self) -> tuple[int, ...]:
        """For comparisons; a development build counts as newer than all."""
        numbers = re.match(r"([0-9]+)\.([0-9]+)(?:\.([0-9]+))?", self.version_text)
        return tuple(int(number or 0) for number in numbers.groups()) if numbers else (99, 0, 0)

    @cached_property
    def backends(self) -> list[str]:
        """As configured by ``launch``: ``gsqlite3``, ``lmdb``, with the name of an instance cut off."""
        for setting in self.client.get("/config"):
            if setting["name"] == "launch":
                return [one.strip().partition(":")[0] for one in setting["value"].split(",") if one.strip()]
        return []

    @property
    def extends(self) -> bool:
        """EXTEND and PRUNE of single records."""
        return self.version >= (5, 0, 2) or (4, 9, 12) <= self.version < (5, 0)

    @property
    def has_comments(self) -> bool:
        return "lmdb" not in self.backends or self.version >= (5, 1)

    def require_comments(self) -> None:
        if not self.has_comments:
            raise Unsupported(f"comments: the LMDB backend of pdns {self.version_text} has none (5.1 and newer have)")

    @property
    def has_autoprimaries(self) -> bool:
        return "lmdb" not in self.backends

    def require_autoprimaries(self) -> None:
        if not self.has_autoprimaries:
            raise Unsupported(f"the LMDB backend of pdns {self.version_text} has no autoprimaries")

    def encoder(self, zone_path: str, zone: str) -> t.Callable[[str, str], str]:
        """How content with escapes is to be written to this server, by type of record.

        pdns 5.1 takes one layer of escapes away before it parses, so that what was read cannot be written back. A
        request that fails in any case tells which of the two it is, and changes nothing.
        """
        probe = {**POISON, "name": f"_probe.{zone}", "type": "TXT"}
        probe["records"] = [{"content": QUOTE_PROBE, "disabled": False}]
        refused = self._refused(zone_path, [probe, {**POISON, "name": f"_probe2.{zone}"}])
        if "/TXT" not in refused:
            return lambda rtype, content: content
        return lambda rtype, content: content if rtype == "LUA" or "\\" not in content else doubled(content)

    def form(self, zone_path: str, zone: str, name: str, rtype: str, content: str) -> str:
        """The server's own rendering of record data, for types that we do not know; changes nothing."""
        change = {"name": name, "type": rtype, "ttl": 60, "changetype": "REPLACE"}
        change["records"] = [{"content": content, "disabled": False}]
        refused = self._refused(zone_path, [change, {**POISON, "name": f"_probe.{zone}"}])
        expected = EXPECTED_FORM.search(refused)
        if expected:
            if set(expected[1].split()) & {f"{word}." for word in content.split()}:
                raise PdnsError(0, f"{name} {rtype} {content!r}: names in data of this type need their final dot")
            return expected[1]
        if f"/{rtype} " in refused and f"_probe.{zone}/A" not in refused:
            raise PdnsError(422, f"{name} {rtype} {content!r}: {refused}")
        return content

    def _refused(self, zone_path: str, changes: list[dict[str, t.Any]]) -> str:
        try:
            self.client.request("PATCH", zone_path, {"rrsets": changes})
        except PdnsError as error:
            if error.status == 422:
                return str(error)
            raise
        raise PdnsError(0, f"pdns {self.version_text} took a record that is none; please report this")
