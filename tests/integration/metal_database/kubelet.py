"""A stand-in of the kubelet and of the scheduler: it speaks to a real kube-apiserver, and has no containers.

A command that is run in a container of a pod runs on this machine, in a directory of Debian with the pod's volume
(containers.py). A port of a pod is one of this machine. Pods that read a volume are run the same way. All else, such as
starting what a pod says, it does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import threading
import urllib.parse
from typing import Any, Self

import hypercorn.asyncio
import hypercorn.config
from api import Server
from containers import Container
from kubernetes import client, config

PORT = 20250
NODE = "node"
_PROTOCOLS = ("v4.channel.k8s.io", "v5.channel.k8s.io")
_OUT, _ERR, _STATUS = b"\x01", b"\x02", b"\x03"
_PAUSE = 0.2
MISSING_IMAGE = "registry.example/missing:1"


class Kubelet:
    """pods: what the containers of each pod are. claims: what a pod that reads a claim sees."""

    def __init__(self, server: Server) -> None:
        self.pods: dict[str, Container] = {}
        self.claims: dict[str, Container] = {}
        self.commands: list[list[str]] = []
        self.specs: list[Any] = []
        # What a test does to what a command sends: cut it, or hold it back for ever.
        self.cut = self.hold = False
        self._logs: dict[str, str] = {}
        self._core = client.CoreV1Api(config.new_client_from_config(str(server.kubeconfig)))
        self._config = hypercorn.config.Config()
        self._config.bind = [f"127.0.0.1:{PORT}"]
        self._config.certfile, self._config.keyfile = str(server.certificate), str(server.key)
        self._config.errorlog, self._config.graceful_timeout = None, 0.2
        self._loop = asyncio.new_event_loop()
        # A connection that is broken off on purpose is none of what a test has to say.
        self._loop.set_exception_handler(lambda *_: None)
        self._stopped = asyncio.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._serve, self._run_readers)]

    def __enter__(self) -> Self:
        self._core.create_node({"metadata": {"name": NODE}})
        addresses = [{"type": "InternalIP", "address": "127.0.0.1"}]
        endpoints = {"kubeletEndpoint": {"Port": PORT}}
        self._core.patch_node_status(NODE, {"status": {"addresses": addresses, "daemonEndpoints": endpoints}})
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._threads[0].join(5)

    def reset(self) -> None:
        for one in (self.pods, self.claims, self._logs, self.commands, self.specs):
            one.clear()
        self.cut = self.hold = False

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(
            hypercorn.asyncio.serve(self._application, self._config, shutdown_trigger=self._stopped.wait)
        )

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        kind, _namespace, pod, *rest = scope["path"].strip("/").split("/")
        query = urllib.parse.parse_qs(scope["query_string"].decode())
        if scope["type"] == "http":
            log = self.log(pod, *rest)
            await send({"type": "http.response.start", "status": 404 if log is None else 200, "headers": []})
            await send({"type": "http.response.body", "body": (log or "").encode()})
            return
        await receive()
        protocol = next(one for one in scope["subprotocols"] if one in _PROTOCOLS)
        await send({"type": "websocket.accept", "subprotocol": protocol})
        with contextlib.suppress(Exception):
            if kind == "exec":
                await self._exec(self.container(pod, rest[0]), query["command"], send)
            else:
                await self._forward(pod, int(query["port"][0]), receive, send)
        await send({"type": "websocket.close", "code": 1000})

    def log(self, pod: str, _container: str) -> str | None:
        """What it has written; None where it is not known."""
        return self._logs.get(pod)

    def container(self, pod: str, _name: str) -> Container:
        """What a command of a container runs in; here all of a pod have the same."""
        return self.pods[pod]

    async def _exec(self, container: Container, command: list[str], send: Any) -> None:
        self.commands.append(command)

        async def told(channel: bytes, content: bytes) -> None:
            await send({"type": "websocket.send", "bytes": channel + content})

        if self.hold:
            await asyncio.sleep(30)
            return
        done = await asyncio.to_thread(_done, container, command)
        if self.cut:
            await told(_OUT, done.stdout[: len(done.stdout) // 2])
            return
        # In pieces, as a pipe gives them.
        for at in range(0, len(done.stdout), 1000):
            await told(_OUT, done.stdout[at : at + 1000])
        await told(_ERR, done.stderr)
        status: dict[str, Any] = {"metadata": {}, "status": "Success"}
        if done.returncode:
            cause = {"reason": "ExitCode", "message": str(done.returncode)}
            status = {"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [cause]}}
        await told(_STATUS, json.dumps(status).encode())

    async def _forward(self, pod: str, port: int, receive: Any, send: Any) -> None:
        """The data and the errors of one port, each after a message with its number."""
        for channel in (b"\x00", b"\x01"):
            await send({"type": "websocket.send", "bytes": channel + port.to_bytes(2, "little")})
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            said = f"failed to execute portforward in network namespace: dial tcp4 127.0.0.1:{port}: connection refused"
            await send({"type": "websocket.send", "bytes": b"\x01" + said.encode()})
            await receive()
            return

        async def back() -> None:
            while content := await reader.read(4096):
                await send({"type": "websocket.send", "bytes": b"\x00" + content})

        async def forth() -> None:
            while (message := await receive())["type"] == "websocket.receive":
                writer.write(message["bytes"][1:])
                await writer.drain()

        tasks = [asyncio.create_task(one()) for one in (back, forth)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()

    def _run_readers(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(Exception):
                for pod in self._core.list_pod_for_all_namespaces().items:
                    if pod.spec.containers[0].name == "reader" and pod.status.phase == "Pending":
                        self._run_reader(pod)
            threading.Event().wait(_PAUSE)

    def _run_reader(self, pod: Any) -> None:
        name, namespace = pod.metadata.name, pod.metadata.namespace
        self.specs.append(pod)
        if not pod.spec.node_name:
            target = {"metadata": {"name": name}, "target": {"kind": "Node", "name": NODE}}
            with contextlib.suppress(Exception):  # its answer is no Binding, which the client complains about
                self._core.create_namespaced_binding(namespace, target)
        one = pod.spec.containers[0]
        if one.image == MISSING_IMAGE:
            state = {"name": one.name, "image": one.image, "imageID": "", "ready": False, "restartCount": 0}
            waiting = {**state, "state": {"waiting": {"reason": "ErrImagePull"}}}
            self._core.patch_namespaced_pod_status(name, namespace, {"status": {"containerStatuses": [waiting]}})
            return
        claim = pod.spec.volumes[0].persistent_volume_claim.claim_name
        done = _done(self.claims[claim], one.command)
        self._logs[name] = (done.stdout + done.stderr).decode()
        phase = "Failed" if done.returncode else "Succeeded"
        self._core.patch_namespaced_pod_status(name, namespace, {"status": {"phase": phase}})


def _done(container: Container, command: list[str]) -> subprocess.CompletedProcess[bytes]:
    process = container.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output, errors)
