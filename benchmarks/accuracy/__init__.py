"""Accuracy of the networks that come with bgfg, on pictures that none of them learnt from."""
