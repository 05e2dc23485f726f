"""Licences are said by the names that the hub has, and by addresses of SPDX."""

from __future__ import annotations

from bgfg.synth.formats.licence import hub_licence, licence_address


def test_a_licence_that_nobody_knows_is_said_in_its_own_words() -> None:
    assert hub_licence("My own: terms") == ["license: other", 'license_name: "My own: terms"']
    assert licence_address("My own: terms") == "My own: terms"
    assert hub_licence("cc0-1.0") == ["license: cc0-1.0"]
    assert licence_address("cc0-1.0") == "https://spdx.org/licenses/CC0-1.0.html"
    assert hub_licence("ODbL-1.0") == ["license: odbl"]
