"""Switches: metal-apiserver's pkg/db/queries/switch.go. Nobody but metal-core makes one."""

from __future__ import annotations

from typing import Any

import metalstack.admin.v2.switch_connect as admin
import metalstack.admin.v2.switch_pb2 as admin_pb2

from fake.v2.dependents import Rows


class Switches(Rows, admin.SwitchService):
    applications = (admin.SwitchServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        query = request.query
        found = [
            one
            for one in self.rows
            if (not query.partition or one.partition == query.partition)
            and (not query.rack or one.rack == query.rack)
            and (not query.os.version or one.os.version == query.os.version)
            and (not query.connected_machine_id or query.connected_machine_id in _machines(one))
        ]
        return admin_pb2.SwitchServiceListResponse(switches=found)


def _machines(switch: Any) -> list[str]:
    return [one.machine_id for one in switch.machine_connections]
