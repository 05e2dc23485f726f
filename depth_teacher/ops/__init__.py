"""What networks run on, and an iterator that works ahead."""
