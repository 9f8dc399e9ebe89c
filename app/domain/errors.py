"""What the business refuses, as nouns; only the web floor turns them into pages."""

from __future__ import annotations


class Refused(Exception):
    """The business says no. `code` names the reason for catalogues, audit and tests."""

    code = "refused"


class NotFound(Refused):
    """No such thing, or not yours: the two are not told apart."""

    code = "not_found"


class MoveNotAllowed(Refused):
    """The case is in a state in which this cannot happen (a second tab that is behind, a double click)."""

    code = "move_not_allowed"

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} in {state}")
        self.state = state
        self.event = event


class CaseInFlight(Refused):
    """The investor already has a case in flight; there is one at a time."""

    code = "case_in_flight"

    def __init__(self, case_id: str) -> None:
        super().__init__(case_id)
        self.case_id = case_id


class NotEditable(Refused):
    """This part of the case is shown, but not open for changes now."""

    code = "not_editable"


class FieldWrong(Refused):
    """One field of a form is wrong: `field` names it, `code` the reason, `details` what the words need."""

    def __init__(self, field: str, code: str, **details: object) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code
        self.details = details


class TooMany(Refused):
    """A limit is reached; `retry_after_seconds` says when it opens again."""

    code = "too_many"

    def __init__(self, code: str, retry_after_seconds: int) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Refused):
    """Something outside is down; `code` names it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TextDeclined(Refused):
    """The gateway is there, and does not take this very text: trying again is of no use."""

    code = "text_declined"
