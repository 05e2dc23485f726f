"""A seed and a number become a room, a home or a place outside."""
