"""Agreements: from the text, to the page and the PDF, to the signature, to the proof."""
