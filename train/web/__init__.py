"""The page that runs networks in a browser: a folder of static files, with a runtime of its own."""
