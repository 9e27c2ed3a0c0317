"""A corpus of hostile and of sound pictures, labelled without lpnb, and what runs intake on it."""
