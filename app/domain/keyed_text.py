"""What people key in, before it is judged: full-width forms, spaces and invisible characters."""

import unicodedata

FULL_WIDTH_OFFSET = 0xFEE0
FULL_WIDTH = {code: code - FULL_WIDTH_OFFSET for code in range(0xFF01, 0xFF5F)}
IDEOGRAPHIC_SPACE = 0x3000
INVISIBLE_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def half_width(text: str) -> str:
    """Full-width letters, digits and punctuation (U+FF01 to U+FF5E) and the ideographic space as ASCII."""
    # Not NFKC: that would also turn ② and ² into digits, which nobody means by them.
    return text.translate(FULL_WIDTH).replace(chr(IDEOGRAPHIC_SPACE), " ")


def without_blanks(text: str) -> str:
    """No spaces of any kind, and none of the invisible marks that come along with copy and paste."""
    return "".join(sign for sign in text if unicodedata.category(sign) not in INVISIBLE_CATEGORIES)
