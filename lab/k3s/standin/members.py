"""What the server whose etcd leads does for the cluster: learners become voters, deleted nodes leave etcd."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import nodes
from .api import UNREACHABLE, ApiError, Client
from .etcd import Gateway, Member
from .nodes import Node

STALLED = 300.0  # seconds after which a learner that was never promoted is dropped, so that others can join
HEALTH_TIMEOUT = 2.0


class Members:
    def __init__(self, api: Client, etcd: Gateway, tls: Path) -> None:
        self._api, self._etcd, self._tls = api, etcd, tls / "etcd"
        self._learners: dict[str, float] = {}
        self._pool = ThreadPoolExecutor(max_workers=8)

    def leads(self) -> bool:
        status = self._etcd.status()
        return status.get("leader") == status["header"]["member_id"]

    def tick(self, all_nodes: list[Node]) -> None:
        members = self._etcd.members()
        for learner in self._stalled_after_promotion([m for m in members if m.learner]):
            logging.warning("Removed learner %s from etcd cluster", learner.name)
            self._etcd.remove(learner)
        answers = self._pool.map(self._answers, members)
        healthy = {member.name for member, answered in zip(members, answers, strict=True) if answered}
        for node in all_nodes:
            if node["metadata"].get("deletionTimestamp"):
                self._finalize(node, members)
                continue
            present = node["metadata"].get("finalizers", [])
            if not set(nodes.FINALIZERS) <= set(present):
                nodes.patch(self._api, node, finalizers=sorted({*present, *nodes.FINALIZERS}))
            if nodes.ETCD_ROLE in nodes.labels_of(node):
                self._annotated_removal(node, members)
                nodes.set_condition(self._api, node, nodes.state_of(node, members, healthy))

    def _stalled_after_promotion(self, learners: list[Member]) -> list[Member]:
        """Promote who can be; the rest waits, but not for ever."""
        waiting = {}
        for learner in learners:
            try:
                if learner.name:  # it serves
                    self._etcd.promote(learner)
                    logging.info("Promoted learner %s", learner.name)
                    continue
            except ApiError as error:
                logging.debug("Unable to promote learner %s: %s", learner.name, error)
            waiting[learner.id] = self._learners.get(learner.id, time.monotonic())
        self._learners = waiting
        return [m for m in learners if time.monotonic() - waiting.get(m.id, time.monotonic()) > STALLED]

    def _answers(self, member: Member) -> bool:
        if not member.name:
            return False
        peer = Client(member.peer, self._tls / "peer-ca.crt", self._tls / "peer-server-client", timeout=HEALTH_TIMEOUT)
        try:
            peer.get("/version")
        except (*UNREACHABLE, ApiError):
            return False
        return True

    def _remove(self, node: Node, members: list[Member]) -> bool:
        """Take the node's member out; false where this server has to give the lead away first."""
        name, address = (nodes.annotations_of(node).get(key) for key in (nodes.NAME, nodes.ADDRESS))
        member = next((m for m in members if (m.name, m.address) == (name, address)), None)
        if member is None:
            return True
        if member.id == self._etcd.status()["header"]["member_id"]:
            others = [m for m in members if not m.learner and m.id != member.id]
            if others:
                self._etcd.hand_over(others[0])
            return False
        logging.info("Removing name=%s id=%s address=%s from etcd", member.name, member.id, member.address)
        self._etcd.remove(member)
        return True

    def _finalize(self, node: Node, members: list[Member]) -> None:
        present = node["metadata"].get("finalizers", [])
        if not set(present) & set(nodes.FINALIZERS):
            return
        removed_before = nodes.REMOVED in nodes.annotations_of(node)
        if nodes.ETCD_ROLE in nodes.labels_of(node) and not removed_before and not self._remove(node, members):
            return
        nodes.forget_password(self._api, node["metadata"]["name"])
        nodes.patch(self._api, node, finalizers=[f for f in present if f not in nodes.FINALIZERS])

    def _annotated_removal(self, node: Node, members: list[Member]) -> None:
        present = nodes.annotations_of(node)
        if nodes.REMOVE not in present:
            return
        name = present.get(nodes.NAME)
        if nodes.REMOVED in present:
            if name and present[nodes.REMOVED] != name:
                nodes.patch(self._api, node, annotations={nodes.REMOVED: None, nodes.REMOVE: None})
        elif name and present[nodes.REMOVE].lower() == "true" and self._remove(node, members):
            nodes.patch(
                self._api, node,
                annotations={nodes.REMOVED: name, nodes.REMOVE: None, nodes.NAME: None, nodes.ADDRESS: None},
            )  # fmt: skip
