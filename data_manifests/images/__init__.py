"""Picture files in and out: decoding, listing, colours, depth codings, sheets of panels."""
