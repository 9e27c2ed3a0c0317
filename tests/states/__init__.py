"""Every call in any order, against a second opinion: the model, and the machine that compares."""
