"""What Schemathesis has to know to play an integrator: how our formats look, and how its posts are signed.

Loaded by its command line (SCHEMATHESIS_HOOKS) in a process of its own.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

from app.domain.webhook_signature import headers_of, secrets_of
from tests import given

SECRETS: dict[str, str] = json.loads(os.environ["SECRETS"])
WHOLE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
number = itertools.count(1)

schemathesis.openapi.format("resident-id-number", st.integers(1, 900).map(given.id_number))
schemathesis.openapi.format("bank-card-number", st.sampled_from([given.ICBC_CARD, given.CMB_CARD]))
schemathesis.openapi.format(
    "date-time",
    st.integers(0, 10**6).map(lambda seconds: (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()),
)


def as_json(value: Any) -> bytes:
    """The bytes that are posted, and signed."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.serializer("application/json")
def serialized(_context: Any, value: Any) -> bytes:
    """The same for Schemathesis."""
    return as_json(value)


@schemathesis.hook
def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Sign what is otherwise right, under an id of its own; headers that are wrong on purpose stay as they are."""
    headers = (case.meta.components if case.meta else {}).get(ParameterLocation.HEADER)
    if headers is not None and headers.mode.is_negative:
        return
    if isinstance(case.body, dict) and WHOLE_ID.fullmatch(str(case.body.get("id"))):
        case.body = {**case.body, "id": f"fuzz_{os.getpid()}_{next(number)}"}
    name = case.body.get("id") if isinstance(case.body, dict) else None
    name = name if isinstance(name, str) and WHOLE_ID.fullmatch(name) else "fuzz"
    body = b"" if type(case.body).__name__ == "NotSet" else as_json(case.body)
    source = case.operation.path.rpartition("/")[2]
    case.headers.update(headers_of(secrets_of(SECRETS[source]), name, datetime.now(UTC), body))
