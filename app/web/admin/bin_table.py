"""The table of card prefixes as a file: out as CSV, in with a look at every line first."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import TextAreaField

from app.domain.errors import FieldWrong
from app.services import bin_files
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.answers import go, show_form
from app.web.uploads import carries_a_file

LARGEST_BYTES = 512 * 1024
SHOWN_LINES = 100

LINE_WORDS: dict[str, Any] = {
    "header": _l("第一行要是 prefix,bank,kind,retired"),
    "many": _l("行数太多，最多 5000 行"),
    "csv": _l("引号没有配对，读不下去"),
    "cells": _l("列数不对"),
    "formula": _l("有像公式的内容（以 = + - @ 开头）"),
    "prefix": _l("前缀要是 3 到 10 位数字"),
    "kind": _l("卡种只能是 debit 或 credit"),
    "retired": _l("停用一列只能是 0 或 1"),
    "bank": _l("没有这个银行代码"),
    "twice": _l("前缀在文件里出现了两次"),
}


class FileForm(FlaskForm):
    """A CSV file; for publishing its text goes along, so that what was looked at is what is taken."""

    file = FileField(_l("CSV 文件"))
    text = TextAreaField(_l("文件内容"))


@bp.get("/bin-table.csv")
@role(Role.ADMINISTRATOR, Role.AUDITOR)
def bin_table() -> ResponseReturnValue:
    """The whole table; with a byte order mark, so that spreadsheets read it as UTF-8."""
    response = Response("\ufeff" + bin_files.write(), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="bin-table.csv"'
    return response


@bp.route("/bin-table", methods=["GET", "POST"])
@carries_a_file
@role(Role.ADMINISTRATOR)
def bin_import() -> ResponseReturnValue:
    """The form, then every line's fate, then published."""
    form, found = FileForm(), None
    if form.validate_on_submit():
        try:
            form.text.data = form.text.data or _text_of(form)
            if request.form.get("act") == "publish":
                found = bin_files.publish(form.text.data, by=current_staff())
                words = _("已导入：新增 %(n)s 条，改变 %(c)s 条。", n=len(found.new), c=len(found.changed))
                flash(words, "ok")
                return go("admin.catalogue", catalogue="bins")
            found = bin_files.read(form.text.data)
        except FieldWrong as error:
            form.file.errors = [*form.file.errors, _wrong(error.code)]
    return show_form("admin/bin_import.html", form, found=found, words=LINE_WORDS, most=SHOWN_LINES)


def _text_of(form: FileForm) -> str:
    """FieldWrong("file", "empty" | "large" | "encoding"). UTF-8, or what Chinese spreadsheets write: GB 18030."""
    raw = form.file.data.read(LARGEST_BYTES + 1) if form.file.data else b""
    if not raw:
        raise FieldWrong("file", "empty")
    if len(raw) > LARGEST_BYTES:
        raise FieldWrong("file", "large")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FieldWrong("file", "encoding")


def _wrong(code: str) -> str:
    return {
        "empty": _("请选择一个 CSV 文件"),
        "large": _("文件太大，最多 512 KB"),
        "encoding": _("文件不是 UTF-8，也不是 GB 18030"),
    }.get(code, _("文件里还有错误，没有导入"))
