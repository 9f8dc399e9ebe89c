"""The business in plain values: no framework, no database, no clock."""
