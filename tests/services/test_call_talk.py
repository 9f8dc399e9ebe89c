"""What is kept of a call beside the recording: written words, the steps it was carried by, photos taken anew."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageChops
from sqlalchemy import select

from app.adapters.filming import Ffmpeg
from app.db import read, transaction
from app.domain.errors import FieldWrong, MoveNotAllowed, NotEditable
from app.domain.states import State
from app.models import Call, CallFilm, CallMessage, CallSlice, Consent, Photo, Staff
from app.outside import outside
from app.services import call_decisions, call_mending, call_talk, files, films, photo_intake
from app.services.actors import By
from tests import given, staff_given
from tests.services import video_given
from tests.services.video_given import ALL_YES

pytestmark = pytest.mark.usefixtures("context")


def test_whoever_takes_a_place_has_agreed_to_that_version_of_the_text() -> None:
    investor, case, _ticket = video_given.somebody_waiting()

    consent = read().scalars(select(Consent).where(Consent.case_id == case.id)).one()

    assert (consent.investor_id, len(consent.sha256)) == (investor.id, 64)


def test_what_is_written_in_a_call_is_kept_sealed_and_in_order() -> None:
    _investor, _witness, call = video_given.a_call()

    call_talk.say(call.id, "desk", "请问是您本人自愿办理吗？")
    video_given.clock().advance(seconds=1)
    call_talk.say(call.id, "investor", " 是的 ")

    kept = given.fresh(call).messages
    assert [(message.side, message.text) for message in kept] == [
        ("desk", "请问是您本人自愿办理吗？"),
        ("investor", "是的"),
    ]
    assert "自愿".encode() not in read().scalars(select(CallMessage.text_sealed)).first()  # type: ignore[operator]


def test_after_the_call_nothing_more_is_written_down() -> None:
    _investor, witness, call = video_given.a_call()
    call_decisions.end(call.id, witness, keep_place=False)

    assert not call_talk.say(call.id, "desk", "您好")
    assert not call_talk.carry_by(call.id, "small", chosen_by="line")


def test_how_the_call_is_carried_is_written_down_with_who_chose_it() -> None:
    _investor, _witness, call = video_given.a_call()

    call_talk.carry_by(call.id, "small", chosen_by="line")
    video_given.clock().advance(seconds=9)
    call_talk.carry_by(call.id, "stills", chosen_by="witness")

    known = given.fresh(call)
    assert known.step == "stills"
    assert [(step.step, step.chosen_by) for step in known.steps] == [("small", "line"), ("stills", "witness")]


def test_there_is_no_other_way_to_carry_a_call() -> None:
    _investor, _witness, call = video_given.a_call()

    with pytest.raises(FieldWrong, match="unknown"):
        call_talk.carry_by(call.id, "smoke", chosen_by="line")


# -- photos taken anew while the call stays open ----------------------------------------------------------------------


def a_call_with_photos() -> tuple[Staff, Call]:
    _investor, witness, call = video_given.a_call()
    for place in ("id_portrait", "id_emblem", "signature"):
        staff_given.a_photo(call.case, place)
    video_given.clock().advance(seconds=5)
    return witness, call


def test_a_photo_is_taken_anew_during_the_call_and_stands_beside_the_old_one() -> None:
    witness, call = a_call_with_photos()
    video_given.everything_for_a_pass(call, witness)
    call_decisions.ask_to_mend(call.id, witness, ["ID_PORTRAIT_BLUR"], {"ID_PORTRAIT_BLUR": "请放平"})
    with pytest.raises(FieldWrong, match="mending"):
        call_decisions.pass_video(call.id, witness, ALL_YES)

    video_given.clock().advance(seconds=5)
    by = By.investor(call.case.investor)
    new = photo_intake.receive(call.case_id, "id_portrait", staff_given.a_jpeg("grey"), by=by)
    with transaction() as db:
        db.get_one(Photo, new.id).state = "ready"

    (asked,) = call_mending.asked(given.fresh(call.case))
    assert asked.before is not None
    assert (asked.now and asked.now.id, asked.before.id != new.id, asked.is_done) == (new.id, True, True)
    assert given.fresh(call).state == "in_call"
    call_decisions.pass_video(call.id, witness, ALL_YES)
    assert given.fresh(call.case).state == State.CERTIFICATE_INSTALL


def test_in_a_call_only_the_photo_that_was_named_is_open() -> None:
    witness, call = a_call_with_photos()
    by, photo = By.investor(call.case.investor), staff_given.a_jpeg("grey")
    with pytest.raises(NotEditable):
        photo_intake.receive(call.case_id, "id_portrait", photo, by=by)

    call_decisions.ask_to_mend(call.id, witness, ["ID_PORTRAIT_BLUR"], {})

    with pytest.raises(NotEditable):
        photo_intake.receive(call.case_id, "id_emblem", photo, by=by)
    assert photo_intake.receive(call.case_id, "id_portrait", photo, by=by).state == "queued"


def test_what_is_no_photo_cannot_be_mended_in_the_call() -> None:
    witness, call = a_call_with_photos()

    with pytest.raises(FieldWrong, match="not_in_call"):
        call_decisions.ask_to_mend(call.id, witness, ["OTHER@video"], {"OTHER@video": "请换个地方"})


def test_a_call_that_ends_undecided_leaves_nothing_to_mend() -> None:
    witness, call = a_call_with_photos()
    call_decisions.ask_to_mend(call.id, witness, ["ID_PORTRAIT_BLUR"], {})

    call_decisions.end(call.id, witness, keep_place=True)

    case = given.fresh(call.case)
    assert call_mending.asked(case) == []
    assert all(item.mended_at for ret in case.returns for item in ret.items)
    with pytest.raises(MoveNotAllowed):
        call_decisions.ask_to_mend(call.id, witness, ["ID_PORTRAIT_BLUR"], {})


# -- films ------------------------------------------------------------------------------------------------------------

RECORDED = (
    "ffmpeg -v error -f lavfi -i testsrc=size=160x120:rate=5:duration=2 -f lavfi -i sine=duration=2 "
    "-c:v libvpx -c:a libopus -live 1 -f webm pipe:1"
)


BLACK = "ffmpeg -v error -f lavfi -i color=black:size=640x480:rate=5:duration=4 -c:v libvpx -f webm -live 1 pipe:1"
INK = 120
"""Of 255: what is lighter than that on black is writing."""


def a_film_of(recorder: str) -> tuple[bytes, Call]:
    """The film of a call that was recorded in one slice, as the job makes it."""
    _investor, witness, call = video_given.a_call()
    video_given.a_slice(call, witness, 0, subprocess.run(recorder.split(), check=True, capture_output=True).stdout)
    call_decisions.end(call.id, witness, keep_place=False)
    (film_id,) = outside.queue.ids_of(films.JOB)  # type: ignore[attr-defined]
    films.make(film_id)
    film = read().get_one(CallFilm, film_id, populate_existing=True)
    assert film.blob is not None
    return files.content(film.blob), given.fresh(call)


def frame(film: bytes, seconds: int) -> bytes:
    """The picture at that moment, in greys."""
    command = (
        f"ffmpeg -v error -i pipe:0 -vf select=gte(t\\,{seconds}),format=gray -frames:v 1 -f image2 -c:v png pipe:1"
    )
    return subprocess.run(command.split(), check=True, capture_output=True, input=film).stdout


def most_different(one: Image.Image, other: Image.Image, part: tuple[int, int, int, int]) -> int:
    most: int = ImageChops.difference(one.crop(part).convert("L"), other.crop(part).convert("L")).getextrema()[1]
    return most


def test_an_ended_recording_is_made_over_into_a_file_with_its_length() -> None:
    _investor, witness, call = video_given.a_call()
    recorded = subprocess.run(RECORDED.split(), check=True, capture_output=True).stdout
    half = len(recorded) // 2
    video_given.a_slice(call, witness, 0, recorded[:half])
    video_given.a_slice(call, witness, 1, recorded[half:])
    call_decisions.end(call.id, witness, keep_place=False)
    (film_id,) = outside.queue.ids_of(films.JOB)  # type: ignore[attr-defined]

    films.make(film_id)
    films.make(film_id)

    film = read().get_one(CallFilm, film_id, populate_existing=True)
    assert film.state == "ready"
    assert film.blob is not None
    probe = "ffprobe -v error -show_entries format=duration -of csv=p=0 -".split()
    length = subprocess.run(probe, check=True, capture_output=True, input=files.content(film.blob)).stdout
    assert 1.5 < float(length) < 3


def test_time_case_number_and_licence_number_are_burnt_into_what_is_watched(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked of ffmpeg in so many words, and seen in two frames of a film that was black all over."""
    film, call = a_film_of(BLACK)
    with Image.open(BytesIO(frame(film, 0))) as first, Image.open(BytesIO(frame(film, 2))) as later:
        bottom = first.height - 60
        numbers, time = (0, bottom, 400, first.height), (400, bottom, first.width, first.height)
        assert first.crop((0, 0, first.width, bottom)).convert("L").getextrema()[1] < INK
        assert all(
            one.crop(part).convert("L").getextrema()[1] > INK for one in (first, later) for part in (numbers, time)
        )
        assert most_different(first, later, numbers) < INK < most_different(first, later, time)  # the clock goes on

    asked = tmp_path / "asked"
    program = tmp_path / "ffmpeg"
    program.write_text(f'#!/bin/sh\necho "$@" > {asked}\n')
    program.chmod(0o700)
    monkeypatch.setattr(app.extensions["outside"], "films", Ffmpeg(str(program), tmp_path / "font.ttf"))
    with transaction() as db:
        again = db.scalars(select(CallFilm)).one()
        again.state = "waiting"
    films.make(again.id)
    words = asked.read_text()
    begun_at = read().scalars(select(CallSlice.at).where(CallSlice.call_id == call.id)).one() - films.SLICE_LENGTH
    assert f"{films.PURPOSE}\n{call.case.number} {call.witness.licence_number}" in words
    assert f"localtime\\:{int(begun_at.timestamp())}" in words


def test_what_ffmpeg_cannot_read_is_tried_three_times_and_stays_as_it_came() -> None:
    _investor, witness, call = video_given.a_call()
    video_given.a_slice(call, witness, 0, b"no film")
    call_decisions.end(call.id, witness, keep_place=False)
    (film_id,) = outside.queue.ids_of(films.JOB)  # type: ignore[attr-defined]

    for _try in range(films.TRIES_AT_MOST + 1):
        video_given.clock().advance(seconds=timedelta(minutes=5).total_seconds())
        films.make(film_id)

    assert read().get_one(CallFilm, film_id, populate_existing=True).state == "failed"
    assert given.fresh(call).slices == 1
