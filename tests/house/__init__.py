"""Rules about the code and about every page that any test fetches."""
