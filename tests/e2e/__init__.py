"""The whole site, in a real browser, on real input."""
