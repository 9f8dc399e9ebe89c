"""Login: every way in that must work, and every one that must not."""

from __future__ import annotations

import re
import wave
from pathlib import Path

import pytest
from captcha.audio import AudioCaptcha
from flask import Flask
from flask.testing import FlaskClient

from app.db import read
from app.models import Captcha, Consent, SmsMessage, WebSession
from app.outside import outside
from app.services import captchas, codes, consents, entry
from tests import given
from tests.web.entering import ZHOU, Visitor, an_open_house, another_code, errors


@pytest.fixture
def house(context: Flask) -> Flask:
    an_open_house()
    return context


@pytest.fixture
def visitor(house: Flask, client: FlaskClient) -> Visitor:
    return Visitor(client)


def test_whoever_knows_the_code_gets_in_with_the_consent_on_record(visitor: Visitor) -> None:
    visitor.ask_for_code()

    answer = visitor.sign_in(sms_code=visitor.code())

    consent = read().query(Consent).one()
    assert answer.status_code == 303
    assert answer.location == "/start"
    assert consent.sha256 == consents.current("privacy_policy").sha256
    assert visitor.client.get("/business").status_code == 200


def test_full_width_digits_spaces_and_a_small_x_are_understood(visitor: Visitor) -> None:
    typed = " １１００００ 1990 0307 001x"

    answer = visitor.ask_for_code(id_number=typed)

    assert "138****0001" in answer.text
    assert typed.strip() in answer.text


def test_the_page_that_was_asked_for_comes_up_after_login(visitor: Visitor) -> None:
    visitor.open("/login?next=/business")
    visitor.ask_for_code()

    answer = visitor.sign_in(sms_code=visitor.code())

    assert answer.location == "/business"


@pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_another_site_never_comes_up_after_login(visitor: Visitor, next_: str) -> None:
    visitor.ask_for_code()

    answer = visitor.sign_in(sms_code=visitor.code(), next=next_)

    assert answer.location == "/start"


def test_login_goes_on_under_a_new_session_token(visitor: Visitor) -> None:
    visitor.ask_for_code()
    before = visitor.client.get_cookie("investor_session")

    visitor.sign_in(sms_code=visitor.code())

    after = visitor.client.get_cookie("investor_session")
    assert before is not None
    assert after is not None
    assert before.value != after.value


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("", "请输入身份证号码"),
        ("11000019900307", "身份证号码应为 18 位，请核对位数"),
        ("110000900307001", "15 位的旧号码不能在线办理，请带新身份证到营业部"),
        ("11000019900307Z01X", "身份证号码只有数字，最后一位可以是 X"),
        ("110000199002310010", "号码中的出生日期不存在，请对照证件再输一遍"),
        ("110000199003070011", "号码的校验位不对，请对照证件再输一遍"),
        ("810000199003070010", "港澳台居民、外国人的证件不能在线办理，请带证件到营业部"),
    ],
)
@pytest.mark.parametrize("url", ["/login", "/login/code"])
def test_an_impossible_id_number_is_told_at_the_field_and_kept(
    visitor: Visitor, url: str, number: str, words: str
) -> None:
    visitor.open()

    answer = visitor.client.post(url, data={**visitor.form, "id_number": number, "captcha": "1"})

    assert answer.status_code == 422
    assert errors(answer)["id_number"] == words
    assert f'value="{number}"' in answer.text


@pytest.mark.parametrize(("typed", "words"), [("", "请输入图中的数字"), ("00000", "图形验证码不对，请按新图输入")])
def test_a_missing_or_wrong_captcha_sends_nothing(visitor: Visitor, typed: str, words: str) -> None:
    answer = visitor.ask_for_code(captcha=typed)

    assert answer.status_code == 422
    assert errors(answer) == {"captcha": words}
    assert ZHOU in answer.text
    assert read().query(SmsMessage).count() == 0


def test_a_captcha_is_good_for_one_answer(visitor: Visitor) -> None:
    visitor.ask_for_code(captcha="00000")
    old = visitor.captcha()
    visitor.ask_for_code(captcha="00000")

    answer = visitor.ask_for_code(captcha=old)

    assert errors(answer) == {"captcha": "图形验证码不对，请按新图输入"}


def test_an_answer_sent_again_from_a_page_that_is_behind_is_told_to_be_used(visitor: Visitor) -> None:
    visitor.open()
    session = read().query(WebSession).one()
    answer_then = visitor.captcha()
    captchas.check(session.id, "login", answer_then)

    answer = visitor.client.post("/login/code", data={**visitor.form, "captcha": answer_then})

    assert errors(answer) == {"captcha": "图形验证码已用过，请按新图输入"}


def test_an_old_captcha_is_expired(visitor: Visitor) -> None:
    visitor.open()
    answer_then = visitor.captcha()
    outside.clock.advance(seconds=301)

    answer = visitor.client.post("/login/code", data={**visitor.form, "captcha": answer_then})

    assert errors(answer) == {"captcha": "图形验证码已过期，请按新图输入"}


def test_another_picture_keeps_what_was_typed(visitor: Visitor) -> None:
    visitor.open()

    answer = visitor.client.post("/login/captcha", data={**visitor.form, "sms_code": "123456"})

    assert answer.status_code == 200
    assert ZHOU in answer.text
    assert 'value="123456"' in answer.text
    assert errors(answer) == {}
    assert read().query(Captcha).count() == 2


def test_the_captcha_can_be_seen_and_heard(visitor: Visitor) -> None:
    visitor.open()

    picture = visitor.client.get("/captcha.png")
    sound = visitor.client.get("/captcha.wav")

    assert picture.data.startswith(b"\x89PNG")
    assert sound.data.startswith(b"RIFF")


def test_the_captcha_is_read_aloud_in_the_language_of_the_page(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens here: the two voices are other recordings, each of them long enough and loud enough to be one."""
    spoken: list[tuple[str | None, str]] = []

    class Speaker(AudioCaptcha):
        def generate(self, chars: str) -> bytearray:
            spoken.append((self._voicedir, chars))
            return super().generate(chars)

    monkeypatch.setattr(captchas, "AudioCaptcha", Speaker)
    captchas._speaker.cache_clear()
    visitor.open()

    sounds = []
    for language in ("zh", "en"):
        visitor.client.set_cookie("language", language)
        sounds.append(visitor.client.get("/captcha.wav").data)
    captchas._speaker.cache_clear()

    (mandarin, digits), (english, same) = spoken
    assert digits == same
    assert mandarin != english
    for digit in captchas.SIGNS:
        ours, theirs = (_recordings(folder, digit) for folder in (mandarin, english))
        assert not set(ours) & set(theirs)
        assert all(0.3 <= len(one) / 8000 <= 1 and max(one) - min(one) > 100 for one in ours)
    assert sounds[0] != sounds[1]


def _recordings(folder: str | None, digit: str) -> list[bytes]:
    found = []
    for path in sorted(Path(folder or "", digit).glob("*.wav")):
        with wave.open(str(path)) as sound:
            assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (8000, 1, 1)
            found.append(sound.readframes(-1))
    assert found, digit
    return found


def test_without_a_session_there_is_no_captcha(client: FlaskClient, house: Flask) -> None:
    assert client.get("/captcha.png").status_code == 404


def test_without_the_tick_nobody_gets_in_and_the_code_stays_good(visitor: Visitor) -> None:
    visitor.ask_for_code()
    code = visitor.code()

    refused = visitor.sign_in(sms_code=code, agree_privacy="")
    taken = visitor.sign_in(sms_code=code, agree_privacy="y")

    assert errors(refused) == {"agree_privacy": "请阅读并同意隐私政策"}
    assert taken.status_code == 303


@pytest.mark.parametrize(
    ("typed", "words"), [("", "请输入短信验证码"), ("123456", "还没有发送短信验证码，请先点“获取验证码”")]
)
def test_before_a_code_was_sent_the_page_says_so(visitor: Visitor, typed: str, words: str) -> None:
    answer = visitor.sign_in(sms_code=typed)

    assert answer.status_code == 422
    assert errors(answer) == {"sms_code": words}


def test_a_wrong_code_says_how_many_tries_are_left(visitor: Visitor) -> None:
    visitor.ask_for_code()

    answer = visitor.sign_in(sms_code=another_code(visitor.code()))

    assert errors(answer) == {"sms_code": "短信验证码不对，还能试 4 次"}
    assert "138****0001" in answer.text
    assert ZHOU in answer.text
    assert "checked" in answer.text


def test_after_five_wrong_codes_the_right_one_is_dead(visitor: Visitor) -> None:
    visitor.ask_for_code()
    code = visitor.code()
    for _ in range(5):
        visitor.sign_in(sms_code=another_code(code))

    answer = visitor.sign_in(sms_code=code)

    assert errors(answer) == {"sms_code": "输错次数太多，这个验证码已作废，请重新获取"}


def test_an_old_code_is_expired(visitor: Visitor) -> None:
    visitor.ask_for_code()
    outside.clock.advance(seconds=301)

    answer = visitor.sign_in(sms_code=visitor.code())

    assert errors(answer) == {"sms_code": "短信验证码已过期，请重新获取"}


def test_a_used_code_is_dead(visitor: Visitor) -> None:
    visitor.ask_for_code()
    session = read().query(WebSession).one()
    codes.check(ZHOU, "login", session.id, visitor.code())
    outside.clock.advance(seconds=11)

    answer = visitor.sign_in(sms_code=visitor.code())

    assert errors(answer) == {"sms_code": "这个短信验证码已用过，请重新获取"}


def test_resending_kills_the_code_before(visitor: Visitor) -> None:
    visitor.ask_for_code()
    first = visitor.code()
    outside.clock.advance(seconds=61)
    visitor.ask_for_code()

    answer = visitor.sign_in(sms_code=first if first != visitor.code() else another_code(first))

    assert errors(answer)["sms_code"].startswith("短信验证码不对")


def test_a_code_of_one_session_does_not_serve_another(visitor: Visitor, app: Flask) -> None:
    visitor.ask_for_code()
    elsewhere = Visitor(app.test_client())

    answer = elsewhere.sign_in(sms_code=visitor.code())

    assert errors(answer) == {"sms_code": "还没有发送短信验证码，请先点“获取验证码”"}


def test_a_double_click_sends_one_text_and_no_error(visitor: Visitor) -> None:
    visitor.ask_for_code()

    second = visitor.client.post("/login/code", data=visitor.form)

    assert second.status_code == 200
    assert "138****0001" in second.text
    assert read().query(SmsMessage).count() == 1


def test_a_double_click_on_login_ends_signed_in(visitor: Visitor) -> None:
    visitor.ask_for_code()
    code = visitor.code()
    session = read().query(WebSession).one()
    visitor.sign_in(sms_code=code)

    again = entry.sign_in(ZHOU, session.id, code, consents.current("privacy_policy"))

    assert again.name == "周样例"


def test_the_late_half_of_a_double_click_on_login_ends_signed_in_too(visitor: Visitor, app: Flask) -> None:
    visitor.ask_for_code()
    before = visitor.client.get_cookie("investor_session")
    assert before is not None
    visitor.sign_in(sms_code=visitor.code())
    late = app.test_client()
    late.set_cookie("investor_session", before.value)

    answer = late.post("/login", data=visitor.form)

    assert (answer.status_code, answer.location) == (303, "/login?stale=1")
    assert "Set-Cookie" not in answer.headers
    assert visitor.client.get(answer.location).location == "/start"


@pytest.mark.parametrize("url", ["/login", "/login/code", "/login/captcha"])
def test_a_login_page_that_was_left_open_for_long_comes_up_anew_and_says_why(visitor: Visitor, url: str) -> None:
    visitor.open("/login?next=/business")
    outside.clock.advance(minutes=31)

    answer = visitor.client.post(url, data=visitor.form, follow_redirects=True)

    assert answer.status_code == 200
    assert "页面放得太久了，请再登录一次" in answer.text
    assert 'name="next" type="hidden" value="/business"' in answer.text
    assert f'value="{visitor.form["id_number"]}"' in answer.text
    assert visitor.form["id_number"] not in str([row.content for row in given.read().query(WebSession)])
    assert f'value="{visitor.form["id_number"]}"' not in visitor.client.get("/login?stale=1").text


def test_another_code_within_a_minute_is_refused_with_the_wait(visitor: Visitor) -> None:
    visitor.ask_for_code()
    outside.clock.advance(seconds=20)

    answer = visitor.ask_for_code()

    assert re.fullmatch(r"验证码刚刚发过，请在 (39|40) 秒后再获取", errors(answer)["sms_code"])


def test_five_codes_an_hour_are_enough(visitor: Visitor) -> None:
    for _ in range(5):
        assert visitor.ask_for_code().status_code == 200
        outside.clock.advance(seconds=61)

    answer = visitor.ask_for_code()

    assert errors(answer)["sms_code"] == "获取验证码的次数太多，请在 55 分钟后再试"
    assert read().query(SmsMessage).count() == 5


def test_who_is_signed_in_needs_no_login_page(visitor: Visitor) -> None:
    visitor.ask_for_code()
    visitor.sign_in(sms_code=visitor.code())

    answer = visitor.client.get("/login")

    assert answer.location == "/start"


def test_logout_ends_the_session_on_the_server(visitor: Visitor) -> None:
    visitor.ask_for_code()
    visitor.sign_in(sms_code=visitor.code())
    cookie = visitor.client.get_cookie("investor_session")
    assert cookie is not None

    visitor.client.post("/logout", data={"csrf_token": given.csrf_of(visitor.client.get("/business").text)})
    visitor.client.set_cookie("investor_session", cookie.value)

    assert visitor.client.get("/business").status_code == 303


def test_the_id_number_never_stands_in_an_address_or_a_session(visitor: Visitor) -> None:
    visitor.ask_for_code()
    answer = visitor.sign_in(sms_code=visitor.code())

    contents = [str(row.content) for row in read().query(WebSession)]
    assert ZHOU not in answer.location
    assert all(ZHOU not in content for content in contents)
