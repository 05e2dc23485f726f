"""The embedded asset kit: rooms, people and a renderer, made from a seed, so that bgfg runs without any data."""
