"""What AWS's own files say of credentials and of where S3 is: those that the environment doesn't give."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem

# Names in the files; obstore and the environment put `aws_` before the latter two.
_CREDENTIALS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_CONFIG = ("region", "endpoint_url")

_MOST_BYTES = 2**20


def aws_settings() -> dict[str, str]:
    """Return settings for S3 by their names in obstore; what the environment gives is left to it.

    Source: the AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

    Raises:
        Problem: A file can't be read.
    """
    profile = os.environ.get("AWS_PROFILE", "default")
    config = _section("config", profile if profile == "default" else f"profile {profile}", (*_CREDENTIALS, *_CONFIG))
    found = {f"aws_{name.removeprefix('aws_')}": value for name, value in config.items()}
    found |= _section("credentials", profile, _CREDENTIALS)
    given = {name.lower() for name in os.environ}
    if "aws_access_key_id" in given:
        given |= {*_CREDENTIALS}
    if "aws_default_region" in given:
        given.add("aws_region")
    return {name: value for name, value in found.items() if name not in given}


def _section(file: str, section: str, names: tuple[str, ...]) -> dict[str, str]:
    variable = {"credentials": "AWS_SHARED_CREDENTIALS_FILE", "config": "AWS_CONFIG_FILE"}[file]
    path = Path(os.environ.get(variable) or Path.home() / ".aws" / file)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_regular(path, _MOST_BYTES).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, configparser.Error) as error:
        # Its message would quote lines of the file.
        raise Problem(f"{path}: can't be read as AWS's {file} ({type(error).__name__}): mend or remove it") from None
    return {name: parser[section][name] for name in names if parser.has_option(section, name)}
