"""Short recipes, each a script that a test runs."""
