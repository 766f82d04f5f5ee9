"""Gathers what the page *Try it in the browser* needs: the course and Amaranth as one archive, starters, and scripts.

``python -m docs.pyodide FOLDER`` does it again for a site that is made, in its folder ``try``; with ``--local`` it puts
Pyodide itself there too, for a place without the net. The packages are those that are installed, nothing is fetched but
Pyodide, and that by npm.
"""

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

__all__ = ["CDN", "VERSION", "gather", "local_pyodide", "main", "modules_behind"]

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent

VERSION = "314.0.7"
"""Of Pyodide, whose Python is 3.14."""

CDN = f"https://cdn.jsdelivr.net/npm/pyodide@{VERSION}/"
"""Where a published page gets Pyodide from, if nothing else is said. These are the files of the npm package."""

LABS = ("0-a-byte-on-the-wire", "1-transmitter", "5-parser")
"""Folders of the labs that the page offers."""

BEGIN_WITH = "1-transmitter"

SECONDS = 90
"""Time for one file: six times what the slowest right one was seen to take, on a machine with much else to do."""

PACKAGES = ("amaranth", "pyvcd", "jschon", "rfc3986", "Jinja2", "MarkupSafe")
"""Amaranth and all that it imports. MarkupSafe does without its compiled part."""

OURS = ("hdl", "sim", "tests")

LEFT_OUT = ("tests.lab.labs",)
"""It imports all labs, and those more than is there; the grader has a list of its own."""

SCRIPTS = ("page.js", "editor.js", "worker.js", "try.css")


class PyodideError(Exception):
    """Something is missing; the text is one line that says what to do."""


def modules_behind(path):
    """Our modules that a file needs, as paths: what it imports, what those import, and the packages they are in."""
    found, waiting = {}, [Path(path)]
    while waiting:
        for name in _imported(waiting.pop()):
            parts = name.split(".")
            for length in range(1, len(parts) + 1):
                module = ".".join(parts[:length])
                source = _source(parts[:length])
                if parts[0] in OURS and module not in (*found, *LEFT_OUT) and source:
                    found[module] = source
                    waiting.append(source)
    return sorted(found.values())


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _source(parts):
    place = ROOT.joinpath(*parts)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _installed(name):
    """Files of an installed package, ``(name in the archive, path)``: Python, data, version and licence."""
    try:
        files = distribution(name).files or ()
    except PackageNotFoundError:
        raise PyodideError(f"{name} must be installed, as it is with Amaranth: pip install amaranth") from None
    for file in files:
        if ".." in file.parts or "__pycache__" in file.parts or file.suffix in (".so", ".pyd", ".pyi", ".c", ".typed"):
            continue
        if file.parts[0].endswith(".dist-info") and file.name != "METADATA" and "LICENSE" not in file.name.upper():
            continue
        yield file.as_posix(), Path(file.locate())


def write_archive(path):
    """Write grader, course and packages as one zip, the same bytes each time."""
    grader = DOCS / "try" / "grader.py"
    files = {grader.name: grader}
    files |= {source.relative_to(ROOT).as_posix(): source for source in modules_behind(grader)}
    for name in PACKAGES:
        files |= dict(_installed(name))
    with zipfile.ZipFile(path, "w") as archive:
        for name, source in sorted(files.items()):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, source.read_bytes())


def gather(folder, pyodide=CDN):
    """Write all that the page loads into a folder; ``pyodide`` is a URL, or a path from that folder, with / at the end.

    Raises
    ------
    :exc:`PyodideError`
        If a package is not installed.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCRIPTS:
        shutil.copy(DOCS / "try" / name, folder)
    write_archive(folder / "course.zip")
    labs = [
        {
            "number": int(lab.split("-")[0]),
            "name": lab,
            "starter": (DOCS / "labs" / lab / "starter.py").read_text(encoding="utf-8"),
        }
        for lab in LABS
    ]
    text = {"pyodide": pyodide, "seconds": SECONDS, "begin_with": BEGIN_WITH, "labs": labs}
    (folder / "config.json").write_text(json.dumps(text, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def local_pyodide(seconds=120):
    """The folder with the files of the npm package, which npm fetches once.

    Raises
    ------
    :exc:`PyodideError`
        If there is no npm, or it does not get the package.
    """
    folder = ROOT / "build" / f"pyodide-{VERSION}"
    if folder.is_dir():
        return folder
    if not (npm := shutil.which("npm")):
        raise PyodideError("npm must be installed to fetch Pyodide: apt install npm")
    packed = folder.with_name(f"{folder.name}-packed")
    shutil.rmtree(packed, ignore_errors=True)
    packed.mkdir(parents=True)
    command = [npm, "pack", "--silent", "--fetch-retries=0", "--fetch-timeout=60000", f"pyodide@{VERSION}"]
    try:
        subprocess.run(command, cwd=packed, timeout=seconds, check=True, capture_output=True)
        with tarfile.open(next(packed.glob("*.tgz"))) as archive:
            archive.extractall(packed, filter="data")
        # All of it is there, or nothing is.
        (packed / "package").rename(folder)
    except (subprocess.SubprocessError, OSError, StopIteration):
        raise PyodideError(f"npm did not get pyodide {VERSION}; see what `npm view pyodide` says") from None
    finally:
        shutil.rmtree(packed, ignore_errors=True)
    return folder


def main(arguments=None):
    """Gather again for a site that is made; returns the exit status."""
    parser = argparse.ArgumentParser(prog="pyodide", description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the site, such as build/site")
    parser.add_argument("--local", action="store_true", help="put Pyodide (14 MB, by npm) on the site too")
    options = parser.parse_args(arguments)
    try:
        if not (options.folder / "try.html").is_file():
            raise PyodideError(f"{options.folder} must be a site that is made, with try.html: nox -s docs")
        if options.local:
            shutil.copytree(local_pyodide(), options.folder / "try" / "pyodide", dirs_exist_ok=True)
        gather(options.folder / "try", "pyodide/" if options.local else CDN)
    except PyodideError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{options.folder}/try.html is ready; to look at it: python -m http.server -d {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
