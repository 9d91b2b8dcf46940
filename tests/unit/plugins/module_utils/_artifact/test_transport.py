"""What is no URL is told before anything is asked."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.transport import Transport, Unreachable


@pytest.mark.parametrize("url", ["https://example.org:99999/v2/", "https://[::1/v2/"])
@pytest.mark.parametrize("read", ["read", "download"])
def test_what_is_no_url_is_told(tmp_path, url, read):
    arguments = [tmp_path / "target"] if read == "download" else []
    with pytest.raises(Unreachable, match="or its proxy is no URL"):
        getattr(Transport(tmp_path / "memory"), read)(url, *arguments)
    assert not list(tmp_path.iterdir())
