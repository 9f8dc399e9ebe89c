"""The texts that people agree to: what is in force, what is being written, and every version there ever was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateTimeLocalField, StringField, TextAreaField
from wtforms.validators import Optional

from app.domain.calendar import SHANGHAI
from app.domain.errors import FieldWrong, NotFound
from app.models import AgreementDraft
from app.services import agreement_preview, agreement_texts, agreements, casework, consents
from app.services.agreement_texts import Written
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.answers import MAIN, go, show, show_form

READERS = (Role.ADMINISTRATOR, Role.AUDITOR)
WORDS: dict[str, Any] = {
    "empty": _l("这里不能空着"),
    "too_long": _l("太长，最多 %(most)s 个字"),
    "taken": _l("这个版本号已经用过"),
    "form": _l("只用小写字母和下划线（代码），或数字、字母、点和短横（版本号）"),
    "past": _l("时间已经过去；要马上生效就留空"),
    "not_drawable": _l("字库里没有这些字，签署的 PDF 画不出来：%(characters)s"),
}


class DraftForm(FlaskForm):
    """The next version of a text."""

    version = StringField(_l("版本号"))
    title = StringField(_l("标题"))
    title_en = StringField(_l("英文标题"))
    body = TextAreaField(_l("正文"))
    body_en = TextAreaField(_l("英文正文"))
    required = BooleanField(_l("必须签署"))
    has_changes = BooleanField(_l("附结算账户变更明细表"))
    retired = BooleanField(_l("从生效时间起停用，不再要求签署"))
    effective_at = DateTimeLocalField(_l("生效时间"), format="%Y-%m-%dT%H:%M", validators=[Optional()])
    why = StringField(_l("修改原因"))

    def written(self) -> Written:
        """What was typed, in the service's terms; times are Shanghai's."""
        begins: datetime | None = self.effective_at.data
        return Written(
            version=(self.version.data or "").strip(),
            title=(self.title.data or "").strip(),
            title_en=(self.title_en.data or "").strip(),
            body=(self.body.data or "").replace("\r\n", "\n").strip(),
            body_en=(self.body_en.data or "").replace("\r\n", "\n").strip(),
            why=(self.why.data or "").strip(),
            effective_at=begins.replace(tzinfo=SHANGHAI) if begins else None,
            required=bool(self.required.data),
            has_changes=bool(self.has_changes.data),
            retired=bool(self.retired.data),
        )

    def refuse(self, wrong: FieldWrong) -> None:
        """The words at the field."""
        field: Any = self._fields.get(wrong.field, self.version)
        field.errors = [str(WORDS[wrong.code]) % wrong.details]


class NewTextForm(FlaskForm):
    """A text that there was not yet."""

    code = StringField(_l("代码"))


@bp.get("/agreement-texts", endpoint="agreement_texts")
@role(*READERS)
def listed() -> ResponseReturnValue:
    """Every text, and the cases that wait for a character nobody can draw."""
    return _list(NewTextForm())


@bp.post("/agreement-texts")
@role(Role.ADMINISTRATOR)
def new_agreement_text() -> ResponseReturnValue:
    """Begin a text that is new."""
    form = NewTextForm()
    code = (form.code.data or "").strip()
    if form.validate_on_submit() and agreement_texts.CODE.fullmatch(code):
        return go("admin.agreement_draft", code=code)
    form.code.errors = [str(_("三个以上的小写字母和下划线，例如 risk_notice"))]
    return _list(form)


def _list(form: NewTextForm) -> Response:
    me = current_staff()
    return show_form(
        "admin/agreement_texts.html",
        form,
        fragment="listed" if request.args.get("poll") else MAIN,
        texts=agreement_texts.all_texts(),
        waiting=agreements.not_drawable(me),
        may_edit=Role.ADMINISTRATOR in me.roles,
    )


@bp.get("/agreement-texts/<code>")
@role(*READERS)
def agreement_text(code: str) -> ResponseReturnValue:
    """Every version there ever was."""
    text = agreement_texts.of_code(code)
    versions = agreement_texts.history(code)
    names = agreement_texts.publishers(versions)
    may_edit = Role.ADMINISTRATOR in current_staff().roles
    return show("admin/agreement_text.html", text=text, versions=versions, names=names, may_edit=may_edit)


@bp.get("/agreement-texts/<code>/versions/<version>")
@role(*READERS)
def agreement_version(code: str, version: str) -> ResponseReturnValue:
    """One version, word for word."""
    found = agreement_texts.version(code, version)
    both = [consents.words(found), consents.words(found, english=True)]
    return show("admin/agreement_version.html", version=found, both=both)


@bp.route("/agreement-texts/<code>/draft", methods=["GET", "POST"])
@role(Role.ADMINISTRATOR)
def agreement_draft(code: str) -> ResponseReturnValue:
    """Write the next version."""
    if not agreement_texts.CODE.fullmatch(code):
        raise NotFound
    draft = agreement_texts.draft(code)
    form = DraftForm(data=None if DraftForm().is_submitted() else _beginning(code, draft))
    if form.validate_on_submit():
        try:
            agreement_texts.save(code, form.written(), by=current_staff())
        except FieldWrong as wrong:
            form.refuse(wrong)
        else:
            return go("admin.preview_agreement", code=code)
    return show_form("admin/agreement_draft.html", form, code=code, draft=draft, **_kind(code, draft))


def _beginning(code: str, draft: AgreementDraft | None) -> dict[str, Any]:
    """What the form begins with: the draft, else the newest version under its next name."""
    names = ("title", "title_en", "body", "body_en", "required", "has_changes", "retired")
    if draft is not None:
        begins = draft.effective_at.astimezone(SHANGHAI) if draft.effective_at else None
        return {**_values(draft, names), "version": draft.version, "why": draft.why, "effective_at": begins}
    versions = agreement_texts.history(code)
    values = _values(versions[0], names) if versions else {"required": True}
    return {**values, "version": agreement_texts.next_name(code)}


def _values(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _kind(code: str, draft: AgreementDraft | None) -> dict[str, Any]:
    versions = agreement_texts.history(code)
    newest = draft or (versions[0] if versions else None)
    return {"is_signed": newest.signed if newest else True, "newest": versions[0] if versions else None}


@bp.get("/agreement-texts/<code>/preview")
@role(Role.ADMINISTRATOR)
def preview_agreement(code: str) -> ResponseReturnValue:
    """The draft as people will read it, what it changes, and the button that publishes it."""
    draft = agreement_texts.draft(code)
    if draft is None:
        return go("admin.agreement_draft", code=code)
    return show(
        "admin/agreement_preview.html",
        draft=draft,
        both=[consents.words(draft), consents.words(draft, english=True)],
        lines=agreement_texts.changed_lines(code, draft),
        fingerprint=agreement_texts.fingerprint(draft),
        under_way=agreements.count_under_way() if draft.signed else 0,
    )


@bp.get("/agreement-texts/<code>/preview.pdf")
@role(Role.ADMINISTRATOR)
def preview_agreement_pdf(code: str) -> ResponseReturnValue:
    """The draft as the PDF that will be signed, for a made-up person."""
    draft = agreement_texts.draft(code)
    if draft is None:
        raise NotFound
    return Response(agreement_preview.pdf(draft), mimetype="application/pdf")


@bp.post("/agreement-texts/<code>/publish")
@role(Role.ADMINISTRATOR)
def publish_agreement(code: str) -> ResponseReturnValue:
    """Make the draft a version."""
    try:
        published = agreement_texts.publish(code, expected=_looked_at(), by=current_staff())
    except FieldWrong as wrong:
        said = _("草稿刚刚被改过，请看过再发布。") if wrong.field == "draft" else str(WORDS[wrong.code]) % wrong.details
        flash(said, "warn")
        return go("admin.preview_agreement" if wrong.field == "draft" else "admin.agreement_draft", code=code)
    except NotFound:
        flash(_("这份草稿已经发布或丢弃。"), "warn")
        return go("admin.agreement_texts")
    flash(_("%(title)s %(version)s 版已发布。", title=published.title, version=published.version), "ok")
    return go("admin.agreement_text", code=code)


class _PublishForm(FlaskForm):
    fingerprint = StringField()


def _looked_at() -> str:
    return _PublishForm().fingerprint.data or ""


@bp.post("/agreement-texts/<code>/discard")
@role(Role.ADMINISTRATOR)
def discard_agreement(code: str) -> ResponseReturnValue:
    """Throw the draft away."""
    agreement_texts.discard(code, by=current_staff())
    flash(_("草稿已丢弃。"), "ok")
    return go("admin.agreement_texts")


@bp.post("/agreement-texts/waiting/<case_id>")
@role(Role.ADMINISTRATOR)
def draw_agreements_again(case_id: str) -> ResponseReturnValue:
    """Have the agreements of a case drawn again."""
    agreements.draw_again(casework.find(case_id, current_staff()))
    flash(_("正在重新生成。"), "ok")
    return go("admin.agreement_texts")
