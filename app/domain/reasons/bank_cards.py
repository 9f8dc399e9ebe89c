"""Why bank cards go back."""

from app.domain.journey import Step
from app.domain.reasons.reason import Reason

ABOUT_BANK_CARDS = (
    Reason(
        code="CARD_BLUR",
        number=31,
        step=Step.BANK_CARDS,
        field="photo",
        zh="银行卡照片看不清卡号。请拿稳手机、避开反光后重拍。",
        initials="y h kq z p k b q kq hx",
        en="The number cannot be read on the photo of the bank card. Take it again, steady and without reflections.",
        example="blur.svg",
    ),
    Reason(
        code="CARD_NUMBER_MISMATCH",
        number=32,
        step=Step.BANK_CARDS,
        field="number",
        zh="银行卡号与卡面不一致。请对照卡面重填。",
        initials="y h kq hx y kq m b y z",
        en="The number differs from the one on the card. Enter it again from the card.",
    ),
    Reason(
        code="CARD_NOT_OWN",
        number=33,
        step=Step.BANK_CARDS,
        field="number",
        zh="持卡人不是您本人。请换成您本人名下的银行卡。",
        initials="c kq r b s n b r",
        en="The card is not in your name. Use a card of your own.",
    ),
    Reason(
        code="CARD_NOT_DEBIT",
        number=34,
        step=Step.BANK_CARDS,
        field="number",
        zh="这张卡不是借记卡。信用卡不能作结算账户，请换一张借记卡。",
        initials="z z kq b s j j kq",
        en="This is not a debit card. A credit card cannot be a settlement account; use a debit card.",
    ),
    Reason(
        code="CARD_BANK_UNSUPPORTED",
        number=35,
        step=Step.BANK_CARDS,
        field="number",
        zh="暂不支持这家银行。请换成列表中银行的借记卡。",
        initials="z b z c z gj y h",
        en="This bank is not supported yet. Use a debit card of a bank in the list.",
    ),
    Reason(
        code="CARD_BRANCH_INVALID",
        number=36,
        step=Step.BANK_CARDS,
        field="branch",
        zh="银行网点不存在或不完整。请向银行询问开户网点的全称后重填。",
        initials="y h w d bf c z hy bf kw z",
        en="The branch does not exist or is incomplete. Ask the bank for its full name and enter it again.",
    ),
    Reason(
        code="CARD_BOUND",
        number=37,
        step=Step.BANK_CARDS,
        field=None,
        zh="要删除的银行卡还有银期签约。请先到银行解除签约，或撤销删除。",
        initials="y s csz d y h kq fh wy y jq q y",
        en="The bank-futures transfer of the card to be removed is still signed. Release it at the bank first, or "
        "undo the removal.",
    ),
)
