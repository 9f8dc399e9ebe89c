"""Flask's session kept in a row of the database; the cookie carries only a random token."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import CallbackDict

from app.models import WebSession
from app.services import sessions

POLL = "poll"
"""In the query of what a page asks for by itself: it must not keep an idle member of staff signed in."""
INVESTOR_FACE = "investor"
STAFF_FACE = "staff"


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """The content of a session row while a request is under way."""

    def __init__(self, face: str, row: WebSession | None) -> None:
        super().__init__(dict(row.content) if row else {}, self._note_change)
        self.face = face
        self.row = row
        self.modified = False
        self.renew = False
        """Set at sign-in: the session goes on under a new token."""
        self.new_token: str | None = None
        self.unreadable = False
        """The database did not answer: the cookie stays as it is, and nothing is written."""

    @staticmethod
    def _note_change(mapping: Any) -> None:
        mapping.modified = True

    @property
    def person_id(self) -> str | None:
        owner = self.get("_user_id")
        return owner.partition(":")[2] if owner else None


def face_of(path: str) -> str:
    """Which of the two sites a path belongs to; each has its own cookie, so that both can be open in one browser."""
    return STAFF_FACE if path == "/admin" or path.startswith("/admin/") else INVESTOR_FACE


def session_id() -> str:
    """The id of this browser's session row; one is written now if there is none yet."""
    current: ServerSession = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 — a LocalProxy
    if current.row is None:
        opened = sessions.begin(current.face, dict(current))
        current.row, current.new_token = opened.row, opened.token
    return current.row.id


def old_token() -> str:
    """The token in this browser's cookie, also of a session that is over; empty when there is none."""
    tls = current_app.config["SETTINGS"].tls
    return request.cookies.get(sessions.cookie_name(face_of(request.path), tls=tls)) or ""


def is_unreadable() -> bool:
    """Whether the database did not answer when this request's session was looked for."""
    current: ServerSession = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 — a LocalProxy
    return current.unreadable


def session_row() -> WebSession | None:
    """This browser's session row, None when it has none."""
    current: ServerSession = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 — a LocalProxy
    return current.row


class RowSessions(SessionInterface):
    """Opens the session from its row and writes it back when it changed."""

    def __init__(self, *, tls: bool) -> None:
        self._tls = tls

    def open_session(self, app: Flask, request: Request) -> ServerSession | None:
        if request.path.startswith(("/static/", "/favicon.ico", "/hooks/", "/health")):
            return ServerSession(INVESTOR_FACE, None)
        face = face_of(request.path)
        token = request.cookies.get(sessions.cookie_name(face, tls=self._tls))
        try:
            return ServerSession(face, sessions.find(token, face) if token else None)
        except OperationalError:
            opened = ServerSession(face, None)
            opened.unreadable = True
            return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, ServerSession) or session.unreadable:
            return
        if session.modified and not session:
            self._end(session, response)
            return
        if session.modified:
            self._write(session)
        elif session.row is not None and POLL not in request.args:
            sessions.touch(session.row)
        if session.new_token:
            self._set_cookie(session.face, session.new_token, response)

    def _write(self, session: ServerSession) -> None:
        if session.row is None:
            opened = sessions.begin(session.face, dict(session), person_id=session.person_id)
            session.row, session.new_token = opened.row, opened.token
            return
        sessions.save(session.row.id, dict(session), session.person_id)
        if session.renew and (renewed := sessions.renew(session.row.id)):
            session.new_token = renewed.token

    def _end(self, session: ServerSession, response: Response) -> None:
        if session.row is not None:
            sessions.end(session.row.id)
        response.delete_cookie(
            sessions.cookie_name(session.face, tls=self._tls), path="/", secure=self._tls, httponly=True
        )

    def _set_cookie(self, face: str, token: str, response: Response) -> None:
        response.set_cookie(
            sessions.cookie_name(face, tls=self._tls), token, path="/", secure=self._tls, httponly=True, samesite="Lax"
        )
