"""Numbers of machines: metal-apiserver's pkg/repository/partition.go."""

from __future__ import annotations

from typing import Any

import metalstack.admin.v2.partition_pb2 as admin_pb2
import metalstack.api.v2.machine_pb2 as machine_pb2

from fake import capacity

EVENT = "MACHINE_PROVISIONING_EVENT_TYPE_"
LIVELINESS = "MACHINE_LIVELINESS_"


def answer(request: Any, machines: Any, reservations: Any) -> Any:
    """To a request for the capacity."""
    names = {"id": "partition", "size": "size", "project": "project"}
    asked = {option: getattr(request, name) for name, option in names.items() if request.HasField(name)}
    reserved = [capacity.Reserved(one.size, list(one.partitions), one.project, one.amount) for one in reservations]
    counted = capacity.count(map(_machine, machines), reserved, asked)
    return admin_pb2.PartitionServiceCapacityResponse(
        partition_capacity=[
            admin_pb2.PartitionCapacity(
                partition=partition,
                machine_size_capacities=[
                    admin_pb2.MachineSizeCapacity(size=size, **counts) for size, counts in sizes.items()
                ],
            )
            for partition, sizes in counted.items()
        ]
    )


def _machine(row: Any) -> capacity.Counted:
    liveliness = machine_pb2.MachineLiveliness.Name(row.status.liveliness)
    event = machine_pb2.MachineProvisioningEventType.Name(row.recent_provisioning_events.events[0].event)
    return capacity.Counted(
        id=row.uuid,
        partition=row.partition.id,
        size=row.size.id,
        project=row.allocation.project,
        available=row.status.condition.state == machine_pb2.MACHINE_STATE_AVAILABLE,
        liveliness=liveliness.removeprefix(LIVELINESS).lower(),
        event=event.removeprefix(EVENT).lower(),
    )
