"""A file as a hypervisor takes it: signature dropped, bundle unpacked, each app proven and
admitted."""

from random import Random

from xaprt.admission import Loaded, LoadError, admit
from xaprt.fit import FitError, is_fit, unpack
from xaprt.image import read
from xaprt.rights import Rights
from xaprt.signature import SignatureError, opened
from xaprt.verify import Refusal, verify

from tests.fuzz.mutate import elf, fit
from tests.fuzz.targets.verifier import check

REFUSALS = (SignatureError, FitError, Refusal, LoadError)


def judge(data: bytes) -> None:
    data = opened(data, None)
    images = [app.data for app in unpack(data)] if is_fit(data) else [data]
    loaded: list[Loaded] = []
    for image in images:
        check(verify(image))
        manifest = read(image).manifest
        admit(manifest, Rights.asked_by(manifest), None, loaded)
        loaded.append((manifest, None))


def mutate(data: bytes, rng: Random) -> bytes:
    return (fit if is_fit(data) else elf).mutate(data, rng)
