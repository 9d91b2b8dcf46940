"""Certificates for NTS, issued as a site issues them."""

from __future__ import annotations

import datetime
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority

DAY = datetime.timedelta(days=1)


class Authority:
    """The authority of a site; its certificate is in a file."""

    def __init__(self, directory: Path, name: str) -> None:
        self._issuer = certificate.authority(authority.generate(name))
        self.path = directory / f"{name}.crt"
        self.path.write_text(self._issuer.pem)

    def server(self, directory: Path, address: str, begins: datetime.timedelta = -DAY) -> tuple[str, str]:
        """Lines of chrony.conf that serve NTS at the address with a certificate that begins to be valid then."""
        subject = certificate.Subject((), (address,))
        now = datetime.datetime.now(datetime.UTC)
        text, key = certificate.issue(self._issuer, subject, 30 * DAY, now + begins)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "nts.crt").write_text(text)
        (directory / "nts.key").write_text(key)
        return f"ntsservercert {directory}/nts.crt", f"ntsserverkey {directory}/nts.key"

    def client(self) -> str:
        """The line of chrony.conf that trusts it."""
        return f"ntstrustedcerts {self.path}"
