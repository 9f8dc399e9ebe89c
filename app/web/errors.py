"""Errors of the business and of HTTP become pages here, once."""

from __future__ import annotations

from contextlib import suppress
from http.client import INTERNAL_SERVER_ERROR, METHOD_NOT_ALLOWED, NOT_FOUND

import structlog
from flask import Flask, Response, current_app, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app.domain.errors import FieldWrong, MoveNotAllowed, NotEditable, NotFound, Refused, TooMany, Unavailable
from app.web import access, late_forms
from app.web.access import READING, audience_of
from app.web.answers import go_to, here, show
from app.web.sessions import STAFF_FACE, face_of, is_unreadable

log = structlog.get_logger()
RETRY_AFTER_SECONDS = 5
PASSING = frozenset({429, 500, 503, 507})
"""What may be over in a moment: the page offers the same address again, and htmx leaves the open page as it is."""

LATE_FORMS_OF = frozenset({"investor", "staff"})
"""Whose forms are kept when they come after the session's end, or from a page of an older one."""


def words_for(status: int) -> tuple[str, str]:
    """Title and sentence of an error page."""
    words = {
        400: (_("请求不完整"), _("浏览器发来的内容不完整，请返回上一页再试一次。")),
        403: (_("不能打开这个页面"), _("您没有打开这个页面的权限。")),
        404: (_("没有这个页面"), _("地址可能输错了，或者页面已经不在。")),
        405: (_("不能这样打开"), _("这个地址不能直接打开，请从我的业务继续。")),
        409: (_("这一步已经变了"), _("办理进度在别的窗口或设备上有了变化，请从当前步骤继续。")),
        413: (_("文件太大"), _("文件超过了上限，请选小一些的文件。")),
        422: (_("内容有误"), _("提交的内容有误，请返回上一页修改。")),
        429: (_("操作太频繁"), _("请稍等片刻再试。")),
        503: (_("暂时无法办理"), _("系统正忙，您填写的内容没有丢失，请几秒后再试。")),
        507: (_("暂时无法保存文件"), _("存储空间不足，照片没有保存。请稍后再传一次，其他功能不受影响。")),
    }
    if status < INTERNAL_SERVER_ERROR:
        return words.get(status, (_("这个请求不能处理"), _("浏览器发来的请求没有被接受，请返回上一页再试一次。")))
    return words.get(status, (_("系统出错了"), _("问题已经记录，您填写的内容没有丢失，请稍后再试。")))


def page(status: int, *, retry_after: int | None = None) -> Response:
    """The page for a status, with a way on."""
    title, sentence = words_for(status)
    about = {"title": title, "sentence": sentence, "again": _again(status), "due": _due(status)}
    template = "admin/error.html" if face_of(request.path) == STAFF_FACE else "error.html"
    try:
        response = show(template, status=status, **about)
    except SQLAlchemyError:  # its frame asks who is signed in, and the database does not answer
        access.be_nobody()
        response = show(template, status=status, **about)
    # An error answers whatever part htmx had asked for: the message takes the page's main part.
    response.headers["HX-Retarget"] = "#main"
    response.headers["HX-Reswap"] = "innerHTML show:window:top"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _again(status: int) -> str:
    """The address to try again, where that makes sense: a form that was sent is sent again by the browser itself."""
    return here() if status in PASSING and request.method == "GET" else ""


def _due(status: int) -> str:
    """The address that leads to the step that is due, when the error is about a case of whoever is signed in."""
    case_id = (request.view_args or {}).get("case_id")
    if case_id is None or status in {*PASSING, NOT_FOUND} or face_of(request.path) == STAFF_FACE:
        return ""
    return url_for("journey.progress", case_id=case_id)


def _page_above() -> str | None:
    """The page that a form's own address belongs to, when somebody opens that address: after a mistake it stands in the
    browser's line, and a typed refresh or the language switch asks for it.
    """
    map_of_site = current_app.create_url_adapter(request)
    path = request.path if request.method in READING else "/"
    while map_of_site is not None and (path := path.rpartition("/")[0]):
        with suppress(HTTPException):
            map_of_site.match(path, method="GET")
            return path
    return None


STATUS_OF: list[tuple[type[Refused], int]] = [
    (NotFound, 404),
    (MoveNotAllowed, 409),
    (NotEditable, 409),
    (TooMany, 429),
    (FieldWrong, 422),
    (Unavailable, 503),
    (Refused, 409),
]


def register(app: Flask) -> None:  # noqa: C901 — a list of small bindings, read one by one
    """Bind every error to its page."""

    @app.before_request
    def database_silent() -> Response | None:
        """Before anything asks who this is: the session could not be read, and nobody is signed out for that."""
        return page(503, retry_after=RETRY_AFTER_SECONDS) if is_unreadable() else None

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
        log.info("refused", code=error.code, endpoint=request.endpoint, status=status)
        return page(status, retry_after=error.retry_after_seconds if isinstance(error, TooMany) else None)

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> Response:
        log.info("csrf_refused", endpoint=request.endpoint)
        audience = audience_of(app, request.endpoint or "") if request.endpoint else None
        takes_late = audience is not None and audience.kind in LATE_FORMS_OF and late_forms.is_form()
        return late_forms.answer() if takes_late else page(400)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None or (error.code or 500) < 400:
            return Response(error.get_response().get_data(), error.code or 500, dict(error.get_headers()))
        if error.code == METHOD_NOT_ALLOWED and (above := _page_above()):
            return go_to(above)
        response = page(error.code or 500)
        response.headers.extend({name: value for name, value in error.get_headers() if name == "Allow"})
        return response

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> Response:
        log.error("database_unavailable", error=type(error.orig).__name__)
        return page(503, retry_after=RETRY_AFTER_SECONDS)

    @app.errorhandler(OSError)
    def disk(error: OSError) -> Response:
        log.error("disk", code=error.errno)
        return page(507 if error.errno in {28, 122} else 500)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        if app.testing:
            raise error
        log.exception("unexpected")
        return page(500)
