"""What Sphinx is told; ``nox -s docs`` runs it over what :mod:`docs.site` has gathered."""

import inspect
import sys
from pathlib import Path

from amaranth.lib import wiring

# The folder in which it is run, if what was gathered is not below the project.
ROOT = next((folder for folder in Path(__file__).resolve().parents if (folder / "noxfile.py").is_file()), Path.cwd())

# Docstrings are read off the components as they stand.
sys.path.insert(0, str(ROOT))

project = "Fivepin"
html_title = "Fivepin"
html_theme = "furo"
# There is a licence, and nobody whose name would stand alone in the footer.
html_show_copyright = False
# Bytes and pictures of lines are no Python; what is says so.
highlight_language = "text"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# Beside the pages: scripts, and what the browser needs to grade a lab.
html_extra_path = ["_extra"]
exclude_patterns = ["examples/*/README.md"]

# The docstrings' own section, beside those that napoleon knows.
napoleon_custom_sections = [("Members", "params_style")]
napoleon_google_docstring = False
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}

# Links to headings, as they work where the pages are read as plain files too.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# Names of other projects' objects, and words such as ``In(1)``, are written as code and lead nowhere.
nitpicky = False
suppress_warnings = ["ref.class", "ref.python"]


def _signature(app, what, name, component, *_):
    """That of the constructor, and not of Amaranth's class of all components."""
    if what == "class" and issubclass(component, wiring.Component):
        return str(inspect.signature(component)), ""
    return None


def setup(app):
    """What Sphinx calls first."""
    app.connect("autodoc-process-signature", _signature)
