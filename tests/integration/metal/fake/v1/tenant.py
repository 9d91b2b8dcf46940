"""Tenants: metal-api's tenant-service.go and masterdata-api's pkg/service/tenant.go."""

from __future__ import annotations

from fake.v1.masterdata import Masterdata
from fake.v1.table import Refusal, Row


class Tenants(Masterdata):
    path, model, name, kind = "/v1/tenant", "V1Tenant", "tenant", "Tenant"
    fields = {"id": "meta.id", "name": "name"}  # noqa: RUF012
    stored_fields = ("name", "description", "quotas", "default_quotas", "iam_config")

    def removable(self, row: Row) -> None:
        if any(one["tenant_id"] == row["meta"]["id"] for one in self.tables["project"].rows.values()):
            raise Refusal(422, "there are still projects allocated by this tenant")
