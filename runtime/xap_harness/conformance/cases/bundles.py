"""Bundles, apps that are required, and signatures (ABI.md 6.1, 6.2)."""

from base64 import b64encode
from collections.abc import Callable, Iterator

from xaprt.fit import Packed, pack
from xaprt.signature import PrivateKey, read_private_key, sign

from xap_harness.conformance.images import DIE, DONE, FID, TIMER, probe, smc_route
from xap_harness.conformance.judge import accepted, answered, equal, refused, that, unclaimed
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.proxy import ZERO
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import Ability, Grant

_NAMES = ("first", "second", "third")
_DIES = probe(DIE, whole=True, name="bad", routes=())


def _answers(name: str, number: int) -> bytes:
    return probe(f"mov x1, #{number};" + ZERO + DONE, name=name, routes=(smc_route(FID + number),))


def _fit(**images: bytes) -> bytes:
    return pack([Packed(name, "", image) for name, image in images.items()])


# --- bundles --------------------------------------------------------------------------------------


@case("6.1", "the emulated loader also takes a FIT of several", needs=Ability.BUNDLE)
def several(plan: Plan) -> Iterator[None]:
    bundle = plan.bundle(_fit(**{name: _answers(name, n) for n, name in enumerate(_NAMES)}))
    replies = [plan.smc(FID + n) for n in range(3)]
    yield
    accepted(bundle.verdict)
    for n, reply in enumerate(replies):
        answered(reply, n)


@case("6.1", "an app of a FIT that is refused is reported, and the others are loaded",
      needs=Ability.BUNDLE)  # fmt: skip
def others_of_it(plan: Plan) -> Iterator[None]:
    bundle = plan.bundle(_fit(bad=_DIES, first=_answers("first", 1)))
    reply = plan.smc(FID + 1)
    yield
    refused(bundle.verdict, "bad")
    that(any("bad" in line for line in plan.observed.boot), "the console does not name it")
    answered(reply, 1)


@case("6.1", "two apps of a FIT that take the same call: both are named, the first is loaded",
      needs=Ability.BUNDLE)  # fmt: skip
def rivals(plan: Plan) -> Iterator[None]:
    bundle = plan.bundle(_fit(first=_answers("first", 1), second=_answers("second", 1)))
    reply = plan.smc(FID + 1)
    yield
    refused(bundle.verdict, "first", "second")
    answered(reply, 1)


@each("6.1", "a file that is no whole FIT loads nothing: {}",
      {"cut": slice(0, 200), "its structure cut": slice(0, -1)}, needs=Ability.BUNDLE)  # fmt: skip
def no_fit(plan: Plan, part: slice) -> Iterator[None]:
    bundle = plan.bundle(_fit(first=_answers("first", 1))[part])
    good = plan.app(_answers("second", 2))
    replies = [plan.smc(FID + 1), plan.smc(FID + 2)]
    yield
    refused(bundle.verdict)
    accepted(good.verdict)
    unclaimed(replies[0])
    answered(replies[1], 2)


# --- required -------------------------------------------------------------------------------------


@each("6.1", "boot goes on unless the node says `required`: {}",
      {"an INIT that fails": _DIES, "no image": b"no image"})  # fmt: skip
def required(plan: Plan, image: bytes) -> Iterator[None]:
    first = plan.app(_answers("first", 1))
    bad = plan.app(image, required=True)
    plan.app(_answers("second", 2))
    plan.smc(FID + 1)
    yield
    accepted(first.verdict)
    refused(bad.verdict)
    that(not plan.observed.booted, "guests run without it")
    equal(len(plan.observed.verdicts), 2, "modules that were looked at")


@case("6.1", "an app that is `required`, and whose needs are not granted, ends boot")
def required_needs(plan: Plan) -> Iterator[None]:
    plan.app(probe(DONE, needs=(TIMER,)), grant=Grant(), required=True)
    plan.smc(FID)
    yield
    that(not plan.observed.booted, "guests run without it")


@case("6.1", "an app that is `required`, and is loaded, is as any other")
def required_good(plan: Plan) -> Iterator[None]:
    app = plan.app(_answers("first", 1), required=True, serves=(1,))
    replies = [plan.smc(FID + 1, domid=domid) for domid in (1, 2)]
    yield
    that(plan.observed.booted, "no guest runs")
    accepted(app.verdict)
    answered(replies[0], 1)
    unclaimed(replies[1])


# --- signatures -----------------------------------------------------------------------------------


def _key(number: int) -> PrivateKey:
    """RFC 8410, section 7."""
    der = bytes.fromhex("302e020100300506032b657004220420") + bytes([number]) * 32
    pem = b"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
    return read_private_key(pem % b64encode(der))


@case("6.2", "signatures are verified: what a key of the integrator's signed is loaded",
      needs=Ability.SIGNATURES)  # fmt: skip
def signed(plan: Plan) -> Iterator[None]:
    plan.trust(_key(1).public.raw, _key(2).public.raw)
    apps = [plan.app(sign(_answers(_NAMES[n], n), _key(n))) for n in (1, 2)]
    replies = [plan.smc(FID + n) for n in (1, 2)]
    yield
    for app in apps:
        accepted(app.verdict)
    for n, reply in enumerate(replies, 1):
        answered(reply, n)


def _flipped(image: bytes, at: int) -> bytes:
    return image[:at] + bytes([image[at] ^ 1]) + image[at + 1 :]


@each("6.2", "signatures are verified: {} is refused",
      {
          "no signature": lambda image: image,
          "another key's": lambda image: sign(image, _key(3)),
          "a byte of the text that was changed": lambda i: _flipped(sign(i, _key(1)), 0x1000),
          "a byte of the ELF header that was changed": lambda i: _flipped(sign(i, _key(1)), 4),
          "a byte of the signature that was changed": lambda i: _flipped(sign(i, _key(1)), -1),
          "a byte behind the signature": lambda i: sign(i, _key(1)) + b"\0",
          "another image's signature": lambda i: i + sign(_answers("other", 1), _key(1))[-96:],
          "a version that is too old": lambda i: sign(i, _key(1), 2),
          "a version that was changed": lambda i: _flipped(sign(i, _key(1), 2), -84),
      }, needs=Ability.SIGNATURES)  # fmt: skip
def unsigned(plan: Plan, change: Callable[[bytes], bytes]) -> Iterator[None]:
    plan.trust(_key(1).public.raw, minimum_version=3)
    bad = plan.app(change(_answers("first", 1)))
    good = plan.app(sign(_answers("second", 2), _key(1), 3))
    replies = [plan.smc(FID + n) for n in (1, 2)]
    yield
    refused(bad.verdict)
    accepted(good.verdict)
    unclaimed(replies[0])
    answered(replies[1], 2)


@case("6.2", "a FIT that is signed is loaded, one that was changed is not",
      needs=Ability.SIGNATURES)  # fmt: skip
def signed_fit(plan: Plan) -> Iterator[None]:
    plan.trust(_key(1).public.raw)
    good = plan.bundle(sign(_fit(first=_answers("first", 1)), _key(1)))
    bad = plan.bundle(_flipped(sign(_fit(second=_answers("second", 2)), _key(1)), 0x800))
    replies = [plan.smc(FID + n) for n in (1, 2)]
    yield
    accepted(good.verdict)
    refused(bad.verdict)
    answered(replies[0], 1)
    unclaimed(replies[1])
