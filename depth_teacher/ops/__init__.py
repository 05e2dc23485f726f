"""What networks run on, an iterator that works ahead, and reading in a process with limits."""
