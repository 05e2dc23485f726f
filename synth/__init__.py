"""Makes pixels: composes the samples and keeps the store. No dice outside the kit, no torch."""
