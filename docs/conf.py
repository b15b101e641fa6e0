"""The documentation site: ``python -m sphinx -W -b html docs docs/_build``."""

project = "simlimit"
author = "The simlimit developers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {"description": "Why has the credit limit not come back?", "page_width": "60rem"}
autodoc_typehints = "none"
