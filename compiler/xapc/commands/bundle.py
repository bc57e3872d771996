"""`xapc bundle FILE... -o OUT`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xaprt.fit import MAX_APPS, MAX_BYTES, Packed, pack
from xaprt.grants import Grant, GrantError, read_grants, require_apps
from xaprt.manifest import Manifest

from xapc.console import OK, STATUS_HELP, Parser, reason, refuse
from xapc.files import read_image, write

_DESCRIPTION = """\
Put images into one file, a FIT that U-Boot's tools know, and optionally write the part of a device
tree that has Xen load them. What a hypervisor would refuse is refused here: an image that is not
proven, needs beyond the grants, two apps with one UUID, or with one route for the same guest.
Without --grants each app is taken to get what it asks for, and to serve every guest.
"""

_EPILOG = f"""\
examples:
  xapc bundle trng.elf console.elf -o apps.fit
  dumpimage -l apps.fit
  xapc bundle *.elf -o apps.fit --grants apps.toml --device-tree apps.dts --address 0x48000000

a file of grants, a table for each app:
  [trng]
  serves = [1, 2]                  domids of its guests
  call_smc = [0xC4000053]          function identifiers
  guest_memory = "read"            or "read-write"
  io = [{{ base = 0x09040000, size = 0x1000 }}]
  irqs = [40]
  timer = true
  required = true                  no boot without it

{STATUS_HELP}"""

_COMMAND = "xapc bundle"
_ADDRESS_BITS = 48


class _RefusedError(Exception):
    """One line for the user."""


@dataclass(frozen=True, slots=True)
class _Input:
    path: Path
    data: bytes
    manifest: Manifest


def main(argv: Sequence[str]) -> int:
    parser = _parser()
    options = parser.parse_args(list(argv))
    if options.device_tree is not None and (options.grants is None or options.address is None):
        parser.error("--device-tree needs --grants and --address")
    try:
        inputs = _read(options.files)
        grants = None if options.grants is None else _grants(options.grants, inputs)
        _admit(inputs, grants)
        addresses = _addresses(inputs, options.address)
        made = _pack(inputs, addresses)
        given = [*options.files, *filter(None, [options.grants])]
        _require_outputs(given, options.output, options.device_tree)
        if options.device_tree is not None and grants is not None and addresses is not None:
            write(options.device_tree, _tree(inputs, grants, addresses).encode("ascii"))
        write(options.output, made)
    except _RefusedError as problem:
        return refuse(_COMMAND, str(problem))
    except OSError as problem:
        return refuse(_COMMAND, reason(problem))
    _tell(options.output, made, inputs, addresses)
    return OK


def _parser() -> Parser:
    parser = Parser(_COMMAND, _DESCRIPTION, _EPILOG)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an image: an ELF file")
    parser.add_argument("-o", dest="output", type=Path, metavar="OUT", required=True)
    parser.add_argument(
        "--grants", type=Path, metavar="TOML", help="what the integrator lets each app have"
    )
    parser.add_argument(
        "--device-tree",
        type=Path,
        metavar="DTS",
        help="also write the nodes by which a dom0less Xen loads these images",
    )
    parser.add_argument(
        "--address",
        type=_address,
        metavar="N",
        help="where the boot loader puts the first image, the others following; a multiple of 4096",
    )
    return parser


def _address(text: str) -> int:
    value = int(text, 0)
    if value < 0 or value % 4096 or value >> _ADDRESS_BITS:
        raise ValueError
    return value


_address.__name__ = "address"  # argparse names it in its messages


# --- what goes in ----------------------------------------------------------------------------


def _read(paths: Sequence[Path]) -> list[_Input]:
    """Proven images. Raises OSError."""
    from xaprt.image import read
    from xaprt.verify import Refusal, verify

    if len(paths) > MAX_APPS:
        raise _RefusedError(f"{len(paths)} images; a bundle has at most {MAX_APPS}")
    inputs = []
    for path in paths:
        data = read_image(path)
        try:
            verify(data)
        except Refusal as refusal:
            hint = " (xapc build makes one)" if path.suffix == ".py" else ""
            raise _RefusedError(f"{path}: {refusal}{hint}") from None
        inputs.append(_Input(path, data, read(data).manifest))
    return inputs


def _grants(path: Path, inputs: Sequence[_Input]) -> Mapping[str, Grant]:
    try:
        with path.open("rb") as stream:
            grants = read_grants(stream.read(MAX_BYTES))
        require_apps(grants, (each.manifest.name for each in inputs))
    except GrantError as problem:
        raise _RefusedError(f"{path}: {problem}") from None
    for each in inputs:
        if not grants.get(each.manifest.name, Grant()).serves:
            name = each.manifest.name
            raise _RefusedError(f"{path}: [{name}] serves no guest; say which: serves = [1]")
    return grants


def _admit(inputs: Sequence[_Input], grants: Mapping[str, Grant] | None) -> None:
    """What each app may be refused for beside those before it (ABI.md 4.1, 4.2)."""
    from xaprt.admission import Loaded, LoadError, admit

    loaded: list[Loaded] = []
    paths: dict[str, Path] = {}
    for each in inputs:
        manifest = each.manifest
        grant = Grant.all_asked_by(manifest) if grants is None else grants[manifest.name]
        try:
            admit(manifest, grant.rights, grant.serves, loaded)
        except LoadError as problem:
            raise _RefusedError(f"{each.path}: {problem}") from None
        if manifest.name in paths:
            both = f"{paths[manifest.name]} and {each.path}"
            raise _RefusedError(f"{both}: both apps are called '{manifest.name}'")
        paths[manifest.name] = each.path
        loaded.append((manifest, grant.serves))


# --- what comes out --------------------------------------------------------------------------


def _pack(inputs: Sequence[_Input], addresses: Sequence[int] | None) -> bytes:
    places: Sequence[int | None] = addresses or [None] * len(inputs)
    packed = [
        Packed(
            each.manifest.name,
            f"{each.manifest.name} {'.'.join(map(str, each.manifest.app_version))}",
            each.data,
            place,
        )
        for each, place in zip(inputs, places, strict=True)
    ]
    made = pack(packed, _timestamp())
    if len(made) > MAX_BYTES:
        raise _RefusedError(f"the bundle would have {len(made)} bytes, more than {MAX_BYTES}")
    return made


def _timestamp() -> int:
    """0 for reproducible bytes, or what https://reproducible-builds.org has for it."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "0")
    if not text.isascii() or not text.isdigit() or int(text) >> 32:
        raise _RefusedError(f"SOURCE_DATE_EPOCH={text} is not in 0..{(1 << 32) - 1}")
    return int(text)


def _addresses(inputs: Sequence[_Input], first: int | None) -> list[int] | None:
    from xaprt.dom0less import addresses

    if first is None:
        return None
    found = addresses(first, [len(each.data) for each in inputs])
    if found[-1] + len(inputs[-1].data) > 1 << _ADDRESS_BITS:
        raise _RefusedError(f"--address {first:#x}: the images reach beyond {_ADDRESS_BITS} bits")
    return found


def _tree(inputs: Sequence[_Input], grants: Mapping[str, Grant], addresses: Sequence[int]) -> str:
    from xaprt.dom0less import Module, fragment

    return fragment(
        [
            Module(each.manifest.name, address, len(each.data), grants[each.manifest.name])
            for each, address in zip(inputs, addresses, strict=True)
        ]
    )


def _require_outputs(inputs: Sequence[Path], *outputs: Path | None) -> None:
    """No output replaces what was read, nor another output."""
    taken = [path.resolve() for path in inputs]
    for output in filter(None, outputs):
        if output.resolve() in taken:
            raise _RefusedError(f"{output}: is another file of this command")
        taken.append(output.resolve())


def _tell(
    output: Path, made: bytes, inputs: Sequence[_Input], addresses: Sequence[int] | None
) -> None:
    count = f"{len(inputs)} app{'' if len(inputs) == 1 else 's'}"
    print(f"{output}: {count}, {len(made)} bytes")
    for number, each in enumerate(inputs):
        place = "" if addresses is None else f" at {addresses[number]:#x}"
        print(f"  {each.manifest.name:<12} {len(each.data)} bytes{place}")
