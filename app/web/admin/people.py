"""The staff: who there is, inviting by a one-time link, roles and offices, access taken and given back, resets."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app.domain.errors import FieldWrong
from app.models import Staff
from app.services import staff, staff_list, staff_resets
from app.services.staff_list import Entry
from app.web.access import Role, current_staff, role
from app.web.admin import history
from app.web.admin.account_words import password_words
from app.web.admin.blueprint import bp
from app.web.admin.wording import ACTORS
from app.web.answers import MAIN, go, show, show_form
from app.web.wording import named

STRIPPED = (lambda value: (value or "").strip(),)


class PersonForm(FlaskForm):
    """One member of staff."""

    name = StringField(_l("姓名"), filters=STRIPPED, validators=[DataRequired(_l("请填写姓名")), Length(max=40)])
    licence_number = StringField(_l("执业编号"), filters=STRIPPED, validators=[Length(max=30)])
    roles = SelectMultipleField(
        _l("岗位"),
        choices=[SelectChoice(one, ACTORS[one]) for one in staff_list.ROLES],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    # no DataRequired: it would mark every single box as required, and no browser would send the form
    office = SelectField(_l("营业部"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = [SelectChoice(one.id, named(one)) for one in staff_list.offices()]
        self.office.choices = [SelectChoice("", _("全部营业部")), *offices]

    def entry(self) -> Entry:
        """As the service takes it."""
        return Entry(self.name.data, self.licence_number.data, tuple(self.roles.data), self.office.data or None)


class NewPersonForm(PersonForm):
    """A new one: the login as well, for good."""

    login = StringField(_l("工号"), filters=STRIPPED, validators=[DataRequired(_l("请填写工号")), Length(max=40)])


@bp.get("/staff")
@role(Role.ADMINISTRATOR, Role.AUDITOR)
def people() -> ResponseReturnValue:
    """Everybody, and the resets that wait for a second administrator."""
    fragment = "listed" if request.args.get("poll") else MAIN
    return show("admin/people.html", fragment=fragment, everybody=staff_list.everybody(), resets=staff_resets.waiting())


@bp.route("/staff/new", methods=["GET", "POST"])
@role(Role.ADMINISTRATOR)
def new_person() -> ResponseReturnValue:
    """Invite somebody; the link is shown once."""
    form = NewPersonForm()
    if form.validate_on_submit():
        try:
            person, token = staff_list.invite(form.login.data, form.entry(), by=current_staff())
            return _link_page(person, token)
        except FieldWrong as wrong:
            form[wrong.field].errors = [_wrong(wrong.code)]
    return show_form("admin/person.html", form, person=None, reset=None, history=[])


@bp.route("/staff/<staff_id>", methods=["GET", "POST"])
@role(Role.ADMINISTRATOR)
def person(staff_id: str) -> ResponseReturnValue:
    """One member of staff, and what may be done."""
    found = staff_list.find(staff_id)
    form = PersonForm(data=_filled(found))
    if form.validate_on_submit():
        try:
            staff_list.change(found.id, form.entry(), by=current_staff())
            flash(_("已保存。"), "ok")
            return go("admin.people")
        except FieldWrong as wrong:
            form[wrong.field].errors = [_wrong(wrong.code)]
    past = history.of_person(staff_list.history(found))
    return show_form("admin/person.html", form, person=found, reset=staff_resets.open_for(found), history=past)


def _filled(found: Staff) -> dict[str, Any]:
    return {
        "name": found.name,
        "licence_number": found.licence_number,
        "roles": found.roles,
        "office": found.branch_office_id or "",
    }


@bp.post("/staff/<staff_id>/access")
@role(Role.ADMINISTRATOR)
def person_access(staff_id: str) -> ResponseReturnValue:
    """Take the access away, or give it back."""
    found = staff_list.find(staff_id)
    if found.id == current_staff().id:
        flash(_("不能停用自己。"), "bad")
    elif request.form.get("give") == "yes":
        staff.enable(found.id, by=current_staff())
        flash(_("已恢复。"), "ok")
    else:
        staff.disable(found.id, by=current_staff())
        flash(_("已停用，所有登录都已结束。"), "ok")
    return go("admin.person", staff_id=found.id)


@bp.post("/staff/<staff_id>/link")
@role(Role.ADMINISTRATOR)
def person_link(staff_id: str) -> ResponseReturnValue:
    """Another link for somebody who has not been in yet."""
    found = staff_list.find(staff_id)
    return _link_page(found, staff_list.new_link(found.id, by=current_staff()))


@bp.post("/staff/<staff_id>/reset")
@role(Role.ADMINISTRATOR)
def person_reset(staff_id: str) -> ResponseReturnValue:
    """Ask for a reset; the word for the person is shown once."""
    found = staff_list.find(staff_id)
    try:
        word = staff_resets.ask(found.id, by=current_staff())
    except FieldWrong as wrong:
        flash(password_words(wrong.code, wrong.details), "bad")
        return go("admin.person", staff_id=found.id)
    return show("admin/person_word.html", person=found, word=word)


@bp.post("/staff/resets/<reset_id>/<answer>")
@role(Role.ADMINISTRATOR)
def answer_reset(reset_id: str, answer: str) -> ResponseReturnValue:
    """The second administrator agrees and gets the link; or somebody withdraws the wish."""
    if answer != "agree":
        staff_resets.withdraw(reset_id, by=current_staff())
        flash(_("已撤回，什么都没有变。"), "ok")
        return go("admin.people")
    try:
        token = staff_resets.agree(reset_id, by=current_staff())
    except FieldWrong as wrong:
        flash(password_words(wrong.code, wrong.details), "bad")
        return go("admin.people")
    return _link_page(staff_resets.of(reset_id).staff, token, needs_word=True)


def _link_page(found: Staff, token: str, *, needs_word: bool = False) -> ResponseReturnValue:
    settings = current_app.config["SETTINGS"]
    link = settings.site + url_for("staff_door.set_up", token=token)
    return show(
        "admin/person_link.html", person=found, link=link, hours=settings.staff_link_hours, needs_word=needs_word
    )


def _wrong(code: str) -> str:
    return {
        "taken": _("这个工号已经有人用了"),
        "none": _("请至少选一个岗位"),
        "own": _("不能改自己的岗位和营业部，请另一位管理员来改"),
    }.get(code, _("工号用小写字母、数字、点、横线，2 到 40 个字符"))
