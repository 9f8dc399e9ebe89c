"""Builders: what a test takes for given, in one call each. All need an application context."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask.testing import FlaskClient

from app.db import read, transaction
from app.domain.identity import check_character
from app.domain.states import State
from app.models import Bank, BankBin, BranchOffice, Case, CaseCard, Investor, SettlementAccount, Staff, Vault
from app.outside import outside
from app.services import cases, consents, sessions
from app.services.actors import By
from app.web import access

ALWAYS_OPEN = [["00:00", "23:59"]]
ICBC_CARD = "6222020000000000001"
CMB_CARD = "6214830000000009"


def id_number(serial: int = 1, born: str = "19900307", region: str = "110000") -> str:
    """A plainly invalid identity (the region is a whole city) with a right check character."""
    first_17 = f"{region}{born}{serial:03d}"
    return first_17 + check_character(first_17)


def a_branch_office(name: str = "杭州营业部", *, capacity: int | None = None) -> BranchOffice:
    """A branch office of that name, made once, whose video hours never end."""
    with transaction() as db:
        office = db.query(BranchOffice).filter_by(name=name).first()
        if office is None:
            office = BranchOffice(
                code=f"B{db.query(BranchOffice).count():03d}",
                name=name,
                name_en="Hangzhou",
                address="示例路 1 号",
                phone="0571-00000000",
                video_windows=ALWAYS_OPEN,
                slot_capacity=capacity,
            )
            db.add(office)
        return office


def banks() -> None:
    """ICBC, CCB and CMB with a debit prefix each, and a credit prefix of CMB; made once."""
    with transaction() as db:
        if db.get(Bank, "ICBC"):
            return
        rows = [
            ("ICBC", "中国工商银行", "工商银行"),
            ("CCB", "中国建设银行", "建设银行"),
            ("CMB", "招商银行", "招商银行"),
        ]
        for position, (code, name, short_name) in enumerate(rows):
            db.add(Bank(code=code, name=name, short_name=short_name, name_en=code, position=position))
        db.flush()
        prefixes = [("622202", "ICBC", "debit"), ("621700", "CCB", "debit"), ("621483", "CMB", "debit")]
        for prefix, code, kind in [*prefixes, ("622575", "CMB", "credit")]:
            db.add(BankBin(prefix=prefix, bank_code=code, kind=kind))


def an_investor(serial: int = 1, **values: Any) -> Investor:
    """An adult investor in good standing with one registered ICBC account; `values` override columns."""
    banks()
    office = a_branch_office()
    number = values.pop("id_number", None) or id_number(serial)
    name, phone = values.pop("name", "周样例"), values.pop("phone", f"1380000{serial:04d}")
    with transaction() as db:
        vault = Vault.new()
        db.add(vault)
        defaults = {
            "id_valid_from": date(2020, 5, 1),
            "id_valid_to": date(2040, 5, 1),
            "account_status": "normal",
            "branch_office_id": office.id,
            "source_at": outside.clock.now(),
        }
        investor = Investor(
            vault=vault,
            id_number=number,
            id_number_index=outside.sealer.index("id_number", number),
            name=name,
            name_index=outside.sealer.index("name", name),
            phone=phone,
            phone_index=outside.sealer.index("phone", phone),
            **{**defaults, **values},
        )
        db.add(investor)
        db.flush()
        an_account(investor)
        return investor


def an_account(
    investor: Investor, bank: str = "ICBC", number: str = ICBC_CARD, *, transfer_signed: bool = False
) -> SettlementAccount:
    """A settlement account registered for the investor; the first one is the default."""
    with transaction() as db:
        position = db.query(SettlementAccount).filter_by(investor_id=investor.id).count()
        account = SettlementAccount(
            vault=investor.vault,
            investor_id=investor.id,
            bank_code=bank,
            card_number=number,
            card_number_index=outside.sealer.index("card_number", number),
            branch_name="杭州庆春路支行",
            transfer_signed=transfer_signed,
            is_default=position == 0,
            position=position,
        )
        db.add(account)
        return account


def a_case(investor: Investor | None = None, state: State = State.PHOTOS) -> Case:
    """A case of the investor, put into that state without going the way there."""
    investor = investor or an_investor()
    if state is State.VIDEO:
        consents.publish_shipped()
    case = cases.open_case(investor, by=By.investor(investor))
    with transaction():
        case = cases.locked(case.id)
        case.state = state.value
    return case


def an_added_card(case: Case, bank: str = "CMB", number: str = CMB_CARD) -> CaseCard:
    """A card that the case adds."""
    with transaction() as db:
        card = CaseCard(
            case=case,
            vault=case.vault,
            change="added",
            bank_code=bank,
            card_number=number,
            card_number_index=outside.sealer.index("card_number", number),
            branch_name="杭州解放支行",
            position=len(case.cards),
        )
        db.add(card)
        return card


def a_member_of_staff(*roles: str, login: str = "w0001", name: str = "陈静", **values: Any) -> Staff:
    """A member of staff with the given roles (witness when none is named), at the Hangzhou office."""
    office = a_branch_office()
    with transaction() as db:
        vault = Vault.new()
        db.add(vault)
        staff = Staff(
            vault=vault,
            login=login,
            name=name,
            licence_number="F03080001",
            password_hash="!",
            totp_secret="JBSWY3DPEHPK3PXP",
            roles=list(roles or ("witness",)),
            **{"branch_office_id": office.id, **values},
        )
        db.add(staff)
        return staff


def signed_in(client: FlaskClient, person: Investor | Staff) -> FlaskClient:
    """The client with a living session of that person."""
    face = "investor" if isinstance(person, Investor) else "staff"
    content = {"_user_id": f"{face}:{person.id}", "_fresh": True, access.CSRF_SECRET: access.csrf_secret()}
    opened = sessions.begin(face, content, person_id=person.id)
    client.set_cookie(f"{face}_session", opened.token)
    return client


def csrf_of(html: str) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert found, "the page has no form with a CSRF token"
    return found.group(1)


def post(
    client: FlaskClient, url: str, data: dict[str, Any] | None = None, *, page: str | None = None, **options: Any
) -> Any:
    """Post a form as a browser would: fetch `page` (default: the same address) first and send its CSRF token along."""
    token = csrf_of(client.get(page or url).get_data(as_text=True))
    return client.post(url, data={"csrf_token": token, **(data or {})}, **options)


def fresh(row: Any) -> Any:
    """The row as it is in the database now."""
    return read().get_one(type(row), row.id, populate_existing=True)
