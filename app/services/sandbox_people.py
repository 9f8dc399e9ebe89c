"""Investors who do not exist, their accounts, and the cards and photos of their cases."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from app.domain.identity import check_character
from app.models import BranchOffice, Case, CaseCard, Investor, Photo, SettlementAccount, Vault
from app.outside import outside
from app.services.sandbox import card_number
from app.services.sandbox_rows import Made, Props

DAYS_OF_BIRTH = 18_000
NOWHERE = "110000"
"""The region of a whole city: nobody's number begins so, it is plainly made up."""
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华慧巧美云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼"
SLOTS = ("id_portrait", "id_emblem", "signature")
KEPT_SHARE = 0.7
"""Of a hundred registered cards so many stay beside the new one; the others are removed."""


def vault(made: Made) -> Vault:
    """A vault for a new person or case."""
    new = Vault.new()
    made.add(new)
    return new


def investor(
    made: Made, props: Props, chance: random.Random, serial: int, office: BranchOffice
) -> tuple[Investor, SettlementAccount]:
    """The person with this serial number, and the account that the broker has on file."""
    own = vault(made)
    born = date(1955, 1, 1) + timedelta(days=serial // 1_000 * 7_919 % DAYS_OF_BIRTH)
    first_17 = f"{NOWHERE}{born:%Y%m%d}{serial % 1_000:03d}"
    number = first_17 + check_character(first_17)
    name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
    phone = f"199{serial % 100_000_000:08d}"
    person = Investor(
        vault=own, vault_id=own.id, id_number=number,
        id_number_index=outside.sealer.index("id_number", number), name=name,
        name_index=outside.sealer.index("name", name), phone=phone, phone_index=outside.sealer.index("phone", phone),
        id_valid_from=date(2018, 5, 1), id_valid_to=date(2038, 5, 1), account_status="normal",
        branch_office_id=office.id, source_at=outside.clock.now(),
    )  # fmt: skip
    made.add(person)
    bin_ = chance.choice(props.bins)
    digits = card_number(bin_.prefix, serial)
    account = SettlementAccount(
        vault=own, vault_id=own.id, investor_id=person.id, bank_code=bin_.bank_code, card_number=digits,
        card_number_index=outside.sealer.index("card_number", digits), branch_name="示例支行", transfer_signed=False,
        is_default=True, position=0,
    )  # fmt: skip
    made.add(account)
    return person, account


def cards(made: Made, props: Props, chance: random.Random, case: Case, account: SettlementAccount) -> CaseCard:
    """The registered card, kept or removed, and a new one, which is answered."""
    change = "kept" if chance.random() < KEPT_SHARE else "removed"
    _card(made, case, 0, (account.bank_code, account.card_number), change, account.id)
    bin_ = chance.choice(props.bins)
    digits = card_number(bin_.prefix, 500_000_000 + chance.randrange(400_000_000))
    return _card(made, case, 1, (bin_.bank_code, digits), "added", None)


def _card(made: Made, case: Case, position: int, of: tuple[str, str], change: str, account_id: str | None) -> CaseCard:
    bank, digits = of
    card = CaseCard(
        vault=case.vault, vault_id=case.vault.id, case_id=case.id, account_id=account_id, change=change,
        bank_code=bank, card_number=digits, card_number_index=outside.sealer.index("card_number", digits),
        branch_name="示例支行", is_default=change == "added", position=position,
        bank_check="matched" if change == "added" else "",
    )  # fmt: skip
    made.add(card)
    return card


def photos(made: Made, props: Props, case: Case, card: CaseCard, at: datetime) -> None:
    """The three photos and the one of the new card: the same sample pictures for everybody."""
    for place, slot in (*((slot, slot) for slot in SLOTS), (card.photo_place, "bank_card")):
        picture = props.pictures[slot]
        photo = Photo(
            case_id=case.id, place=place, slot=slot, state="ready", state_since=at, created_at=at,
            preview_id=picture.preview.id, prepared_id=picture.prepared.id, thumbnail_id=picture.thumbnail.id,
        )  # fmt: skip
        made.add(photo)
