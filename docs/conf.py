"""The documentation site: ``python -m sphinx -W -b html docs docs/_build``.

Every page is built from this folder and from ``notebooks/``; every number on a page is computed while the
site is built, or measured with the command beside it.
"""

import itertools
import json
import os
import shutil
import sys
import warnings
from importlib.metadata import version as installed_version
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.ext.napoleon import NumpyDocstring
from sphinx.writers.html5 import HTML5Translator

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import reference  # noqa: E402

NOTEBOOKS = HERE / "notebooks"
"""A copy, made anew for each build and never committed: a page must lie below this folder."""

shutil.rmtree(NOTEBOOKS, ignore_errors=True)
shutil.copytree(
    HERE.parent / "notebooks", NOTEBOOKS, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
)
COPIES = sorted(NOTEBOOKS.iterdir())
for _copy in COPIES:
    _notebook = json.loads(_copy.read_text(encoding="utf-8"))
    # A page leaves out what is said on stderr, but who runs a notebook reads it.
    _notebook["metadata"].setdefault("mystnb", {})["output_stderr"] = "remove-warn"
    _copy.write_text(json.dumps(_notebook), encoding="utf-8")

# Made anew for each build, too.
shutil.rmtree(HERE / "api", ignore_errors=True)
reference.write_pages(HERE / "api.md", HERE / "api")

project = "simlimit"
author = project_copyright = "The simlimit developers"
release = version = installed_version("simlimit")
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design"]
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]

# A link or reference that leads nowhere is a warning, and warnings are errors. Words in backticks in a
# docstring become links where they name something public, and are code elsewhere; types are told in prose.
nitpicky = True
default_role = "py:obj"
nitpick_ignore_regex = [("py:obj", ".*"), ("py:class", r"(?!simlimit\.).*")]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]

# Pages with code are run, from nothing, in each build: a stored result could be that of an older library.
nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_output_stderr = "remove"
nb_render_markdown_format = "gfm"
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
# What the kernel's own packages deprecate is not about these pages.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"(jupyter|zmq|traitlets|nbformat)")

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_math_renderer = "mathml"
html_title = "simlimit"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = True
html_copy_source = True


def _language(app: Sphinx, page: str, template: str, context: dict[str, object], doctree: object) -> None:
    """Say which language a page is in: browsers choose its font and its line breaks by it."""
    if page.endswith("-zh"):
        context["language"] = "zh-CN"


def _list_of_pages(app: Sphinx, page: str, source: list[str]) -> None:
    """Show the public functions as a list of links to their pages."""
    if page == "api":
        source[0] = reference.listed(source[0])


def _alternatives(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Give a picture without an alternative text the words below it that say how to read it."""
    texts: list[nodes.image | nodes.paragraph] = [
        node
        for node in doctree.findall()
        if isinstance(node, nodes.image)
        or (isinstance(node, nodes.paragraph) and not isinstance(node.parent, nodes.entry))
    ]
    for picture, after in itertools.pairwise(texts):
        if isinstance(picture, nodes.image) and not picture.get("alt"):
            if not isinstance(after, nodes.paragraph):
                raise ExtensionError(f"{page}: no words follow the picture {picture['uri']}")
            picture["alt"] = after.astext()


def _property(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Read the docstring of a property as that of a method: napoleon takes it for one line, "type: text"."""
    if what in ("property", "attribute"):
        lines[:] = ["", *NumpyDocstring(lines, app.config, app, "method", name, thing, options).lines()]


def _formula(page: HTML5Translator, node: nodes.Element) -> None:
    """Write a formula as MathML, which browsers show by themselves: a page needs nothing from elsewhere."""
    display = "block" if isinstance(node, nodes.math_block) else "inline"
    page.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def _nothing_left(app: Sphinx, error: Exception | None) -> None:
    """Refuse a notebook that leaves a file: a reader may have one of that name."""
    left = sorted({*NOTEBOOKS.iterdir()} - {*COPIES})
    if left:
        raise ExtensionError(f"The notebooks have left files: {', '.join(path.name for path in left)}")


def setup(app: Sphinx) -> None:
    """Join the build."""
    app.add_html_math_renderer("mathml", (_formula, None), (_formula, None))
    app.connect("autodoc-process-docstring", _property, priority=400)
    app.connect("html-page-context", _language)
    app.connect("source-read", _list_of_pages)
    app.connect("doctree-resolved", _alternatives)
    app.connect("build-finished", _nothing_left)
