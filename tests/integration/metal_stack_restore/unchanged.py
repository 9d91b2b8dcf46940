"""What a refusal leaves as it was."""

from __future__ import annotations

from one_site import Site
from pods import NAMESPACE


def everything(site: Site) -> list[str]:
    """All that is in the bucket."""
    return [f"{one.key} {one.id}" for one in site.storage.store(site.bucket).versions("")]


def pods(site: Site) -> list[str]:
    return [one["metadata"]["uid"] for one in site.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/pods")["items"]]


def refused(site: Site, intents: str | dict[str, str], **entry: object) -> str:
    """What is said of it; nothing has changed, neither in the cluster nor in the bucket."""
    before = everything(site), pods(site)
    said = site.play(intents, fails=True, **entry).output
    assert (everything(site), pods(site)) == before
    return said
