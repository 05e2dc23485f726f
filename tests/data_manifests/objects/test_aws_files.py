"""Credentials come from the environment first, then from AWS's own files, by its rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bgfg.data_manifests.objects.aws_files import aws_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = S%1\n[work]\naws_access_key_id = B\n"
    )
    (tmp_path / ".aws/config").write_text(
        "[default]\nregion = eu-1\naws_access_key_id = C\n[profile work]\nendpoint_url = http://x\noutput = json\n"
    )
    return tmp_path


def test_the_files_give_what_the_environment_does_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"aws_access_key_id": "A", "aws_secret_access_key": "S%1"}
    assert aws_settings() == {"aws_region": "eu-1", **key}
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-2")
    assert aws_settings() == key
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "D")
    assert aws_settings() == {}


def test_a_profile_is_chosen_by_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert aws_settings() == {"aws_access_key_id": "B", "aws_endpoint_url": "http://x"}
    (home / ".aws/credentials").unlink()
    (home / ".aws/config").unlink()
    assert aws_settings() == {}
