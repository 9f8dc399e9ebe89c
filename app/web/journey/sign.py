"""What the signing island asks for: the bytes to sign, and to take the signatures. Answers JSON."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong, MoveNotAllowed, NotEditable, NotFound, TooMany
from app.models import Case, Signing
from app.services import cases, signing
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor, investors
from app.web.code_words import code_words
from app.web.journey.blueprint import bp
from app.web.sessions import session_id

SIGNATURES_AT_MOST_CHARACTERS = 20_000
WORDS: dict[tuple[str, str], Any] = {
    ("documents", "not_drawn"): _l("协议有变化，请刷新页面，重新阅读。"),
    ("documents", "unopened"): _l("还有 %(left)s 份协议没有同意。请逐份阅读并同意后再签署，验证码还可以用。"),
    ("certificate", "unusable"): _l("这张证书已吊销或过期，不能签署。请刷新页面，按提示装一张新证书。"),
    ("signing", "under_way"): _l("另一个窗口或设备正在签署，请稍等几秒，刷新页面看结果。"),
    ("signing", "void"): _l("这次签署已在另一个窗口或设备上重新开始，请刷新页面。"),
    ("signing", "certificate_unusable"): _l("签署期间证书被吊销或过期，没有签署。请刷新页面。"),
    ("signing", "altered"): _l("签名与文件不符，没有签署。请重新获取验证码，再试一次。"),
    ("signing", "not_intact"): _l("签好的文件没有通过检查，没有保存。请重新获取验证码再试；仍不成功请联系客服。"),
    ("signing", "attempts"): _l("系统没有签成，您填写的内容没有丢失。请重新获取验证码，再试一次。"),
    ("signatures", "missing"): _l("签名不完整，请再试一次。"),
    ("signatures", "wrong"): _l("签名与证书不符。请确认用的是这张证书的密码，再试一次。"),
}
View = Callable[..., ResponseReturnValue]


def answers_json(view: View) -> View:
    """Finds the own case; what the business refuses becomes words for the island, at a field or above the form."""

    @wraps(view)
    def guarded(case_id: str, **values: Any) -> ResponseReturnValue:
        try:
            return view(cases.of_investor(case_id, current_investor()), **values)
        except (FieldWrong, TooMany) as wrong:
            return jsonify(_refusal(wrong)), 429 if isinstance(wrong, TooMany) else 422
        except NotFound:
            return jsonify(error=str(WORDS["signing", "void"])), 404
        except (MoveNotAllowed, NotEditable):
            return jsonify(error=_("办理进度有了变化，请刷新页面，从当前步骤继续。")), 409

    return investors(guarded)


def _refusal(wrong: FieldWrong | TooMany) -> dict[str, Any]:
    if isinstance(wrong, TooMany) or wrong.field == "sms_code":
        return {"errors": {"sms_code": code_words(wrong)}}
    if wrong.field == "agree":
        return {"errors": {"agree": _("请先阅读并同意以上协议")}}
    return {"error": str(WORDS[wrong.field, wrong.code]) % wrong.details}


@bp.post("/cases/<case_id>/agreements/sign")
@answers_json
def begin_signing(case: Case) -> ResponseReturnValue:
    """Begin: the tick, the code, and the certificate that this browser has the key of."""
    if request.form.get("agree") != "y":
        raise FieldWrong("agree", "missing")
    begun = signing.begin(
        case.id,
        fingerprint=request.form.get("certificate", ""),
        code=request.form.get("sms_code", ""),
        session_id=session_id(),
        by=By.investor(current_investor()),
    )
    return _answer(case, begun)


@bp.get("/cases/<case_id>/agreements/sign/<signing_id>")
@answers_json
def signing_state(case: Case, signing_id: str) -> ResponseReturnValue:
    """How far the worker is."""
    return _answer(case, signing.of_case(case, signing_id, session_id()))


@bp.post("/cases/<case_id>/agreements/sign/<signing_id>")
@answers_json
def finish_signing(case: Case, signing_id: str) -> ResponseReturnValue:
    """Take the browser's signatures."""
    taken = signing.take(case.id, signing_id, _signatures(), session_id=session_id())
    return _answer(case, taken)


def _answer(case: Case, begun: Signing) -> ResponseReturnValue:
    own_url = url_for("journey.signing_state", case_id=case.id, signing_id=begun.id)
    if begun.state == "done":
        return jsonify(next=steps.due_url(cases.of_investor(case.id, current_investor())))
    if begun.state == "prepared":
        documents = [{"id": one.id, "attributes": _base64(one.attributes)} for one in begun.documents]
        return jsonify(documents=documents, finish=own_url)
    if begun.state in signing.AT_WORK:
        return jsonify(poll=True, url=own_url)
    raise FieldWrong("signing", signing.failure(begun))


def _base64(content: bytes | None) -> str:
    return base64.b64encode(content or b"").decode()


def _signatures() -> dict[str, bytes]:
    """Raw signatures by document id, as the island sends them; FieldWrong("signatures", "missing") for other things."""
    text = request.form.get("signatures", "")
    try:
        sent = json.loads(text[:SIGNATURES_AT_MOST_CHARACTERS])
        return {str(name): base64.b64decode(value, validate=True) for name, value in sent.items()}
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise FieldWrong("signatures", "missing") from error
