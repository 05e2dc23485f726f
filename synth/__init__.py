"""Makes pixels: composes samples and stores them. Only the kit draws random numbers; nothing needs torch."""
