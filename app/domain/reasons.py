"""The catalogue of reasons for which a case is sent back, to the counter, or refused.

The words are the investor's: what is wrong, and how to mend it. The reviewer's free remark comes after them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.domain.journey import ORDER, Step

Kind = Literal["mend", "counter", "final"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason as it ships; administrators edit the words later.

    step: where the investor mends it. None for a final refusal, and for OTHER, where the staff name it by hand.
    field: the photo slot (id_portrait, id_emblem, signature), or of a bank card number, branch or photo;
    None: the step as a whole.
    number: short and for good, what the staff key in. initials: see app.domain.pinyin, of `zh`.
    zh, en: what the investor reads. kind: mend it here, go to the counter, or final.
    example: the file name, in static/img/reasons, of a picture of how it should be and how it is; None without one.
    """

    code: str
    number: int
    step: Step | None
    field: str | None
    zh: str
    initials: str
    en: str
    kind: Kind = "mend"
    example: str | None = None


ABOUT_PHOTOS = (
    Reason(
        code="ID_PORTRAIT_BLUR",
        number=11,
        step=Step.PHOTOS,
        field="id_portrait",
        zh="人像面照片模糊，看不清文字。请拿稳手机、对焦后重拍。",
        initials="r x m z p m h k b q w z",
        en="The portrait side is blurred and cannot be read. Hold the phone still, let it focus, and take it again.",
        example="blur.svg",
    ),
    Reason(
        code="ID_PORTRAIT_CROPPED",
        number=12,
        step=Step.PHOTOS,
        field="id_portrait",
        zh="人像面没有拍全。请让四个角都在画面里，再拍一张。",
        initials="r x m m y bp q",
        en="The portrait side is cut off. Take it again with all four corners in the picture.",
        example="cut.svg",
    ),
    Reason(
        code="ID_PORTRAIT_GLARE",
        number=13,
        step=Step.PHOTOS,
        field="id_portrait",
        zh="人像面有反光，挡住了内容。请避开灯光、关掉闪光灯后重拍。",
        initials="r x m wy f g d z l n r",
        en="A reflection hides part of the portrait side. Turn away from lamps, switch the flash off, and retake it.",
        example="glare.svg",
    ),
    Reason(
        code="ID_PORTRAIT_COPY",
        number=14,
        step=Step.PHOTOS,
        field="id_portrait",
        zh="人像面是复印件或翻拍。请直接拍身份证原件。",
        initials="r x m st f y j hy f bp",
        en="The portrait side is a copy or a photo of a screen. Photograph the ID card itself.",
        example="copy.svg",
    ),
    Reason(
        code="ID_EMBLEM_BLUR",
        number=15,
        step=Step.PHOTOS,
        field="id_emblem",
        zh="国徽面照片模糊，看不清有效期限。请拿稳手机、对焦后重拍。",
        initials="g h m z p m h k b q y x q wx",
        en="The emblem side is blurred; its validity cannot be read. Hold the phone still, let it focus, retake it.",
        example="blur.svg",
    ),
    Reason(
        code="ID_EMBLEM_CROPPED",
        number=16,
        step=Step.PHOTOS,
        field="id_emblem",
        zh="国徽面没有拍全。请让四个角都在画面里，再拍一张。",
        initials="g h m m y bp q",
        en="The emblem side is cut off. Take it again with all four corners in the picture.",
        example="cut.svg",
    ),
    Reason(
        code="ID_EMBLEM_EXPIRED",
        number=17,
        step=Step.PHOTOS,
        field="id_emblem",
        zh="身份证已过有效期。请带新身份证到营业部柜台更新资料，再回来继续办理。",
        initials="s f z sy g y x q",
        en="The ID card has expired. Take your new card to the counter of your branch office first, then go on here.",
        kind="counter",
    ),
    Reason(
        code="ID_SIDES_SWAPPED",
        number=18,
        step=Step.PHOTOS,
        field=None,
        zh="人像面和国徽面传反了。请把两张照片对调，重新上传。",
        initials="r x m h g h m cz f l",
        en="The two sides of the ID card are swapped. Upload each in the other's place.",
        example="swapped.svg",
    ),
    Reason(
        code="ID_NOT_HOLDER",
        number=19,
        step=Step.PHOTOS,
        field="id_portrait",
        zh="照片上不是您本人的身份证。请上传本人身份证的人像面。",
        initials="z p s b s n b r d s f z",
        en="This is not your ID card. Upload the portrait side of your own card.",
    ),
    Reason(
        code="ID_DATA_MISMATCH",
        number=20,
        step=Step.PHOTOS,
        field="id_portrait",
        zh="身份证上的信息与登记资料不一致。请上传现用的身份证；如果姓名或号码改过，请先到营业部柜台更新资料。",
        initials="s f z s d x x y d j z l b y z",
        en="The ID card differs from what we have on file. Upload your current card; if your name or number has "
        "changed, have the counter of your branch office update it first.",
    ),
    Reason(
        code="SIGNATURE_ILLEGIBLE",
        number=21,
        step=Step.PHOTOS,
        field="signature",
        zh="签名看不清。请用黑色笔在白纸上工整签名，重新拍照。",
        initials="q m k b q",
        en="The signature cannot be read. Sign clearly with a black pen on white paper and take it again.",
        example="illegible.svg",
    ),
    Reason(
        code="SIGNATURE_NAME_MISMATCH",
        number=22,
        step=Step.PHOTOS,
        field="signature",
        zh="签名与您的姓名不一致。请签身份证上的全名，不要用简写或别名。",
        initials="q m y n d sx m b y z",
        en="The signature is not your name. Sign your full name as on the ID card.",
    ),
    Reason(
        code="SIGNATURE_BACKGROUND",
        number=23,
        step=Step.PHOTOS,
        field="signature",
        zh="签名的背景不干净。请用没有格子和字迹的白纸重签，避开阴影。",
        initials="q m d b j b g cj",
        en="The paper behind the signature is not clean. Sign on blank white paper, away from shadows.",
        example="paper.svg",
    ),
)

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

ABOUT_THE_VIDEO = (
    Reason(
        code="VIDEO_DARK",
        number=51,
        step=Step.VIDEO,
        field=None,
        zh="视频画面太暗，看不清面部。请到明亮的地方，面向光源，重新视频。",
        initials="s p h m t a k b q m bp",
        en="The picture was too dark to see your face. Go to a bright place, face the light, and call again.",
    ),
    Reason(
        code="VIDEO_NO_SOUND",
        number=52,
        step=Step.VIDEO,
        field=None,
        zh="视频中没有声音。请检查麦克风权限和音量，重新视频。",
        initials="s p z m y qs y",
        en="There was no sound. Check the microphone's permission and volume, and call again.",
    ),
    Reason(
        code="VIDEO_NETWORK",
        number=53,
        step=Step.VIDEO,
        field=None,
        zh="网络不稳定，视频没有完成。请换一个网络后重新视频，或预约其他时间。",
        initials="w l b w d s p m y kw c",
        en="The line was too unstable to finish. Use another network and call again, or book another time.",
    ),
    Reason(
        code="VIDEO_FACE_COVERED",
        number=54,
        step=Step.VIDEO,
        field=None,
        zh="面部被遮挡。请摘下口罩、帽子、墨镜，重新视频。",
        initials="m bp bp z d",
        en="Your face was covered. Take off mask, hat and sunglasses, and call again.",
    ),
    Reason(
        code="VIDEO_OTHERS_PRESENT",
        number=55,
        step=Step.VIDEO,
        field=None,
        zh="视频时有其他人在场。请独自在安静的地方重新视频。",
        initials="s p s wy q t r z c",
        en="Somebody else was present. Call again alone, in a quiet place.",
    ),
    Reason(
        code="VIDEO_ID_NOT_SHOWN",
        number=56,
        step=Step.VIDEO,
        field=None,
        zh="视频中没有出示身份证原件。请备好原件，重新视频。",
        initials="s p z m y c qsz s f z y jm",
        en="The ID card itself was not shown. Have it at hand and call again.",
    ),
    Reason(
        code="VIDEO_CODE_WRONG",
        number=57,
        step=Step.VIDEO,
        field=None,
        zh="念出的口令与屏幕上的不符。请重新视频，照屏幕逐位念出六位数字。",
        initials="n c d k l y p m s d b f",
        en="The code you read out was not the one on your screen. Call again and read the six digits one by one.",
    ),
    Reason(
        code="VIDEO_ANSWERS_WRONG",
        number=58,
        step=Step.VIDEO,
        field=None,
        zh="对见证人提问的回答不符合要求。请先看清要办的业务，再由本人重新视频作答。",
        initials="d j z r t w d h d b f gh y q",
        en="Some answers were not as needed. Read again what is to be changed, then call and answer yourself.",
    ),
    Reason(
        code="VIDEO_USER_LEFT",
        number=59,
        step=Step.VIDEO,
        field=None,
        zh="视频中途您离开了。请留出几分钟，重新视频。",
        initials="s p z t n cl k l",
        en="You left during the call. Set a few minutes aside and call again.",
    ),
)

ABOUT_AGREEMENTS = (
    Reason(
        code="AGREEMENT_OUTDATED",
        number=71,
        step=Step.AGREEMENTS,
        field=None,
        zh="协议已有新版本。请阅读新版后重新签署。",
        initials="x y sy wy x b b",
        en="There is a new version of the agreement. Read it and sign again.",
    ),
)

FINAL = (
    Reason(
        code="FINAL_IMPERSONATION",
        number=91,
        step=None,
        field=None,
        zh="无法确认是本人办理，本次申请不予受理。如有疑问，请本人带身份证到营业部。",
        initials="mw f q r st b r b l b cz s q bf yz ds l",
        en="We could not confirm that it was you; the application is refused. Please come to your branch office "
        "with your ID card if you have questions.",
        kind="final",
    ),
    Reason(
        code="FINAL_COERCED",
        number=92,
        step=None,
        field=None,
        zh="无法确认办理出于本人意愿，本次申请不予受理。如有疑问，请本人到营业部。",
        initials="mw f q r b l c wxy b r y y b cz s q bf yz ds l",
        en="We could not confirm that this is your own free will; the application is refused. Please come to your "
        "branch office if you have questions.",
        kind="final",
    ),
    Reason(
        code="FINAL_UNDER_AGE",
        number=93,
        step=None,
        field=None,
        zh="投资者未满 18 周岁，不能办理本业务。",
        initials="dt z z w m z s b n b l b y w",
        en="Investors under 18 cannot use this service.",
        kind="final",
    ),
    Reason(
        code="FINAL_ACCOUNT_STATUS",
        number=94,
        step=None,
        field=None,
        zh="账户状态不允许办理本业务。请联系营业部了解原因。",
        initials="z h z t bf y x b l b y w",
        en="The state of the account does not allow this change. Please ask your branch office.",
        kind="final",
    ),
)

BY_HAND = (
    Reason(
        code="OTHER",
        number=99,
        step=None,
        field=None,
        zh="其他原因，见备注。",
        initials="q t y y jx b z",
        en="Another reason; see the remark.",
    ),
)

REASONS: dict[str, Reason] = {
    reason.code: reason
    for reason in (*ABOUT_PHOTOS, *ABOUT_BANK_CARDS, *ABOUT_THE_VIDEO, *ABOUT_AGREEMENTS, *FINAL, *BY_HAND)
}
"""Every reason by its code, in the order of the journey."""


def earliest_step(codes: Iterable[str], *, by_hand: Iterable[Step] = ()) -> Step:
    """The step that the investor goes back to: the earliest among the reasons and the steps named by hand (OTHER).

    Raises KeyError for a code that is not in the catalogue, ValueError when none of them leads to a step.
    """
    steps = {REASONS[code].step for code in codes} | set(by_hand)
    for step in ORDER:
        if step in steps:
            return step
    raise ValueError("none of these reasons leads back to a step")
