"""The site, built once as `make docs` builds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built pages; a warning, such as a link that leads nowhere, ends the build."""
    to = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-nWq", "--keep-going", str(ROOT / "docs"), str(to)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return to
