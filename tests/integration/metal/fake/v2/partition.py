"""Partitions: metal-apiserver's pkg/repository/partition.go and partition-validation.go."""

from __future__ import annotations

import ipaddress
from typing import Any

import metalstack.admin.v2.partition_connect as admin
import metalstack.admin.v2.partition_pb2 as admin_pb2
import metalstack.api.v2.partition_connect as api
import metalstack.api.v2.partition_pb2 as api_pb2

from fake.v2 import capacity
from fake.v2.table import Table, copy, invalid


class Partitions(Table, admin.PartitionService, api.PartitionService):
    reading, writing, service = api_pb2, admin_pb2, "PartitionService"
    name, one, many = "partition", "partition", "partitions"
    applications = (admin.PartitionServiceASGIApplication, api.PartitionServiceASGIApplication)

    async def capacity(self, request: Any, ctx: Any) -> Any:
        return capacity.answer(request, self.tables["machine"].rows, self.tables["size_reservation"].rows.values())

    def validate_create(self, row: Any) -> None:
        self._validate(row, row.HasField("boot_configuration"))

    def validate_update(self, request: Any, row: Any) -> None:
        self._validate(request, request.HasField("boot_configuration"))

    def _validate(self, given: Any, boots: bool) -> None:
        if boots:
            for what, url in (
                ("imageurl", given.boot_configuration.image_url),
                ("kernelurl", given.boot_configuration.kernel_url),
            ):
                if status := self.world.head(url):
                    invalid(f"partition {what} of:{given.id} is not accessible under:{url} statuscode:{status}")
        if len(given.dns_servers) > 3:
            invalid("not more than 3 dnsservers must be specified")
        for server in given.dns_servers:
            ipaddress.ip_address(server.ip)
        if len(given.ntp_servers) > 5:
            invalid("not more than 5 ntpservers must be specified")

    def validate_delete(self, row: Any) -> None:
        errors = []
        for table, what in (
            ("machine", "machines"),
            ("network", "networks"),
            ("size_reservation", "size reservations"),
        ):
            if self.tables[table].in_partition(row.id):
                errors.append(f'there are still {what} in "{row.id}"')
        invalid("\n".join(errors))

    def change(self, request: Any, row: Any) -> None:
        copy(request, row, "boot_configuration", "description", "dns_servers", "ntp_servers")
        if len(request.mgmt_service_addresses) == 1:
            copy(request, row, "mgmt_service_addresses")

    def made(self, row: Any) -> None:
        del row.mgmt_service_addresses[1:]
        row.boot_configuration.SetInParent()
