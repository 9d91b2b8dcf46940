"""Gives etcd's leadership to another voter before this server stops, so that the others need no election.

systemd runs it when k3s.service stops. It never stands in the way: whatever happens, it ends within seconds.
"""

import json
import ssl
import sys
import urllib.request

GATEWAY = "https://127.0.0.1:2382/v3"
TLS = "/var/lib/rancher/k3s/server/tls/etcd"
SECONDS = 2.0


def successors(status, members):
    """IDs of the started voters that can take over from this member; none if it does not lead."""
    own = status["header"]["member_id"]
    if status.get("leader") != own:
        return []
    return [
        member["ID"]
        for member in members["members"]
        if member["ID"] != own and member.get("name") and not member.get("isLearner")
    ]


def ask(opener, path, body):
    request = urllib.request.Request(
        f"{GATEWAY}/{path}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with opener.open(request, timeout=SECONDS) as response:
        return json.load(response)


def main():
    try:
        context = ssl.create_default_context(cafile=f"{TLS}/server-ca.crt")
        context.load_cert_chain(f"{TLS}/client.crt", f"{TLS}/client.key")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        status = ask(opener, "maintenance/status", {})
        members = ask(opener, "cluster/member/list", {"linearizable": False})
    except (OSError, ValueError) as error:
        print(f"etcd keeps its leader: {error}")
        return 0
    for target in successors(status, members):
        try:
            ask(opener, "maintenance/transfer-leadership", {"targetID": target})
        except (OSError, ValueError) as error:
            print(f"etcd member {target} did not take over: {error}")
            continue
        print(f"etcd is led by member {target} now")
        break
    return 0


if __name__ == "__main__":
    sys.exit(main())
