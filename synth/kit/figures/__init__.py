"""People: bodies, clothes, hair, poses, and what they carry."""
