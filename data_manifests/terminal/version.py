"""The version of bgfg, readable without an installation."""

BGFG_VERSION = "0.1.0"
