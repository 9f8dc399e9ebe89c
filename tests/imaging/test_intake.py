"""What may come in as a photo, and how its bytes become pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from app.imaging import PhotoRefused, examine
from app.imaging.intake import decode
from tests.imaging.pictures import display_p3, hostile, picture, png_claiming, saved, with_orientation

EXPECTED = {
    "nothing": "empty",
    "zeros": "not_an_image",
    "text": "not_an_image",
    "gif": "unsupported_format",
    "heic": "unsupported_format",
    "pdf": "unsupported_format",
    "svg": "unsupported_format",
    "wave": "unsupported_format",
    "100 megapixels": "too_many_pixels",
    "side of 20,000": "side_too_long",
    "side of 2 billion": "too_many_pixels",
    "animated webp": "animated",
    "animated png": "animated",
    "script with jpeg magic": "truncated",
}


@pytest.mark.parametrize(("form", "name"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP")])
def test_the_header_of_a_photo_tells_its_format_and_size(form: str, name: str) -> None:
    data = saved(picture(160, 120), form)

    header = examine(data)

    assert (header.format, header.width, header.height, header.orientation) == (name, 160, 120, 1)


@pytest.mark.parametrize(("name", "code"), EXPECTED.items())
def test_what_is_no_photo_of_ours_is_refused_with_the_reason(name: str, code: str) -> None:
    data = hostile()[name]

    with pytest.raises(PhotoRefused) as refused:
        examine(data)

    assert refused.value.code == code


def test_a_file_above_the_limit_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(PhotoRefused, match="too_large"):
        examine(bytes(1001), max_bytes=1000)


def test_a_large_picture_is_refused_by_its_header_alone() -> None:
    with pytest.raises(PhotoRefused, match="too_many_pixels"):
        examine(png_claiming(9_000, 9_000))


def test_a_webp_has_a_limit_of_its_own_because_it_cannot_be_decoded_smaller() -> None:
    assert examine(saved(picture(), "PNG"), max_pixels_webp=1000).format == "PNG"

    with pytest.raises(PhotoRefused, match="webp_too_large"):
        examine(saved(picture(), "WEBP"), max_pixels_webp=1000)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_of_holding_the_phone_comes_out_upright(orientation: int) -> None:
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # how Pillow undoes each, as Transpose numbers
    stored = picture(160, 120)
    upright = stored.transpose(Image.Transpose(turns[orientation])) if orientation in turns else stored

    decoded = decode(with_orientation(stored, orientation))

    assert decoded.pixels.shape[:2] == (upright.height, upright.width)
    assert (decoded.width, decoded.height) == upright.size
    assert np.abs(decoded.pixels.astype(int) - np.asarray(upright)).mean() < 6


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_large_photo_is_decoded_with_enough_detail_and_says_by_how_much_it_was_shrunk(form: str) -> None:
    decoded = decode(saved(picture(2000, 1500), form), enough=900)

    assert decoded.pixels.shape == (750, 1000, 3)
    assert (decoded.width, decoded.height, decoded.scale) == (2000, 1500, 0.5)


def test_a_photo_that_would_lose_needed_detail_is_decoded_whole() -> None:
    decoded = decode(saved(picture(2000, 1500)), enough=1001)

    assert (decoded.pixels.shape, decoded.scale) == ((1500, 2000, 3), 1)


def test_a_transparent_picture_is_shown_on_white_without_its_hidden_colours() -> None:
    hidden = Image.new("RGBA", (20, 20), (255, 0, 0, 0))

    assert (decode(saved(hidden, "PNG")).pixels == 255).all()


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    deep = Image.fromarray(np.full((10, 10), 32_896, dtype=np.uint16))

    assert (decode(saved(deep, "PNG")).pixels == 128).all()


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "CMYK"])
def test_every_mode_becomes_three_channels(mode: str) -> None:
    data = saved(picture().convert(mode), "JPEG" if mode == "CMYK" else "PNG")

    assert decode(data).pixels.shape == (120, 160, 3)


def test_a_broken_colour_profile_does_not_refuse_the_photo() -> None:
    data = saved(picture(), icc_profile=b"no profile at all" * 20)

    assert decode(data).pixels.shape == (120, 160, 3)


def test_the_wide_colours_of_a_phone_become_ordinary_ones() -> None:
    wide = Image.new("RGB", (64, 64), (200, 60, 60))

    decoded = decode(saved(wide, "PNG", icc_profile=display_p3()))

    red, green, blue = decoded.pixels[32, 32].tolist()
    assert (red, green, blue) == pytest.approx((217, 42, 52), abs=2)  # by the matrices of both spaces (IEC 61966-2-1)
    assert decoded.in_srgb(decoded.image.crop((0, 0, 1, 1))).getpixel((0, 0)) == (red, green, blue)


def test_grey_is_the_same_grey_in_wide_colours() -> None:
    decoded = decode(saved(Image.new("RGB", (64, 64), (120, 120, 120)), "PNG", icc_profile=display_p3()))

    assert np.abs(decoded.pixels.astype(int) - 120).max() <= 1
    assert decoded.image.getpixel((5, 5)) == (120, 120, 120)


def test_a_phones_picture_with_a_second_one_inside_is_a_jpeg() -> None:
    out = io.BytesIO()
    picture().save(out, "MPO", save_all=True, append_images=[picture().rotate(180)])

    assert examine(out.getvalue()).format == "JPEG"
    assert decode(out.getvalue()).pixels.shape == (120, 160, 3)


def test_a_photo_that_ends_early_is_refused_as_truncated() -> None:
    data = saved(picture(), quality=90)

    with pytest.raises(PhotoRefused, match="truncated"):
        decode(data[: len(data) // 2])
