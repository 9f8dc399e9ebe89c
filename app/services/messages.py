"""Text messages to investors: written in the transaction they tell of, sent by the worker."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import select, update

from app.db import after_commit, read, transaction
from app.domain.calendar import shanghai_day
from app.domain.errors import TextDeclined, Unavailable
from app.models import Investor, SmsMessage
from app.outside import Text, outside
from app.services import breakers, robot_parts, vaults

JOB = "messages.send"
GATEWAY = "sms_gateway"
TRIES_AT_MOST = 5
"""Tries that came to no end at all."""
LATEST_AFTER = timedelta(days=1)
"""A text that could not be sent for so long would only confuse."""
BATCH = 200
TOLD_AFTER = timedelta(seconds=3)
"""That a text failed is told no sooner, be it a real one or a decoy: about as long as a gateway takes to say so."""

log = structlog.get_logger()


def to_investor(investor: Investor, purpose: str, text: str, code: str | None = None) -> SmsMessage:
    """Write a text to the phone on file; the worker sends it after the commit. `text` is without the sender."""
    return write(investor.phone, purpose, text, code)


def write(phone: str, purpose: str, text: str, code: str | None = None, *, decoy: bool = False) -> SmsMessage:
    """Write a text. A decoy is never sent; it costs the same time, so that nobody learns who is a customer."""
    with transaction() as db:
        message = SmsMessage(
            vault=vaults.system(),
            phone=phone,
            text=f"【{current_app.config['SETTINGS'].broker_name}】{text}",
            code=code,
            purpose=purpose,
            created_at=outside.clock.now(),
            state="decoy" if decoy else "waiting",
        )
        db.add(message)
        db.flush()
        after_commit(lambda: outside.queue.put(JOB, message.id))
        return message


def did_not_arrive(message_id: str | None) -> bool:
    """Whether the gateway said that the text did not arrive, or it could not be sent.

    A decoy, which is never sent, fails as often as real texts lately did: a failure tells nobody who is a customer.
    """
    message = read().get(SmsMessage, message_id, populate_existing=True) if message_id else None
    if message is None or outside.clock.now() - message.created_at < TOLD_AFTER:
        return False
    return _decoy_failed(message) if message.state == "decoy" else message.state == "failed"


def _decoy_failed(decoy: SmsMessage) -> bool:
    is_down = breakers.was_down_since(GATEWAY, decoy.created_at)
    return is_down or _draw(decoy.phone) < _share_of_failures()


def _draw(phone: str) -> float:
    """A number in [0, 1) that is the same for one phone all day long."""
    day = shanghai_day(outside.clock.now()).isoformat()
    digest = hmac.digest(current_app.config["SETTINGS"].code_pepper, f"sms {phone} {day}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big") / 2**64


def _share_of_failures() -> float:
    query = select(SmsMessage.state).where(SmsMessage.state.in_(("sent", "delivered", "failed")))
    states = read().scalars(query.order_by(SmsMessage.created_at.desc()).limit(BATCH)).all()
    return sum(1 for state in states if state == "failed") / len(states) if states else 0.0


def down_since() -> datetime | None:
    """Since when the gateway is known to be down; None while it works."""
    return breakers.down_since(GATEWAY)


def send(message_id: str) -> None:
    """Hand one text to the gateway, unless that was done or makes no sense any more.

    A crash between handing over and noting it sends the text again: gateways tell it by the message's id.
    """
    message = _take(message_id)
    if message is None:
        return
    try:
        _hand_over(message)
    except Unavailable as error:
        log.warning("sms_unavailable", code=error.code)
        breakers.note_failure(GATEWAY)
        _leave(message)
        return
    except TextDeclined as error:
        log.warning("sms_declined", code=error.code)
        _note(message_id, "failed")
        return
    breakers.note_success(GATEWAY)
    _note(message_id, "sent")
    if current_app.config["SETTINGS"].sandbox:
        outside.queue.put("webhooks.receipt", message_id, queue="webhooks")


def _hand_over(message: SmsMessage) -> None:
    if current_app.config["SETTINGS"].sandbox and robot_parts.of("sms").behaviour == "down":
        raise Unavailable("robot_is_down")
    outside.sms.send(Text(message.id, message.phone, message.text, message.purpose, message.code))


def _leave(message: SmsMessage) -> None:
    """A person waits for a code, and is better told at once; other texts wait for the gateway, for a day."""
    with transaction() as db:
        waiting = (SmsMessage.id == message.id) & (SmsMessage.state == "waiting")
        end = {"state": "failed"} if message.code_sealed else {"tries": 0}  # only tries that came to no end count
        db.execute(update(SmsMessage).where(waiting).values(**end))


def _take(message_id: str) -> SmsMessage | None:
    with transaction() as db:
        message = db.get(SmsMessage, message_id, with_for_update=True)
        if message is None or message.state != "waiting":
            return None
        if message.tries >= TRIES_AT_MOST or outside.clock.now() >= _ends_at(message):
            message.state = "failed"
            return None
        if not breakers.lets_through(GATEWAY):
            message.state = "failed" if message.code_sealed else "waiting"
            return None
        message.tries += 1
        return message


def _ends_at(message: SmsMessage) -> datetime:
    life = timedelta(seconds=current_app.config["SETTINGS"].code_seconds) if message.code_sealed else LATEST_AFTER
    return message.created_at + life


def _note(message_id: str, state: str) -> None:
    with transaction() as db:
        db.execute(
            update(SmsMessage)
            .where(SmsMessage.id == message_id, SmsMessage.state == "waiting")
            .values(state=state, sent_at=outside.clock.now())
        )


def reconcile() -> None:
    """Hint again at texts that wait although nobody seems to be sending them."""
    settings = current_app.config["SETTINGS"]
    stale = outside.clock.now() - timedelta(seconds=settings.job_stale_seconds)
    query = select(SmsMessage.id).where(SmsMessage.state == "waiting", SmsMessage.created_at < stale)
    if not breakers.is_trial_due(GATEWAY):
        query = query.where(SmsMessage.code_sealed.is_not(None))
    for message_id in read().scalars(query.order_by(SmsMessage.created_at).limit(BATCH)):
        outside.queue.put(JOB, message_id)
