"""The largest files that are read at all: memory stays below 256 MiB, work is bounded."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from xaprt import elf
from xaprt.debug.bounded import Calls
from xaprt.fit import MAX_BYTES, Packed, pack
from xaprt.image import MAX_NOTE_BYTES, MAX_PROGRAM_HEADERS, ImageError, read
from xaprt.signature import TRAILER_BYTES, sign
from xaprt.verify import Refusal, verify

from benchmarks.verify_worst import made_of
from tests.fuzz.meter import MOST_KIB, Meter
from tests.fuzz.targets import load
from tests.fuzz.targets.signature import KEYS
from tests.verify.images import EXIT, image

_VERIFY = """
import sys
from pathlib import Path
from xapc.cli import main
status = main(["verify", *sys.argv[1:]])
peak = next(line for line in Path("/proc/self/status").open() if line.startswith("VmHWM:"))
print(status, peak.split()[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured with Linux's /proc")
def test_the_largest_signed_bundle(tmp_path: Path) -> None:
    """Signature, tree, hash, app: of the whole process, with the file itself."""
    app = image(EXIT)
    room = MAX_BYTES - TRAILER_BYTES - len(app) - 2000
    data = sign(pack([Packed("one", "one", app + bytes(room // 4 * 4))]), KEYS[0], 1)
    assert MAX_BYTES - 2000 < len(data) <= MAX_BYTES
    (tmp_path / "apps.fit").write_bytes(data)
    key = Ed25519PublicKey.from_public_bytes(KEYS[0].public.raw)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    command = [sys.executable, "-c", _VERIFY, "apps.fit", "--key", "key.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    status, kib = map(int, done.stdout.splitlines()[-1].split())
    assert (status, done.stderr) == (0, "")
    assert MAX_BYTES >> 10 < kib < MOST_KIB


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured with Linux's /proc")
@pytest.mark.parametrize("family", ["shared_system_calls", "slots_and_branches"])
def test_a_text_that_took_too_much_memory(family: str) -> None:
    """435 MiB, and 325 MiB."""
    outcome = Meter(load("verifier")).execute(made_of(family, 1020))
    assert outcome.end == "Refusal effort"
    assert outcome.kib < MOST_KIB


def test_a_text_that_took_too_much_time() -> None:
    """7 s for 64 KiB: a second look was free of charge."""
    data = made_of("shared_odd", 64)
    with Calls(600_000).counted(), pytest.raises(Refusal, match="effort"):
        verify(data)


def test_as_many_notes_as_there_can_be() -> None:
    """Each of the largest number of headers has the same notes, the smallest that there are."""
    file = bytearray(image(EXIT))
    header = list(elf.EHDR.unpack_from(file))
    rows = [elf.PHDR.unpack_from(file, header[5] + n * elf.PHDR.size) for n in range(header[10])]
    notes = elf.NHDR.pack(0, 0, 1) * (MAX_NOTE_BYTES // elf.NHDR.size)
    row = (elf.PT_NOTE, elf.PF_R, len(file), 0, 0, len(notes), 0, 4)
    file += notes
    rows += [row] * (MAX_PROGRAM_HEADERS - len(rows))
    header[5], header[10] = len(file), len(rows)
    elf.EHDR.pack_into(file, 0, *header)
    data = bytes(file) + b"".join(elf.PHDR.pack(*each) for each in rows)
    with Calls(3_000_000).counted():
        assert read(data)
    more = data.replace(struct.pack("<QQ", len(notes), 0), struct.pack("<QQ", len(notes) + 24, 0))
    with pytest.raises(ImageError, match="the limit is 65536"):
        read(more)
