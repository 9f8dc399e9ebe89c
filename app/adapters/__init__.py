"""One class for each outside thing, built from plain values."""
