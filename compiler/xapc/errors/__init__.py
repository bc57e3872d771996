"""Every error that a user can make, one small dataclass each.

The class says what is wrong (`title`), the docstring is what `xapc explain` prints: why, a
wrong and a right example. Codes are stable: a retired one is not used again. Modules by
stage: `syntax` E01xx; `names`, `imports`, `declarations` and `classes` E02xx; `typing`, `shapes`,
`calls`, `messages` and `constructs` E03xx; `integers` E04xx, `aggregates` E05xx, `flow` E06xx,
`app` and `handlers` E07xx, `services` E08xx, `buildtime` E09xx.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import (
    between,
    compared,
    insert,
    near,
    replace,
    slice_of,
    whole,
    wrap,
    wrap_in,
)

if TYPE_CHECKING:
    from xapc.errors.aggregates import *  # noqa: F403  # one door to all errors
    from xapc.errors.app import *  # noqa: F403  # as above
    from xapc.errors.buildtime import *  # noqa: F403  # as above
    from xapc.errors.calls import *  # noqa: F403  # as above
    from xapc.errors.classes import *  # noqa: F403  # as above
    from xapc.errors.constructs import *  # noqa: F403  # as above
    from xapc.errors.declarations import *  # noqa: F403  # as above
    from xapc.errors.flow import *  # noqa: F403  # as above
    from xapc.errors.foreign import *  # noqa: F403  # as above
    from xapc.errors.handlers import *  # noqa: F403  # as above
    from xapc.errors.imports import *  # noqa: F403  # as above
    from xapc.errors.integers import *  # noqa: F403  # as above
    from xapc.errors.messages import *  # noqa: F403  # as above
    from xapc.errors.names import *  # noqa: F403  # as above
    from xapc.errors.rewrites import *  # noqa: F403  # as above
    from xapc.errors.services import *  # noqa: F403  # as above
    from xapc.errors.shapes import *  # noqa: F403  # as above
    from xapc.errors.syntax import *  # noqa: F403  # as above
    from xapc.errors.translated import *  # noqa: F403  # as above
    from xapc.errors.typing import *  # noqa: F403  # as above

__all__ = [
    "MODULES",
    "Edit",
    "Error",
    "between",
    "compared",
    "insert",
    "near",
    "replace",
    "slice_of",
    "whole",
    "wrap",
    "wrap_in",
]

MODULES = (
    "syntax",
    "names",
    "foreign",
    "translated",
    "imports",
    "declarations",
    "classes",
    "typing",
    "shapes",
    "calls",
    "messages",
    "constructs",
    "integers",
    "aggregates",
    "flow",
    "app",
    "handlers",
    "rewrites",
    "services",
    "buildtime",
)


def __getattr__(name: str) -> object:
    # Making the classes takes longer than compiling a small app, which needs none of them.
    if not name.startswith("_"):
        for module in MODULES:
            found = vars(import_module(f"xapc.errors.{module}")).get(name)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
