"""Picture files in and out: decoding, listing, fitting to a frame, sheets of panels."""
