"""The verbs of the business; each owns its transaction."""
