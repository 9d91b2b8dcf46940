"""Tenants: metal-apiserver's pkg/repository/tenant.go and tenant-validation.go."""

from __future__ import annotations

from typing import Any

import metalstack.admin.v2.tenant_connect as admin
import metalstack.admin.v2.tenant_pb2 as admin_pb2
import metalstack.api.v2.tenant_connect as api
import metalstack.api.v2.tenant_pb2 as api_pb2
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.v2.masterdata import Masterdata
from fake.v2.parts import Own
from fake.v2.table import invalid

USER = "tests"  # whose the token is


class Tenants(Masterdata, api.TenantService):
    reading, writing, service = api_pb2, api_pb2, "TenantService"
    name, one, many, kind = "tenant", "tenant", "tenants", "Tenant"
    ref, key, flat = "login", "login", ("name", "description", "email", "avatar_url")
    applications = (api.TenantServiceASGIApplication,)

    def created(self, request: Any) -> Any:
        row = super().created(request)
        row.created_by = USER
        return row

    def validate_delete(self, row: Any) -> None:
        invalid("the personal tenant (default-tenant) cannot be deleted" if row.login == USER else None)
        if any(one.tenant == row.login for one in self.tables["project"].rows.values()):
            raise ConnectError(Code.FAILED_PRECONDITION, "there are still projects associated with this tenant")


class AllTenants(Own, admin.TenantService):
    """What an administrator may ask."""

    table = "tenant"
    applications = (admin.TenantServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        asked = request.query.login
        rows = [one for one in self.rows.values() if not asked or one.login == asked]
        return admin_pb2.TenantServiceListResponse(tenants=rows)

    async def create(self, request: Any, ctx: Any) -> Any:
        return admin_pb2.TenantServiceCreateResponse(tenant=self.tables[self.table].new(request))
