"""Partitions: metal-api's partition-service.go. It removes one whatever is in it."""

from __future__ import annotations

import ipaddress
import re

from fake.v1.table import Refusal, Row, Table, given

DNS_NAME = re.compile(r"([a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})(\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?")
BOOT = (("image", "imageurl"), ("kernel", "kernelurl"))


class Partitions(Table):
    path, model, name = "/v1/partition", "V1Partition", "partition"
    conflict_status = 400  # its update gives every error of the database so

    def make(self, body: Row) -> Row:
        for what, field in BOOT:
            self._head(what, body["bootconfig"].get(field) or "")
        row = {
            "labels": {},
            "mgmtserviceaddress": "",
            "dns_servers": [],
            "ntp_servers": [],
            **given(body, *("id", "name", "description", "mgmtserviceaddress", "labels", "dns_servers", "ntp_servers")),
            "bootconfig": {"commandline": "", **given(body["bootconfig"], "imageurl", "kernelurl", "commandline")},
        }
        self._servers(row)
        return row

    def change(self, row: Row, body: Row) -> None:
        row |= given(body, "name", "description", "mgmtserviceaddress", "labels", "dns_servers", "ntp_servers")
        boot = body.get("bootconfig") or {}
        for what, field in BOOT:
            if boot.get(field) is not None:
                self._head(what, boot[field])
        row["bootconfig"] |= given(boot, "imageurl", "kernelurl", "commandline")
        self._servers(row)

    def _head(self, what: str, url: str) -> None:
        if status := self.world.head(url):
            raise Refusal(400, f"image:{what} is not accessible under:{url} status:{status} Not Found")

    def _servers(self, row: Row) -> None:
        if len(row["dns_servers"]) > 3:
            raise Refusal(400, "please specify a maximum of three dns servers")
        for server in row["dns_servers"]:
            if not _is_address(server["ip"]):
                raise Refusal(400, f"ip: {server['ip']} for dns server not correct err: ParseAddr")
        if len(row["ntp_servers"]) > 5:
            raise Refusal(400, "please specify a maximum of five ntp servers")
        for server in row["ntp_servers"]:
            if not (_is_address(server["address"]) or DNS_NAME.fullmatch(server["address"])):
                raise Refusal(400, f"dns name: {server['address']} for ntp server not correct")

    def shown(self, row: Row) -> Row:
        # Go leaves empty lists of servers out.
        return super().shown({name: value for name, value in row.items() if value or not name.endswith("_servers")})


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
