# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partitions: a failure domain with machines and switches."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, uses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
    Field,
    Kind,
    V1Api,
    V2Api,
    Wire,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

EMPTY_IS_UNCHANGED = "to API v2 an empty list means no change"
# Both servers: metal-api's DNSServers.Validate and NTPServers.Validate, metal-apiserver's partition-validation.go. The
# description of v2 would allow ten time servers.
DNS = (forms.at_most(3), forms.addresses)
NTP = (forms.at_most(5), forms.addresses_or_names)
ONE_ADDRESS = (forms.at_most(1, ": the servers keep the first only"),)


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    """Networks and reservations too, as metal-apiserver has it; metal-api looks at nothing."""
    return [
        *uses.MACHINES.of(client, version, ("partition_id", "partition.id"), ("partition", "partition.id"), name),
        *uses.NETWORKS.of(client, version, "partitionid", "partition", name),
        *uses.SIZE_RESERVATIONS.of(client, version, ("partitionid", "partitionids"), ("partition", "partitions"), name),
    ]


PARTITION = Kind(
    name="partition",
    plural="partitions",
    fields=(
        Field("name", v1=Wire("name"), v2="API v2 takes the id as the name of a partition: leave it out"),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field(
            "boot_configuration.image_url",
            v1=Wire("bootconfig.imageurl"),
            v2=Wire("boot_configuration.image_url"),
            required=(V1,),
            kept={V1: "the server looks whether something is there"},
        ),
        Field(
            "boot_configuration.kernel_url",
            v1=Wire("bootconfig.kernelurl"),
            v2=Wire("boot_configuration.kernel_url"),
            required=(V1,),
            kept={V1: "the server looks whether something is there"},
        ),
        Field(
            "boot_configuration.commandline",
            v1=Wire("bootconfig.commandline"),
            v2=Wire("boot_configuration.commandline"),
        ),
        Field(
            "dns_servers",
            v1=Wire("dns_servers", forms.objects("ip")),
            v2=Wire("dns_servers", forms.objects("ip")),
            kept={V2: EMPTY_IS_UNCHANGED},
            limits=dict.fromkeys(BOTH, DNS),
        ),
        Field(
            "ntp_servers",
            v1=Wire("ntp_servers", forms.objects("address")),
            v2=Wire("ntp_servers", forms.objects("address")),
            kept={V2: EMPTY_IS_UNCHANGED},
            limits=dict.fromkeys(BOTH, NTP),
        ),
        Field(
            "mgmt_service_addresses",
            v1=Wire("mgmtserviceaddress", forms.ONE),
            v2=Wire("mgmt_service_addresses", forms.ORDERED),
            kept={V2: EMPTY_IS_UNCHANGED},
            limits=dict.fromkeys(BOTH, ONE_ADDRESS),
        ),
    ),
    v1=V1Api(path="/v1/partition", always=("dns_servers", "ntp_servers")),
    v2=V2Api(service="partition", one="partition", many="partitions"),
    uses=used_by,
)
