"""The app: a server on this machine, by which corpora, networks and runs are looked at in a browser."""
