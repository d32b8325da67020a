"""Has what browsers load, ``src/unseen/web/``, in every wheel and source distribution: see ``web/build.py``."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebHook(BuildHookInterface[Any]):
    """Builds the bundle where it is not there; a source distribution brings it, and needs no Node."""

    def dependencies(self) -> list[str]:
        """Node, only where there is something to build."""
        return [] if self._web is None or self._web.is_built() else list(self._node)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before files are gathered."""
        del version, build_data
        if self._web is not None and not self._web.is_built():
            self._web.install()
            self._web.build()

    @property
    def _node(self) -> list[str]:
        extras: dict[str, list[str]] = self.metadata.core.optional_dependencies
        return extras["build"]

    @property
    def _web(self) -> ModuleType | None:
        """``web/build.py``; None where only what it builds was shipped."""
        path = Path(self.root) / "web" / "build.py"
        spec = importlib.util.spec_from_file_location("web_build", path) if path.exists() else None
        if spec is None or spec.loader is None:
            return None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
