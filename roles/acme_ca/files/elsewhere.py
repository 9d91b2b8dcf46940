"""Fails where the authority already runs on another host: two would keep books of their own about what was issued.

Arguments: the root that both are below, and URLs of the other hosts. Whoever gives no answer is taken to be away.
"""

from __future__ import annotations

import ssl
import sys
import urllib.request

SECONDS = 3


def answers(url: str, context: ssl.SSLContext) -> bool:
    """Tell whether one of ours is there; whoever has no certificate of the root is none."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=SECONDS, context=context) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    root, *urls = sys.argv[1:]
    context = ssl.create_default_context(cafile=root)
    # Python 3.13 would refuse roots that somebody has made by hand.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    running = [url for url in urls if answers(url, context)]
    if running:
        sys.exit(f"{running[0]} runs the authority: this host is no longer the one. Run the playbook bootstrap.")


if __name__ == "__main__":
    main()
