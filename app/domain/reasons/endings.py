"""Why agreements are signed again, why a case is refused for good, and what the staff word by hand."""

from app.domain.journey import Step
from app.domain.reasons.reason import Reason

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
