"""Gives etcd's leadership to another voter, so that nobody needs an election when this server goes.

systemd runs it when k3s.service stops, and whoever wants this server not to lead may run it at any time. It never
stands in the way: whatever happens, it ends within seconds. With --settled it leaves a leadership alone that was not
there yet when it was called before.
"""

import json
import ssl
import sys
import urllib.request
from pathlib import Path

GATEWAY = "https://127.0.0.1:2382/v3"
TLS = "/var/lib/rancher/k3s/server/tls/etcd"
SECONDS = 2.0
PEER_SECONDS = 1.0
# The term in which this server was seen to lead; every change of the leader begins another one.
LED = Path("/run/k3s-led-term")


def successors(status, members):
    """Started voters that can take over from this member; none if it does not lead."""
    own = status["header"]["member_id"]
    if status.get("leader") != own:
        return []
    return [
        member
        for member in members["members"]
        if member["ID"] != own and member.get("name") and not member.get("isLearner")
    ]


def settled(status, path=LED):
    """Whether this server leads as it did at the call before. Whoever has just handed over may be about to stop."""
    header = status["header"]
    term = str(header.get("raft_term", "")) if status.get("leader") == header["member_id"] else ""
    before = path.read_text() if path.exists() else ""
    if term != before:
        path.write_text(term)
    return term != "" and term == before


def ask(opener, path, body):
    request = urllib.request.Request(
        f"{GATEWAY}/{path}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with opener.open(request, timeout=SECONDS) as response:
        return json.load(response)


def opener_with(authority, identity):
    context = ssl.create_default_context(cafile=f"{TLS}/{authority}.crt")
    # As Go does: an authority made by hand may lack what Python asks for from 3.13 on.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_cert_chain(f"{TLS}/{identity}.crt", f"{TLS}/{identity}.key")
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def answers(opener, member):
    """Whether a peer is alive: while leadership waits for one that is not, etcd takes no writes."""
    try:
        with opener.open(f"{member['peerURLs'][0]}/version", timeout=PEER_SECONDS):
            return True
    except OSError:
        return False


def main():
    try:
        opener = opener_with("server-ca", "client")
        peers = opener_with("peer-ca", "peer-server-client")
        status = ask(opener, "maintenance/status", {})
        members = ask(opener, "cluster/member/list", {"linearizable": False})
    except (OSError, ValueError) as error:
        print(f"etcd keeps its leader: {error}")
        return 0
    if sys.argv[1:] == ["--settled"] and not settled(status):
        return 0
    for target in successors(status, members):
        if not answers(peers, target):
            continue
        try:
            ask(opener, "maintenance/transfer-leadership", {"targetID": target["ID"]})
        except (OSError, ValueError) as error:
            print(f"etcd member {target['name']} did not take over: {error}")
            continue
        print(f"etcd is led by {target['name']} now")
        break
    return 0


if __name__ == "__main__":
    sys.exit(main())
