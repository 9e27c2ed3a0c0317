"""The guide's seven steps, one room for each stage; a step and its result stand side by side."""
