"""Projects: metal-apiserver's pkg/repository/project.go and project-validation.go."""

from __future__ import annotations

from typing import Any

import metalstack.admin.v2.project_connect as admin
import metalstack.admin.v2.project_pb2 as admin_pb2
import metalstack.api.v2.project_connect as api
import metalstack.api.v2.project_pb2 as api_pb2
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.v2.masterdata import Masterdata
from fake.v2.parts import Own


class Projects(Masterdata, api.ProjectService):
    reading, writing, service = api_pb2, api_pb2, "ProjectService"
    name, one, many, kind = "project", "project", "projects", "Project"
    ref, key, flat = "project", "uuid", ("name", "description", "avatar_url")
    applications = (api.ProjectServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        """Those in which the user takes part: what is theirs in this stand-in."""
        rows = [one for one in self.rows.values() if one.tenant == "mine"]
        return api_pb2.ProjectServiceListResponse(projects=rows)

    def created(self, request: Any) -> Any:
        row = super().created(request)
        row.tenant = request.login
        return row

    def validate_create(self, row: Any) -> None:
        if row.tenant not in self.tables["tenant"].rows:
            raise ConnectError(Code.NOT_FOUND, f"unable to find tenant:{row.tenant} for project")

    def validate_delete(self, row: Any) -> None:
        for table, what in (
            ("ip", "ips"),
            ("network", "networks"),
            ("machine", "machines"),
            ("size_reservation", "size reservations"),
        ):
            if self.tables[table].of_project(row.uuid):
                raise ConnectError(Code.FAILED_PRECONDITION, f"there are still {what} associated with this project")


class AllProjects(Own, admin.ProjectService):
    """What an administrator may ask."""

    table = "project"
    applications = (admin.ProjectServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        query = request.query
        rows = [one for one in self.rows.values() if not query.tenant or one.tenant == query.tenant]
        return admin_pb2.ProjectServiceListResponse(projects=rows)
