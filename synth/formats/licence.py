"""The licence of a data set as those who read about it expect it: Hugging Face's names, and addresses for Croissant."""

from __future__ import annotations

import json

# Those of Hugging Face's names that data sets have, https://huggingface.co/docs/hub/repositories-licenses; each is the
# identifier of SPDX in small letters, by which spdx.org has its text.
_SPDX = (
    "AFL-3.0", "AGPL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "C-UDA-1.0",
    "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0",
    "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0",
    "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0",
    "ECL-2.0", "EUPL-1.1", "EUPL-1.2", "GFDL-1.3", "GPL-2.0", "GPL-3.0", "ISC", "LGPL-2.1", "LGPL-3.0", "MIT",
    "MPL-2.0", "MS-PL", "NCSA", "ODbL-1.0", "ODC-By-1.0", "OFL-1.1", "OSL-3.0", "PDDL-1.0", "PostgreSQL",
    "Unlicense", "WTFPL", "Zlib",
)  # fmt: skip
_BY_NAME = {identifier.lower(): identifier for identifier in _SPDX}
_ADDRESS = "https://spdx.org/licenses/"
_HUB_NAMES = {"odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl", "c-uda-1.0": "c-uda"}


def hub_licence(licence: str) -> list[str]:
    """Return the lines of a Hugging Face card, in YAML, that say the licence: one of its names, else `other`."""
    name = licence.lower()
    if name in _BY_NAME:
        return [f"license: {_HUB_NAMES.get(name, name)}"]
    return ["license: other", f"license_name: {json.dumps(licence, ensure_ascii=False)}"]


def licence_address(licence: str) -> str:
    """Return where the text of the licence is, if it is known by its identifier of SPDX; else the licence as it is."""
    known = _BY_NAME.get(licence.lower())
    return f"{_ADDRESS}{known}.html" if known else licence


def licence_of_address(address: str) -> str:
    """Return the licence of which `licence_address` returned this; of one that is known, its identifier."""
    return address.removeprefix(_ADDRESS).removesuffix(".html") if address.startswith(_ADDRESS) else address
