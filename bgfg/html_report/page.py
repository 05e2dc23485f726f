"""Pages of HTML out of templates, in which every text of a user's is escaped: there is no other way into them.

Jinja escapes whatever a template is given. On top of that a page forbids scripts, and all that it would have to fetch,
by its Content-Security-Policy; of styles it allows its own, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.terminal.errors import printable
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.html_report.figures import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH

ORIGIN = Origin("report")

# Where the axes of figures lie, for those that draw them.
_AXES = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "bottom": BOTTOM}

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = "style.css"


def render_page(template: str, title: str, content: Any) -> str:
    """Return a page.

    Args:
        template: Name of its template.
        title: Its title.
        content: What the template shows, as `content` in it.
    """
    environment = _environment()
    style = environment.get_template(_STYLE).render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    about = {"title": title, "policy": policy, "origin": str(ORIGIN), "version": BGFG_VERSION}
    return environment.get_template(template).render(about, content=content)


@cache
def _environment() -> Environment:
    return make_environment()


def make_environment(*folders: Path) -> Environment:
    """Return what fills templates in, and escapes all that it fills in.

    Args:
        folders: Where templates are looked for, before those of reports.
    """
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader([*folders, _TEMPLATES]),
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["axes"] = _AXES
    return environment


def _printable(value: Any) -> Any:
    """Return a text without what breaks lines or turns their direction; what isn't a text as it is."""
    return printable(value) if type(value) is str else value
