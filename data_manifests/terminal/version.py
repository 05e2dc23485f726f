"""The version of bgfg, readable without an installation."""

BGFG = "0.1.0"
