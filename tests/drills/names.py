"""Questions to name servers and to the API of PowerDNS, asked inside the lab's network.

Run as a program it reads one request in JSON from its standard input, so that no key stands on a command line, and
prints the answer in JSON.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TREE = Path(__file__).resolve().parents[2]
SECONDS = 3.0


def ask(what: str, **request: Any) -> Any:
    """Have it asked from the controller's end of the lab's network."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", "exec", "--", sys.executable, __file__],
        cwd=TREE,
        input=json.dumps({"what": what, **request}),
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def records(server: str, name: str, rtype: str = "A") -> Any:
    """Record data in order; the name of the error without an answer."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode

    query = dns.message.make_query(name, rtype)
    query.flags &= ~dns.flags.RD
    try:
        answer = dns.query.udp(query, server, timeout=SECONDS)
    except (OSError, dns.exception.DNSException) as error:
        return type(error).__name__
    if answer.rcode() != dns.rcode.NOERROR:
        return dns.rcode.to_text(answer.rcode())
    return sorted(str(one) for found in answer.answer for one in found)


def signers(server: str, zone: str, name: str) -> Any:
    """The keys of a zone, sorted, by which the addresses of a name are good; the name of the error if they are not."""
    import dns.dnssec
    import dns.exception
    import dns.message
    import dns.name
    import dns.query
    import dns.rdataclass
    import dns.rdatatype

    def found(owner: str, rtype: str) -> tuple[Any, Any]:
        query = dns.message.make_query(owner, rtype, want_dnssec=True)
        answer = dns.query.tcp(query, server, timeout=SECONDS)
        place = (answer.answer, dns.name.from_text(owner), dns.rdataclass.IN)
        return (
            answer.find_rrset(*place, dns.rdatatype.from_text(rtype)),
            answer.find_rrset(*place, dns.rdatatype.RRSIG, dns.rdatatype.from_text(rtype)),
        )

    try:
        keys, of_keys = found(zone, "DNSKEY")
        addresses, of_addresses = found(name, "A")
        trusted = {dns.name.from_text(zone): keys}
        dns.dnssec.validate(keys, of_keys, trusted)
        dns.dnssec.validate(addresses, of_addresses, trusted)
    except (OSError, KeyError, dns.exception.DNSException) as error:
        return type(error).__name__
    return sorted(str(key) for key in keys)


def transfer(server: str, zone: str, key: str = "", secret: str = "") -> str:
    """What a server says to someone who asks for a whole zone, with or without a key."""
    import dns.message
    import dns.tsigkeyring

    query = dns.message.make_query(zone, "AXFR")
    if key:
        query.use_tsig(dns.tsigkeyring.from_text({key: secret}), key, algorithm="hmac-sha256")
    return code(server, query.to_wire())


def update(server: str, zone: str, name: str, text: str, key: str = "", secret: str = "") -> str:
    """Set a TXT record by DNS UPDATE, with or without a key."""
    import dns.name
    import dns.tsigkeyring
    import dns.update

    ring = dns.tsigkeyring.from_text({key: secret}) if key else None
    message = dns.update.Update(
        zone, keyring=ring, keyname=dns.name.from_text(key) if key else None, keyalgorithm="hmac-sha256"
    )
    message.replace(name, 60, "TXT", f'"{text}"')
    return code(server, message.to_wire())


def code(server: str, query: bytes) -> str:
    """By the header alone: a refusal is not signed, which dnspython takes for no answer."""
    import dns.rcode

    with socket.create_connection((server, 53), SECONDS) as stream:
        stream.sendall(len(query).to_bytes(2, "big") + query)
        header = stream.makefile("rb").read(14)[2:]
    return dns.rcode.to_text(dns.rcode.Rcode(header[3] & 15))


def api(address: str, method: str, path: str, key: str, authority: str, body: Any = None, source: str = "") -> Any:
    """Status and answer of a request by TLS, trusting the site's authority alone; the name of the error without one."""
    trust = ssl.create_default_context(cadata=authority)
    try:
        with socket.create_connection((address, 8443), SECONDS, (source, 0) if source else None) as plain:
            connection = http.client.HTTPSConnection(address, 8443, timeout=20, context=trust)
            connection.sock = trust.wrap_socket(plain, server_hostname=address)
            payload = None if body is None else json.dumps(body)
            headers = {"X-API-Key": key, "Accept": "application/json"}
            connection.request(
                method, path if path.startswith("http") else f"/api/v1/servers/localhost{path}", payload, headers
            )
            response = connection.getresponse()
            content = response.read().decode()
    except OSError as error:
        return [0, type(error).__name__]
    return [response.status, json.loads(content) if content else None]


QUESTIONS: dict[str, Callable[..., Any]] = {
    "records": records,
    "signers": signers,
    "transfer": transfer,
    "update": update,
    "api": api,
}

if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(QUESTIONS[given.pop("what")](**given)))
