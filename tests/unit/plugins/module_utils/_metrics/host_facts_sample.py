"""What a host finds, as the modules that look for it give it."""

from __future__ import annotations

MEMBER = {"id": "1", "name": "server1-0123abcd", "addresses": ["198.51.100.11"], "learner": False, "started": True}
ETCD = {
    "running": True,
    "quorum": True,
    "cluster_id": "17",
    "member_id": "1",
    "leader_id": "1",
    "version": "3.6.7",
    "members": [MEMBER, {**MEMBER, "id": "2", "learner": True}, {**MEMBER, "id": "3", "started": False}],
    "alarms": ["NOSPACE on server2-0123abcd"],
}
NODE = {"name": "server1", "ready": "True", "schedulable": True, "version": "v1.35.4+k3s1"}
API = {"ready": True, "nodes": [NODE, {**NODE, "name": "server2", "ready": "Unknown", "schedulable": False}]}
UNIT = {"state": "active", "restarts": 4}
TIME = {
    "tracking": {"synchronised": True, "offset": -0.002, "stratum": 3},
    "sources": [
        {"name": "192.0.2.1", "state": "selected", "reach": 8},
        {"name": "192.0.2.2", "state": "falseticker", "reach": 8},
        {"name": "192.0.2.3", "state": "unusable", "reach": 0},
        {"name": "198.51.100.12", "state": "unusable", "reach": 8},
    ],
}
PACKAGES = {
    "packages": [{"name": "a", "security": True}, {"name": "b", "security": False}, {"name": "c", "security": False}],
    "lists_age": 300,
}
NEWEST = {
    "k3s": {
        "set": "20261129T010000Z",
        "bytes": 1000,
        "change": 0.25,
        "suspect": ["pods is 0"],
        "verified": {"age": 60, "level": 2},
        "rehearsal": {"age": 86400, "seconds": 12.5},
    }
}
# Of a key that is nowhere any more; it ends on the first day of 2036.
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBCTCBsaADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHRlc3QwHhcN
MjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAPMQ0wCwYDVQQDDAR0ZXN0MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEB18I5vD9YzS/MpRgeSrQwphq0PPOU4IO
Js7Q/tjh/nQkKrIPoFtIUwIAYsLDzz6/WWWz7U6WdcCsHFrq7TM7QjAKBggqhkjO
PQQDAgNHADBEAiBotlGHH5llWDVtUYW/iQnHzyutXTfwxjIGYE2x2o7CpQIgegI1
wEHDt4BiOAFJqFp96X8y/HZLXT2fvvVgweEB9Qo=
-----END CERTIFICATE-----
"""
DATABASE = {
    "database": "metal-db", "wrong": "", "interval": 180, "waits": "", "created_age": 500,
    "unanswered": "", "count": 480, "age": 100, "bytes": 5,
    "change": None, "suspect": "", "saved": "1970-01-01T00:16:40+00:00", "saved_age": 7200,
}  # fmt: skip
