"""The commands kit, plan, compose, status, preview, audit and export, one a file."""
