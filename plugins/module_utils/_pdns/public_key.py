# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public half of a private key in ISC form, as a DNSKEY record. openssl computes what is not written there."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import base64
import binascii
import functools
import subprocess
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import cryptokeys, signing_keys

SECONDS = 30
RSA = (8, 10)


class Curve(t.NamedTuple):
    """What stands before and behind a private key in DER, and how many octets both halves have."""

    before: bytes
    private: int
    behind: bytes
    public: int


CURVES = {
    13: Curve(bytes.fromhex("30310201010420"), 32, bytes.fromhex("a00a06082a8648ce3d030107"), 64),
    14: Curve(bytes.fromhex("303e0201010430"), 48, bytes.fromhex("a00706052b81040022"), 96),
    15: Curve(bytes.fromhex("302e020100300506032b657004220420"), 32, b"", 32),
    16: Curve(bytes.fromhex("3047020100300506032b6571043b0439"), 57, b"", 57),
}


@functools.cache
def dnskey(flags: int, content: str) -> str:
    """The record in the one form of `signing_keys.normal`."""
    fields = signing_keys.fields(content)
    try:
        algorithm = int(fields["Algorithm"])
        if algorithm in RSA:
            public = _rsa(_octets(fields["PublicExponent"]), _octets(fields["Modulus"]))
        else:
            public = _computed(CURVES[algorithm], base64.b64decode(fields["PrivateKey"], validate=True))
    except (KeyError, ValueError, binascii.Error):
        known = ", ".join(cryptokeys.NUMBERS.values())
        # The error itself may name a part of the key.
        raise signing_keys.BadSigningKeys(f"a key given is not in ISC form, or of none of {known}") from None
    return f"{flags} 3 {algorithm} {base64.b64encode(public).decode()}"


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True).lstrip(b"\0")


def _rsa(exponent: bytes, modulus: bytes) -> bytes:
    """RFC 3110, 2."""
    size = bytes([len(exponent)]) if len(exponent) < 256 else b"\0" + len(exponent).to_bytes(2, "big")
    return size + exponent + modulus


def _computed(curve: Curve, private: bytes) -> bytes:
    if len(private) > curve.private or not any(private):
        raise ValueError("no key of this curve")
    der = curve.before + private.rjust(curve.private, b"\0") + curve.behind
    command = ["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"]
    try:
        done = subprocess.run(command, input=der, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise signing_keys.BadSigningKeys(f"openssl, which tells the public key of a private one: {error}") from None
    if done.returncode:
        raise ValueError("refused")
    return done.stdout[-curve.public :]
