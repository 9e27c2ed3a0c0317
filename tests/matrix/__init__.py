"""Every fault at every call it can hit, before and after its effect, and what must come out."""
