"""Projects: metal-api's project-service.go and masterdata-api's pkg/service/project.go."""

from __future__ import annotations

from typing import Any

from fake.v1.masterdata import Masterdata
from fake.v1.table import Refusal, Row


class Projects(Masterdata):
    path, model, name, kind = "/v1/project", "V1Project", "project", "Project"
    fields = {"id": "meta.id", "name": "name", "description": "description", "tenant_id": "tenant_id"}  # noqa: RUF012
    stored_fields = ("name", "description", "tenant_id", "quotas")

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        status, answer = super().handle(method, rest, query, body)
        if method == "GET" and rest:
            quotas = answer.get("quotas", {})
            used = {key: {"used": 0, **quotas.get(key, {})} for key in ("machine", "ip")}
            answer = {**answer, "quotas": {**quotas, **used}}
        return status, answer

    def make(self, body: Row) -> Row:
        if not body.get("tenant_id"):
            raise Refusal(400, "no tenant given")
        tenant = self.tables["tenant"].rows.get(body["tenant_id"])
        if tenant is None:
            raise Refusal(404, f"unable to find tenant:{body['tenant_id']} for project")
        row = super().make(body)
        if tenant.get("default_quotas") and "quotas" not in row:
            row["quotas"] = tenant["default_quotas"]
        most = tenant.get("quotas", {}).get("project", {}).get("quota")
        if most is not None and sum(one["tenant_id"] == row["tenant_id"] for one in self.rows.values()) >= most:
            raise Refusal(422, f"unable to create project, project quota:{most} for tenant:{row['tenant_id']} reached.")
        return row

    def allowed(self, row: Row, there: Row) -> None:
        if row.get("tenant_id") != there["tenant_id"]:
            raise Refusal(422, f"update tenant of project:{row['meta']['id']} is not allowed")

    def removable(self, row: Row) -> None:
        name = row["meta"]["id"]
        for table, asked, what in (
            ("machine", "allocation_project", "machines allocated"),
            ("network", "projectid", "networks allocated"),
            ("ip", "projectid", "ips allocated"),
            ("size_reservation", "projectid", "size reservations made"),
        ):
            if self.tables[table].search({asked: name}):
                raise Refusal(400, f"there are still {what} by this project")
