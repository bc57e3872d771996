"""`xapc sign FILE --key KEY`, and the keys of `xapc verify`."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xapc.console import OK, STATUS_HELP, Parser, reason, refuse
from xapc.files import read_image, write

if TYPE_CHECKING:
    from xaprt.signature import PublicKey

_DESCRIPTION = """\
Sign an image or a bundle with an Ed25519 key: 96 bytes at its end, in place of a signature that
it has. Who loads it checks them before anything else of the file.
"""

_EPILOG = f"""\
examples:
  openssl genpkey -algorithm ed25519 -out key.pem       makes a key
  openssl pkey -in key.pem -pubout -out pub.pem         and what others check it by
  xapc sign app.elf --key key.pem
  xapc sign apps.fit --key key.pem --version 3          older ones can be refused
  xapc verify app.elf --key pub.pem

{STATUS_HELP}"""

_COMMAND = "xapc sign"


def main(argv: Sequence[str]) -> int:
    options = _parser().parse_args(list(argv))
    from xaprt.fit import MAX_BYTES
    from xaprt.signature import TRAILER_BYTES, SignatureError, read_pem, read_private_key, sign

    path: Path = options.file
    output: Path = options.output or path
    try:
        data = read_image(path)
        pem = read_pem(options.key)
    except OSError as problem:
        return refuse(_COMMAND, reason(problem))
    if len(data) > MAX_BYTES - TRAILER_BYTES:
        return refuse(_COMMAND, f"{path}: too large; a signed file has at most {MAX_BYTES} bytes")
    if not data.startswith(_MAGICS):
        return refuse(_COMMAND, f"{path}: neither an ELF nor a FIT")
    try:
        key = read_private_key(pem)
    except SignatureError as problem:
        return refuse(_COMMAND, f"{options.key}: {problem}")
    if output.resolve() == options.key.resolve():
        return refuse(_COMMAND, f"{output}: the output would replace the key")
    try:
        write(output, sign(data, key, options.version))
    except SignatureError as problem:
        return refuse(_COMMAND, str(problem))
    except OSError as problem:
        return refuse(_COMMAND, reason(problem))
    version = f"version {options.version}"
    print(f"{output}: signed by key {key.public.id.hex()}, security {version}")
    return OK


_MAGICS = (b"\x7fELF", b"\xd0\x0d\xfe\xed")


def _parser() -> Parser:
    parser = Parser(_COMMAND, _DESCRIPTION, _EPILOG)
    parser.add_argument("file", type=Path, metavar="FILE", help="an image or a bundle")
    parser.add_argument(
        "--key", type=Path, required=True, help="the private key: PEM, PKCS #8, not encrypted"
    )
    parser.add_argument(
        "--version",
        type=_version,
        default=0,
        metavar="N",
        help="image security version, 0 (default) to 4294967295: raise it when older files "
        "must no longer be loaded",
    )
    parser.add_argument(
        "-o", dest="output", type=Path, metavar="OUT", help="where to write (default: FILE)"
    )
    return parser


def _version(text: str) -> int:
    from xaprt.signature import MAX_VERSION

    if re.fullmatch(r"[0-9]{1,10}|0x[0-9a-fA-F]{1,8}", text):
        value = int(text, 16 if text.startswith("0x") else 10)
        if value <= MAX_VERSION:
            return value
    raise argparse.ArgumentTypeError(f"'{text}' is no number from 0 to {MAX_VERSION}")


# --- for other commands ----------------------------------------------------------------------


def add_keys(parser: Parser) -> None:
    """Options of a command that checks signatures: `key`, `min_version`."""
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        metavar="PUB",
        help="refuse what is not signed by this public key (PEM); more than one: by any of them",
    )
    parser.add_argument(
        "--min-version",
        type=_version,
        default=0,
        metavar="N",
        help="with --key: refuse files of an older security version",
    )


def read_keys(paths: Sequence[Path] | None) -> "list[PublicKey] | None":
    """The keys of `--key`, None where there is none. Raises OSError, SignatureError."""
    from xaprt.signature import SignatureError, read_pem, read_public_key

    if paths is None:
        return None
    keys = []
    for path in paths:
        pem = read_pem(path)
        try:
            keys.append(read_public_key(pem))
        except SignatureError as problem:
            raise SignatureError(f"{path}: {problem}") from None
    return keys
