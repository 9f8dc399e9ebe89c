"""Agreements: from the text, to the page and the PDF, to the signature, to the proof."""

import logging

from app.documents.asn1_mend import mend

mend()

# pyHanko writes subjects of certificates, which are people's names, to its log; our callers log problem codes instead.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
