"""The same source gives the same bytes: from any path, with any hash seed and locale."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = sorted(Path(__file__).resolve().parents[2].joinpath("samples").glob("*.py"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_an_image_does_not_tell_where_it_was_built(sample: Path, tmp_path: Path) -> None:
    images = []
    for number, folder in enumerate(("a", "b c/d")):
        place = tmp_path / folder
        place.mkdir(parents=True)
        shutil.copy(sample, place)
        # Once by a relative path, once by an absolute one.
        given = sample.name if number else str(place / sample.name)
        environment = {
            **os.environ,
            "PYTHONHASHSEED": str(number),
            "XAP_CACHE": "off",
            "LC_ALL": ("C", "C.UTF-8")[number],
        }
        command = [sys.executable, "-m", "xapc", "build", given, "-o", "app.elf"]
        subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)
        images.append(place.joinpath("app.elf").read_bytes())
    assert images[0] == images[1]
    assert str(tmp_path).encode() not in images[0]
