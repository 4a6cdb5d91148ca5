"""The site: `make docs` builds it, without network, into docs/_build/html."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for ext

project = "selfinstruct-chains"
author = copyright = "The selfinstruct-chains authors"  # noqa: A001 - Sphinx's name
version = release = installed(project)
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "ext"]
exclude_patterns = ["_build", "ext"]
nitpicky = True  # a reference that leads nowhere is a warning, and warnings are errors (-W)
default_role = "code"
highlight_language = "text"

myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "show-inheritance": False, "exclude-members": "model_config"}
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = "selfinstruct-chains"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
