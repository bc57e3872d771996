"""Load a bundle: several apps on one hypervisor, as boot would (ABI.md 6.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xaprt.abi import RouteKind
from xaprt.admission import LoadError
from xaprt.fit import Packed, is_fit, unpack
from xaprt.grants import Grant, require_apps
from xaprt.image import ImageError
from xaprt.rights import Rights
from xaprt.verify import Refusal, verify

from xap_harness.api import App, place
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.device import Device
from xap_harness.hypervisor.firmware import Firmware, NoFirmware
from xap_harness.trust import Keys, read_trusted


@dataclass(frozen=True)
class Bundle:
    """The apps that were loaded, by name in the order of the bundle, and why others were not."""

    hypervisor: Hypervisor
    apps: Mapping[str, App]
    refused: Mapping[str, str]

    def app_for(self, kind: RouteKind, number: int) -> App | None:
        """The one that takes such requests of guests, by function id or address."""
        wanted = number & 0xFFFF_FFFF if kind in (RouteKind.SMC, RouteKind.HVC) else number
        for app in self.apps.values():
            for route in app.manifest.routes:
                if route.kind is kind and route.first <= wanted <= route.last:
                    return app
        return None


class RequiredError(Exception):
    """An app without which there is no boot was refused."""


def is_bundle(path: Path) -> bool:
    """By its first bytes. Raises OSError."""
    with path.open("rb") as stream:
        return is_fit(stream.read(4))


def load_bundle(
    path: str | Path,
    *,
    grants: Mapping[str, Grant] | None = None,
    firmware: Firmware | None = None,
    devices: Mapping[str, Device] | None = None,
    hypervisor: Hypervisor | None = None,
    keys: Keys | None = None,
    minimum_version: int = 0,
    prove: bool = True,
) -> Bundle:
    """Load the apps of a FIT in its order, on the emulator. Other arguments are as of `load`.

    `grants` (`xaprt.grants.read_grants` reads a file of them) are by the app's name; one that is
    not named gets nothing and serves nobody. None: all get what they ask for, and serve all.
    An app that is refused leaves the hypervisor as it was, is reported on the console, and the
    others are loaded, unless its grant says `required`.

    Raises OSError, SignatureError, FitError and GrantError before anything is loaded, and
    RequiredError.
    """
    packed = unpack(read_trusted(Path(path), keys, minimum_version))
    target = hypervisor or Hypervisor(firmware=firmware or NoFirmware())
    return load_packed(packed, target, grants, devices or {}, prove=prove)


def load_packed(
    packed: Sequence[Packed],
    target: Hypervisor,
    grants: Mapping[str, Grant] | None,
    devices: Mapping[str, Device],
    *,
    prove: bool,
) -> Bundle:
    """`load_bundle` of what is in memory. Raises GrantError, RequiredError."""
    if grants is not None:
        require_apps(grants, (app.name for app in packed))
    apps: dict[str, App] = {}
    refused: dict[str, str] = {}
    for each in packed:
        try:
            apps[each.name] = _load(target, each, grants, devices, prove=prove)
        except (ImageError, Refusal, LoadError) as problem:
            refused[each.name] = str(problem)
            target.console.print(f"xap: {each.name}: {problem}")
            if grants is not None and each.name in grants and grants[each.name].required:
                raise RequiredError(f"{each.name} is required: {problem}") from problem
    return Bundle(target, apps, refused)


def _load(
    target: Hypervisor,
    packed: Packed,
    grants: Mapping[str, Grant] | None,
    models: Mapping[str, Device],
    *,
    prove: bool,
) -> App:
    from xap_harness.emulator.backend import prepare_image

    manifest, make_engine = prepare_image(packed.data, target)
    if prove:
        verify(packed.data)
    if manifest.name != packed.name:
        raise ImageError(f"the image is app '{manifest.name}'")
    grant = Grant.all_asked_by(manifest) if grants is None else grants.get(packed.name, Grant())
    named = {region.name for region in Rights.asked_by(manifest).io}
    mine = {name: model for name, model in models.items() if name in named}
    place(target, manifest, make_engine, grant.rights, grant.serves, mine)
    return App(target, manifest, counts=True)
