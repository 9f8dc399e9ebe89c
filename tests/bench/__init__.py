"""Measurements: what the project promises to be fast or small, beside a peer or a floor taken in the same run."""
