"""An app's Python file, executed as if nothing else were there."""

import builtins
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import xap

_ELSEWHERE = ("xap", "typing", "enum", "__future__")
"""What an app imports that is no sibling (LANGUAGE.md section 1)."""


class Program:
    """The file and the siblings that it imports; each `run` is an execution of its own.

    Modules are found in the file's folder only, and neither `sys.modules` nor `sys.path` knows
    of them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._code: dict[Path, CodeType] = {}

    def run(self) -> xap.App:
        """Fresh state; gives the app that the file declares."""
        modules: dict[str, ModuleType] = {}
        main = self._execute(self._path, modules)
        apps = {id(v): v for v in vars(main).values() if isinstance(v, xap.App)}
        (app,) = apps.values()
        return app

    def _execute(self, path: Path, modules: dict[str, ModuleType]) -> ModuleType:
        module = modules[path.stem] = ModuleType(path.stem)
        module.__file__ = str(path)
        inside = vars(module)
        inside.update(xap.host_globals())
        inside["__builtins__"] = {**vars(builtins), "__import__": self._importer(modules)}
        exec(self._compiled(path), inside)
        return module

    def _compiled(self, path: Path) -> CodeType:
        code = self._code.get(path)
        if code is None:
            # With the path that the user gave: that is how reports name the file.
            code = self._code[path] = compile(path.read_bytes(), str(path), "exec")
        return code

    def _importer(self, modules: dict[str, ModuleType]) -> Callable[..., Any]:
        def import_(
            name: str,
            globals: Mapping[str, object] | None = None,
            locals: Mapping[str, object] | None = None,
            fromlist: Sequence[str] = (),
            level: int = 0,
        ) -> Any:
            if name.partition(".")[0] in _ELSEWHERE:
                return __import__(name, globals, locals, fromlist, level)
            if name not in modules:
                self._execute(self._path.parent / f"{name}.py", modules)
            return modules[name]

        return import_
