"""What may be written to the log: JSON lines, known keys only, nothing that looks like a person's number."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from config import Settings

# Whatever is logged under another key is dropped; the line then names the key in `dropped`.
ALLOWED_KEYS = frozenset(
    "event level logger timestamp error frames dropped "
    "request_id method endpoint status milliseconds "
    "job ids queue attempt attempts count code state from_state to_state move step slot action reason "
    "case_id ticket_id call_id card_id photo_id delivery_id event_id staff_id investor_id appointment_id endpoint_id "
    "source type version signal pid worker database redis seconds missing room topic".split()
)
SILENT_LOGGERS = ("pyhanko", "pyhanko_certvalidator")  # they name the certificate's holder
OWN_HANDLERS_REMOVED = ("gunicorn.error", "gunicorn.access", "rq.worker", "rq.job")
WARNINGS_ONLY = (
    "geventwebsocket.handler",  # its access log writes whole addresses
    "alembic.runtime.plugins",
)
FRAMES_SHOWN = 12

# A random id (32 hexadecimal characters) stays; 11 digits and more, also grouped as people write them, go.
_NUMBERS = re.compile(r"\b[0-9a-f]{32}\b|\d(?:[ -]?\d){10,}[Xx]?")


def scrub(text: str) -> str:
    """The text without phone, identity, account or card numbers (any run of 11 digits and more)."""
    return _NUMBERS.sub(lambda found: found[0] if len(found[0]) == 32 and " " not in found[0] else "[number]", text)


class ToStandardError(logging.Handler):
    """Writes to whatever standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except OSError:
            self.handleError(record)


def configure_logging(settings: Settings) -> None:
    """Send every log line of this process, ours and the libraries', through the same sieve to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = ToStandardError()
    handler.setFormatter(_formatter(shared))
    logging.root.handlers[:] = [other for other in logging.root.handlers if not isinstance(other, ToStandardError)]
    logging.root.addHandler(handler)
    logging.root.setLevel(settings.log_level)
    for name in OWN_HANDLERS_REMOVED:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in WARNINGS_ONLY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _formatter(shared: list[structlog.typing.Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            frames_instead_of_messages,
            known_keys_only,
            scrub_values,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def frames_instead_of_messages(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Show an exception by its type and its place; its message may quote what a person typed."""
    raised = line.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        line["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
        line["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return line


def known_keys_only(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the keys of the list; name the others without their values."""
    unknown = sorted(set(line) - ALLOWED_KEYS)
    for key in unknown:
        del line[key]
    if unknown:
        line["dropped"] = unknown
    return line


def scrub_values(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Scrub every text, also those inside lists."""
    for key, value in line.items():
        if isinstance(value, str):
            line[key] = scrub(value)
        elif isinstance(value, list | tuple):
            line[key] = [scrub(str(item)) for item in value]
        elif not isinstance(value, int | float | None):
            line[key] = scrub(str(value))
    return line
