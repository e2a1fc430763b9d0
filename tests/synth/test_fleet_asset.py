"""The code of a fleet's functions: packages in one file, imported from it as Lambda does."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from aws_cdk import FileSystem

from chime_endpoints._function import asset
from chime_endpoints.fleet.infrastructure.provider import CODE

STAGED = asset.staged(CODE)


def test_its_zip_is_small(tmp_path: Path) -> None:
    """The limit is 80 KB, because every cold start loads it; zipped as cdk does."""
    with zipfile.ZipFile(tmp_path / "code.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in STAGED.iterdir():
            archive.write(path, path.name)
    assert (tmp_path / "code.zip").stat().st_size <= 80 * 1024


def test_it_contains_the_packages_and_an_entry_for_each_function() -> None:
    """The packages are in one file without compression, so that the whole is compressed at once."""
    assert {path.name for path in STAGED.iterdir()} == {"code.zip", "events.py", "worker.py"}
    with zipfile.ZipFile(STAGED / "code.zip") as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {name.partition("/")[0] for name in archive.namelist()} == set(CODE.packages)


@pytest.mark.parametrize("entry", ["events", "worker"])
def test_an_entry_is_imported_from_it_alone(entry: str) -> None:
    """As in Lambda, without CDK and without this repository."""
    script = (
        f"import sys, {entry} as m, chime_endpoints_fleet as f; assert callable(m.handler);"
        f"assert f.__file__.startswith({str(STAGED)!r}); assert 'aws_cdk' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(STAGED), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=STAGED)  # noqa: S603 - our own


def test_it_is_the_same_for_everyone() -> None:
    """Nothing depends on the time or the system."""
    asset.staged.cache_clear()
    asset.files.cache_clear()
    assert FileSystem.fingerprint(str(asset.staged(CODE))) == FileSystem.fingerprint(str(STAGED))
    (bundle,) = (content for name, content in asset.files(CODE).items() if name == "code.zip")
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        assert {info.create_system for info in archive.infolist()} == {3}
