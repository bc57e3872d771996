"""`xapc build` serves from its cache what building again would give, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xapc import cache as caching
from xapc.cache import Cache, from_environment
from xapc.cli import main
from xapc.commands import build as building
from xapc.pipeline import build

APP = """\
from helpers import SCALE, scaled
from xap import App, u64

app = App("cached", version="1.0.0", uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e00aa")


@app.smc(0xC600_0001)
def handler(a: u64) -> u64:
    return scaled(a) + {added}
"""
HELPERS = """\
from deeper import BASE
from xap import u64

SCALE = 1


def scaled(a: u64) -> u64:
    return a * {factor} + BASE
"""
DEEPER = "from typing import Final\n\nBASE: Final = {base}\n"


class Project:
    """An app of three modules, and the real builds that it took."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.app = folder / "app.py"
        self.built = 0
        self.write()
        monkeypatch.setenv("XAP_CACHE", str(folder / "cache"))
        real = building.compiled

        def counted(*args, **kwargs):
            self.built += 1
            return real(*args, **kwargs)

        monkeypatch.setattr(building, "compiled", counted)

    def write(self, added: int = 1, factor: int = 2, base: int = 3) -> None:
        self.app.write_text(APP.format(added=added))
        helpers = HELPERS.format(factor=factor).replace("SCALE = 1\n", "SCALE: Final = 1\n")
        helpers = helpers.replace("from xap import", "from typing import Final\nfrom xap import")
        (self.folder / "helpers.py").write_text(helpers)
        (self.folder / "deeper.py").write_text(DEEPER.format(base=base))

    def build(self, *flags: str) -> bytes:
        out = self.folder / "out.elf"
        assert main(["build", str(self.app), "-o", str(out), *flags]) == 0
        return out.read_bytes()


@pytest.fixture
def project(tmp_path, monkeypatch):
    return Project(tmp_path, monkeypatch)


def test_an_unchanged_app_is_built_once(project):
    assert project.build() == project.build()
    assert project.built == 1


@pytest.mark.parametrize("change", [{"added": 7}, {"factor": 7}, {"base": 7}])
def test_every_module_counts(project, change):
    """The main one, what it imports, and what that imports."""
    before = project.build()
    project.write(**change)
    after = project.build()
    assert (project.built, after != before) == (2, True)
    assert after == build(project.app).elf


@pytest.mark.parametrize("flags", [["-O0"], ["--no-debug"], ["-O0", "--no-debug"]])
def test_flags_count(project, flags):
    assert project.build(*flags) != project.build()
    assert project.built == 2
    assert project.build(*flags) == project.build(*flags)
    assert project.built == 2


def test_the_name_of_the_file_counts(project):
    """It is in the debug information."""
    one = project.build()
    project.app = project.app.rename(project.folder / "other.py")
    assert project.build() != one


def test_the_folder_does_not_count(project, tmp_path):
    """Images are the same from any path."""
    one = project.build()
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("app.py", "helpers.py", "deeper.py"):
        (project.folder / name).rename(moved / name)
    project.app = moved / "app.py"
    assert project.build() == one
    assert project.built == 1


def test_the_tools_count(project, monkeypatch):
    """A compiler that was changed builds again."""
    project.build()
    monkeypatch.setattr(caching, "_tools", lambda: "another compiler")
    project.build()
    assert project.built == 2


def test_what_the_tools_are(tmp_path, monkeypatch):
    """All Python that a build runs, by content, and libraries by size and time."""
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    module = package / "inner" / "module.py"
    module.write_text("1")
    monkeypatch.setattr(caching, "_folder_of", lambda name: package)
    seen = [caching._tools()]
    module.write_text("2")
    seen.append(caching._tools())
    module.rename(package / "inner" / "renamed.py")
    seen.append(caching._tools())
    library = package / "library.so"
    library.write_bytes(b"1")
    seen.append(caching._tools())
    library.write_bytes(b"22")
    seen.append(caching._tools())
    assert len(set(seen)) == 5


def test_no_tool_is_forgotten(project):
    """Whatever a build imports that does not come with Python."""
    script = (
        "import sys; from pathlib import Path; from xapc.pipeline import build;"
        f"build(Path({str(project.app)!r})).elf;"
        "found = {name.partition('.')[0] for name, module in sys.modules.items()"
        " if getattr(module, '__spec__', None)};"
        "print(*(found - sys.stdlib_module_names - {'__main__', '__mp_main__'}))"
    )
    made = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    known = {"sitecustomize", "usercustomize", "_distutils_hack"}
    found = set(made.stdout.split()) - known
    assert {"llvmlite", "keystone"} <= found <= {*caching._PACKAGES}


def test_an_app_with_errors_is_never_served(project):
    project.build()
    project.app.write_text(APP.format(added="nothing"))
    assert main(["build", str(project.app)]) == 1
    (project.folder / "helpers.py").unlink()
    project.app.write_text(APP.format(added=1))
    assert main(["build", str(project.app)]) == 1


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0), xor=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_entry_is_none(project, at, xor, cut):
    good = project.build()
    (entry,) = (project.folder / "cache").iterdir()
    data = bytearray(entry.read_bytes())
    if cut:
        del data[at % len(data) :]
    else:
        data[at % len(data)] ^= xor
    entry.write_bytes(data)
    assert project.build() == good


def test_a_cache_that_cannot_be_used_is_none(project, monkeypatch):
    (project.folder / "cache").write_text("a file")
    assert project.build() == project.build()
    assert project.built == 2
    monkeypatch.setenv("XAP_CACHE", "off")
    assert from_environment() is None


def test_where_it_is(monkeypatch):
    monkeypatch.delenv("XAP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert from_environment()._folder == Path("/xdg/xap")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/somewhere")
    assert from_environment()._folder == Path("/somewhere/.cache/xap")
    monkeypatch.delenv("HOME")
    assert from_environment() is None


def test_old_entries_go(tmp_path, monkeypatch):
    monkeypatch.setattr(caching, "_KEPT", 3)
    cache = Cache(tmp_path / "cache")
    for number in range(6):
        cache.keep({Path(f"{number}.py"): "digest"}, [], b"image")
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_a_file_that_changes_during_the_build_is_not_taken_for_what_it_was(project, monkeypatch):
    """The digests are of what the build has read."""
    real = building.compiled

    def slow(path, **options):
        made = real(path, **options)
        project.write(factor=9)
        return made

    monkeypatch.setattr(building, "compiled", slow)
    stale = project.build()
    monkeypatch.setattr(building, "compiled", real)
    assert project.build() != stale
