"""Objects of API v2: lists that the server gives in pages, and who may read them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import store_v2
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import Forbidden, ServerFailed
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.project import PROJECT
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.tenant import TENANT

Request = dict[str, Any]


class Client:
    """Answers with these pages; after the last one with none, as a server that always names a next page."""

    def __init__(self, pages: list[Request]) -> None:
        self.pages = pages
        self.asked: list[Request] = []

    def read(self, package: str, service: str, method: str, request: Request) -> Request:
        self.asked.append(request)
        return self.pages[min(len(self.asked), len(self.pages)) - 1]


def page(*names: str, following: str | None = None) -> Request:
    answer: Request = {"tenants": [{"login": name, "name": name} for name in names]}
    return answer | ({"next_page": following} if following else {})


def test_all_pages_are_read() -> None:
    client = Client([page("a", "b", following="1"), page("c", following="2"), page("d")])
    assert list(store_v2.StoreV2(client, TENANT).objects()) == ["a", "b", "c", "d"]
    assert client.asked == [{}, {"query": {"paging": {"page": "1"}}}, {"query": {"paging": {"page": "2"}}}]


def test_an_empty_page_is_the_last_one() -> None:
    client = Client([page("a", following="1"), page(following="2")])
    assert list(store_v2.StoreV2(client, TENANT).objects()) == ["a"]
    assert len(client.asked) == 2


def test_there_is_an_end_to_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_v2, "MOST_PAGES", 3)
    client = Client([page("a", following="1")])
    with pytest.raises(ServerFailed, match="more than 3 pages"):
        store_v2.StoreV2(client, TENANT).objects()
    assert len(client.asked) == 3


class Members:
    """Lets nobody ask as an administrator."""

    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed

    def read(self, package: str, service: str, method: str, request: Request) -> Request:
        if package not in self.allowed:
            raise Forbidden(package)
        return {"projects": [{"uuid": package, "name": "shop", "tenant": "acme"}]}


@pytest.mark.parametrize(("allowed", "read"), [(("admin", "api"), "admin"), (("api",), "api")])
def test_who_is_no_administrator_reads_the_own(allowed: tuple[str, ...], read: str) -> None:
    assert list(store_v2.StoreV2(Members(*allowed), PROJECT).objects()) == [read]


def test_who_may_read_nothing_is_told() -> None:
    with pytest.raises(Forbidden):
        store_v2.StoreV2(Members(), PROJECT).objects()
