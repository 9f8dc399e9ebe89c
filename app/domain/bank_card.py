"""Bank cards: is the number possible, which bank issued it, and is the change of accounts in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.keyed_text import half_width, without_blanks

CardNumberCode = Literal["empty", "characters", "length"]
BranchNameCode = Literal["empty", "too_short", "too_long"]
CardProblemCode = Literal[
    "nothing_changed",
    "none_left",
    "too_many",
    "duplicate_number",
    "same_bank_twice",
    "no_default",
    "transfer_still_signed",
]
LineChange = Literal["kept", "removed", "added"]
CardKind = Literal["debit", "credit"]

SHORTEST_NUMBER_DIGITS = 16
LONGEST_NUMBER_DIGITS = 25
SHORTEST_BRANCH_CHARACTERS = 2
LONGEST_BRANCH_CHARACTERS = 50
MOST_CARDS = 10

# Hyphen, dashes and minus as phones and word processors put them between groups of digits.
DASHES = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"))


class CardNumberWrong(ValueError):
    """The text cannot be a card number; `code` says why, the number itself is never kept."""

    def __init__(self, code: CardNumberCode) -> None:
        super().__init__(code)
        self.code: CardNumberCode = code


class BranchNameWrong(ValueError):
    """The branch has fewer than 2 or more than 50 characters; `code` says which."""

    def __init__(self, code: BranchNameCode) -> None:
        super().__init__(code)
        self.code: BranchNameCode = code


@dataclass(frozen=True, slots=True)
class CardNumber:
    """A possible card number of 16 to 25 digits.

    `luhn_ok` False is a reason to ask again, never to refuse: some real old cards fail the check.
    """

    number: str
    luhn_ok: bool

    @property
    def last4(self) -> str:
        return self.number[-4:]

    def __repr__(self) -> str:
        return f"CardNumber(…, luhn_ok={self.luhn_ok})"


@dataclass(frozen=True, slots=True)
class BinEntry:
    """One row of the BIN table: numbers beginning with `prefix` are cards of that bank and kind."""

    prefix: str
    bank_code: str
    kind: CardKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """One settlement account as it is to be after the change, or as it is registered now.

    `number_key` is equal for equal card numbers and for no others (the keyed blind index of the number).
    `transfer_signed` says that its bank-futures transfer (银期签约) is still signed.
    """

    id: str
    number_key: str
    bank_code: str
    last4: str
    branch_name: str
    is_default: bool
    change: LineChange = "kept"
    transfer_signed: bool = False


@dataclass(frozen=True, slots=True)
class CardChange:
    """One row of the table old against new; `before` is None for an added card, `after` for a removed one."""

    before: CardLine | None
    after: CardLine | None

    @property
    def line(self) -> CardLine:
        """The card that the row is about, as it is after the change if it still is."""
        line = self.after or self.before
        if line is None:
            raise ValueError("a row needs a card before or after the change")
        return line

    @property
    def changed(self) -> bool:
        """Whether anything differs: the card itself, its branch, or being the default account."""
        if self.before is None or self.after is None:
            return True
        return _facts(self.before) != _facts(self.after)


@dataclass(frozen=True, slots=True)
class CardProblem:
    """Why the investor cannot go on, and the ids of the lines it is about (none: the list as a whole)."""

    code: CardProblemCode
    line_ids: tuple[str, ...] = ()


def normalise_card_number(text: str) -> str:
    """Half-width, without blanks and dashes. Applying it twice changes nothing more."""
    return without_blanks(half_width(text).translate(DASHES))


def check_card_number(text: str) -> CardNumber:
    """Read what was keyed in as a card number; raises CardNumberWrong."""
    number = normalise_card_number(text)
    if not number:
        raise CardNumberWrong("empty")
    if not (number.isascii() and number.isdigit()):
        raise CardNumberWrong("characters")
    if not SHORTEST_NUMBER_DIGITS <= len(number) <= LONGEST_NUMBER_DIGITS:
        raise CardNumberWrong("length")
    return CardNumber(number, luhn_ok=passes_luhn(number))


def passes_luhn(digits: str) -> bool:
    """The check of ISO/IEC 7812-1 annex B over a text of ASCII digits."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def check_branch_name(text: str) -> str:
    """The branch (银行网点) as it is to be stored: trimmed, inner blanks single; raises BranchNameWrong."""
    name = " ".join(text.split())
    if not name:
        raise BranchNameWrong("empty")
    if len(name) < SHORTEST_BRANCH_CHARACTERS:
        raise BranchNameWrong("too_short")
    if len(name) > LONGEST_BRANCH_CHARACTERS:
        raise BranchNameWrong("too_long")
    return name


def bin_of(number: str, table: Iterable[BinEntry]) -> BinEntry | None:
    """The entry with the longest prefix that the number begins with; also for a number not yet complete."""
    matching = (entry for entry in table if entry.prefix and number.startswith(entry.prefix))
    return max(matching, key=lambda entry: len(entry.prefix), default=None)


def comparison(old: Iterable[CardLine], new: Iterable[CardLine]) -> list[CardChange]:
    """Every account old against new, for the table: the registered ones in their order, then the added ones.

    `old` are the registered accounts, `new` the lines of the case. A registered account that no line mentions
    counts as removed.
    """
    live = [line for line in new if line.change != "removed"]
    kept = {line.number_key: line for line in live if line.change == "kept"}
    rows = [CardChange(before, kept.pop(before.number_key, None)) for before in old]
    rest = [line for line in live if line.change == "added" or line.number_key in kept]
    return rows + [CardChange(None, line) for line in rest]


def changes(old: Iterable[CardLine], new: Iterable[CardLine]) -> list[CardChange]:
    """Only the rows of the comparison in which something differs; another default account alone is a change."""
    return [row for row in comparison(old, new) if row.changed]


def check_cards(
    lines: Sequence[CardLine],
    *,
    on_file: Sequence[CardLine],
    maximum: int = MOST_CARDS,
    one_per_bank: bool = True,
) -> list[CardProblem]:
    """Everything that keeps the lines of a case from being handed in, the whole list first; empty when in order.

    `on_file` are the registered accounts as they are now. Removed lines do not count towards `maximum`.
    """
    live = [line for line in lines if line.change != "removed"]
    problems = _problems_of_the_list(lines, live, on_file, maximum)
    problems += _duplicates(lines)
    problems += _same_bank(live) if one_per_bank else []
    problems += [CardProblem("transfer_still_signed", (line.id,)) for line in lines if _is_held(line)]
    return problems


def _problems_of_the_list(
    lines: Sequence[CardLine], live: Sequence[CardLine], on_file: Sequence[CardLine], maximum: int
) -> list[CardProblem]:
    if not live:
        return [CardProblem("none_left")]
    problems = []
    if not changes(on_file, lines):
        problems.append(CardProblem("nothing_changed"))
    if len(live) > maximum:
        problems.append(CardProblem("too_many"))
    if sum(line.is_default for line in live) != 1:
        problems.append(CardProblem("no_default"))
    return problems


def _duplicates(lines: Iterable[CardLine]) -> list[CardProblem]:
    # A removed card added again is a duplicate too: undoing the removal is what was meant.
    groups = _grouped((line.number_key, line) for line in lines)
    return [CardProblem("duplicate_number", group) for group in groups]


def _same_bank(live: Iterable[CardLine]) -> list[CardProblem]:
    groups = _grouped((line.bank_code, line) for line in live)
    return [CardProblem("same_bank_twice", group) for group in groups]


def _grouped(keyed: Iterable[tuple[str, CardLine]]) -> list[tuple[str, ...]]:
    """The ids of lines that share a key with another line, one group for each such key."""
    groups: dict[str, list[str]] = {}
    for key, line in keyed:
        groups.setdefault(key, []).append(line.id)
    return [tuple(ids) for ids in groups.values() if len(ids) > 1]


def _is_held(line: CardLine) -> bool:
    return line.change == "removed" and line.transfer_signed


def _facts(line: CardLine) -> tuple[str, str, str, bool]:
    return line.number_key, line.bank_code, line.branch_name, line.is_default
