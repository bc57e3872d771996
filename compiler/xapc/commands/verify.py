"""`xapc verify FILE...`."""

import json
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from xapc.commands.sign import add_keys, read_keys
from xapc.console import OK, STATUS_HELP, USER_ERROR, Parser, reason, refuse
from xapc.files import read_image

if TYPE_CHECKING:
    from xaprt.signature import PublicKey
    from xaprt.verify import Refusal, Report

_DESCRIPTION = """\
Prove from the bytes of an image, whoever made it, that it keeps section 1 of ABI.md: nothing but
allowed instructions, a stack bound within the manifest's, no address outside the image. What is
refused is told with its address, instruction, function, Python line and rule (docs/verify.md).
With --key the signature is checked first (docs/shipping.md).
"""

_EPILOG = f"""\
examples:
  xapc verify app.elf
  xapc verify apps.fit --key pub.pem --min-version 3
  xapc verify --json apps/*.elf | jq '.[] | select(.accepted | not)'

{STATUS_HELP}"""


def main(argv: Sequence[str]) -> int:
    parser = Parser("xapc verify", _DESCRIPTION, _EPILOG)
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="an image, or a bundle of several"
    )
    parser.add_argument(
        "--json", action="store_true", help="a JSON array on standard output, an object an image"
    )
    add_keys(parser)
    options = parser.parse_args(list(argv))
    if options.min_version and options.key is None:
        parser.error("--min-version needs --key")
    from xaprt.signature import SignatureError

    try:
        keys = read_keys(options.key)
    except OSError as problem:
        return refuse("xapc verify", reason(problem))
    except SignatureError as problem:
        return refuse("xapc verify", str(problem))
    status = OK
    told: list[dict[str, object]] = []
    for path in options.files:
        try:
            data = read_image(path)
        except OSError as problem:
            status = refuse("xapc verify", reason(problem))
            unread = {"file": str(path), "accepted": False, "rule": "file"}
            told.append({**unread, "detail": reason(problem)})
            continue
        found = _verified(path, data, keys, options.min_version, quiet=options.json)
        told += found
        if not all(each["accepted"] for each in found):
            status = USER_ERROR
    if options.json:
        print(json.dumps(told, indent=2))
    return status


def _verified(
    path: Path,
    data: bytes,
    keys: "Collection[PublicKey] | None",
    minimum_version: int,
    *,
    quiet: bool,
) -> list[dict[str, object]]:
    """One object for each image of the file, or for what is wrong with the whole of it; also
    told as text, unless `quiet`."""
    from xaprt.fit import FitError
    from xaprt.signature import SignatureError

    from xapc.inspection.machine import as_proof

    try:
        signed, images = _opened(data, keys, minimum_version)
    except (SignatureError, FitError) as problem:
        if not quiet:
            refuse("xapc verify", f"{path}: {problem}")
        rule = "signature" if isinstance(problem, SignatureError) else "bundle"
        return [{"file": str(path), "accepted": False, "rule": rule, "detail": str(problem)}]
    if signed and not quiet:
        print(f"{path}: signed by key {signed['key']}, security version {signed['version']}")
    made = []
    for app, image in images:
        proof = _proof(image)
        if not quiet:
            _tell(f"{path}: {app}" if app else str(path), image, proof)
        about = {"file": str(path), **({"app": app} if app else {}), **as_proof(proof)}
        made.append({**about, **({"signed": signed} if signed else {})})
    return made


def _opened(
    data: bytes, keys: "Collection[PublicKey] | None", minimum_version: int
) -> tuple[dict[str, object] | None, list[tuple[str | None, bytes]]]:
    """Who signed it, if that was asked, and its images; of a bundle with the names of the apps.

    Raises SignatureError before anything is parsed, FitError.
    """
    from xaprt.fit import is_fit, unpack
    from xaprt.signature import content, verify

    signed = None
    if keys is None:
        data = content(data)
    else:
        found = verify(data, keys, minimum_version)
        data, signed = found.content, {"key": found.key.id.hex(), "version": found.version}
    if is_fit(data):
        return signed, [(app.name, app.data) for app in unpack(data)]
    return signed, [(None, data)]


def _proof(data: bytes) -> "Report | Refusal":
    from xaprt.verify import Refusal, verify

    from xapc.inspection.facts import line_of

    try:
        return verify(data, line=partial(line_of, data))
    except Refusal as refusal:
        return refusal


def _tell(what: str, data: bytes, proof: "Report | Refusal") -> None:
    from xaprt.image import read
    from xaprt.verify import Refusal

    from xapc.inspection.text import as_proof

    if isinstance(proof, Refusal):
        refuse("xapc verify", f"{what}: {proof}")
        return
    print(f"{what}: proven")
    print(as_proof(proof, read(data).manifest), end="")
