"""Small made-up pictures and files, the honest and the hostile, for the tests of app/imaging."""

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

PHOTOS = Path(__file__).parent / "photos"


def sample(name: str) -> tuple[bytes, dict[str, Any]]:
    """A sample photo and what is true of it."""
    truth = json.loads((PHOTOS / "truth" / f"{name}.json").read_text())
    return (PHOTOS / "images" / f"{name}.jpg").read_bytes(), truth


def picture(width: int = 160, height: int = 120) -> Image.Image:
    """Four quarters of different colours, so that every turn shows."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    pen = ImageDraw.Draw(image)
    pen.rectangle((width // 2, 0, width, height // 2 - 1), fill=(30, 200, 30))
    pen.rectangle((0, height // 2, width // 2 - 1, height), fill=(30, 30, 200))
    pen.rectangle((width // 2, height // 2, width, height), fill=(220, 220, 60))
    return image


def saved(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def with_orientation(image: Image.Image, orientation: int) -> bytes:
    """A JPEG whose EXIF says how the phone was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image, exif=exif, quality=95)


def display_p3() -> bytes:
    """A colour profile as phones put it into their photos: the primaries of P3, the curve of sRGB (ICC.1:2010)."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    name = b"Display P3\0"
    parts = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78),
        b"wtpt": b"XYZ " + bytes(4) + fixed(0.96419, 1, 0.82489),
        b"rXYZ": b"XYZ " + bytes(4) + fixed(0.51512, 0.2412, -0.00105),
        b"gXYZ": b"XYZ " + bytes(4) + fixed(0.29198, 0.69225, 0.04189),
        b"bXYZ": b"XYZ " + bytes(4) + fixed(0.1571, 0.06657, 0.78407),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body = struct.pack(">I", len(parts)), b""
    for tag, part in parts.items():
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(parts) + len(body), len(part))
        body += part + bytes(-len(part) % 4)
    head = b"appl" + struct.pack(">I", 0x04000000) + b"mntrRGB XYZ " + bytes(12) + b"acspAPPL" + bytes(24)
    head += fixed(0.9642, 1, 0.8249) + bytes(48)
    return struct.pack(">I", 4 + len(head) + len(table) + len(body)) + head + table + body


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int, body: bytes = b"") -> bytes:
    """A tiny PNG that claims to be of any size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def hostile() -> dict[str, bytes]:
    """Files that somebody might send: wrong, broken, cut, inflated, in disguise."""
    files: dict[str, bytes] = {"nothing": b"", "one byte": b"\xff", "zeros": bytes(4096), "text": b"hello, world" * 40}
    files |= {
        "gif": saved(picture().convert("P"), "GIF"),
        "bmp": saved(picture(), "BMP"),
        "tiff": saved(picture(), "TIFF"),
        "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "html": b"<html><script>alert(1)</script></html>",
        "xml bomb": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'ha'>]><a>&b;</a>",
        "zip": b"PK\x03\x04" + bytes(200),
        "heic": b"\x00\x00\x00\x18ftypheic" + bytes(200),
        "avif": b"\x00\x00\x00\x18ftypavif" + bytes(200),
        "wave": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(200),
        "icon": b"\x00\x00\x01\x00\x01\x00" + bytes(200),
        "jpeg magic only": b"\xff\xd8\xff",
        "png magic only": b"\x89PNG\r\n\x1a\n",
        "webp magic only": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        "script with jpeg magic": b"\xff\xd8\xff<script>alert(1)</script>",
        "100 megapixels": png_claiming(10_000, 10_000),
        "a gigapixel": png_claiming(32_000, 32_000),
        "side of 20,000": png_claiming(20_000, 8),
        "side of 2 billion": png_claiming(2**31 - 1, 1),
        "no pixels": png_claiming(0, 0),
        "flat png, no rows": png_claiming(300, 200),
        "flat png, bomb": png_claiming(4, 4, bytes(4_000_000)),
        "animated webp": saved(picture(), "WEBP", save_all=True, append_images=[picture(160, 120).rotate(90)]),
        "animated png": saved(picture(), "PNG", save_all=True, append_images=[picture().rotate(180)]),
    }
    files |= _cut() | _mutated()
    return files


def _whole() -> dict[str, bytes]:
    return {
        "jpeg": saved(picture(), quality=90),
        "progressive": saved(picture(), progressive=True),
        "png": saved(picture(), "PNG"),
        "webp": saved(picture(), "WEBP"),
    }


def _cut() -> dict[str, bytes]:
    shares = (0.02, 0.1, 0.3, 0.6, 0.9)
    return {
        f"{name} cut at {share}": data[: int(len(data) * share)] for name, data in _whole().items() for share in shares
    }


def _mutated() -> dict[str, bytes]:
    """A small mutator with a fixed seed: bytes flipped, parts doubled, parts lost."""
    chance = np.random.default_rng(20)
    files = {}
    for name, data in _whole().items():
        for turn in range(8):
            broken = bytearray(data)
            for place in chance.integers(2, len(broken), 12):
                broken[int(place)] = int(chance.integers(256))
            at = int(chance.integers(20, len(broken)))
            if turn % 3 == 1:
                broken[at:at] = broken[at // 2 : at]
            elif turn % 3 == 2:
                del broken[at : at + 40]
            files[f"{name} mutated {turn}"] = bytes(broken)
    return files


def card_photo(
    *, turned: float = 12, size: tuple[int, int] = (1000, 760), step: int = 150
) -> tuple[Image.Image, np.ndarray]:
    """A pale card with a photo, rows of print and a number on a dark ground, and its corners TL TR BR BL."""
    card = Image.new("RGB", (640, 404), (60 + step, 66 + step, 74 + step))
    pen = ImageDraw.Draw(card)
    pen.rectangle((400, 55, 590, 285), fill=(235, 235, 235))
    pen.ellipse((440, 65, 550, 170), fill=(40, 30, 25))
    pen.ellipse((450, 85, 540, 200), fill=(215, 170, 140))
    pen.rectangle((410, 195, 580, 285), fill=(40, 60, 120))
    for row, width in enumerate((150, 230, 260, 300, 280)):
        _print(pen, 50, 55 + 45 * row, width, 20)
    _print(pen, 40, 335, 150, 16)
    _print(pen, 230, 330, 370, 26)
    mask = Image.new("L", card.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 639, 403), 24, fill=255)
    ground = Image.new("RGB", size, (52, 58, 66))
    angle = np.radians(turned)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[-320, -202], [320, -202], [320, 202], [-320, 202]]) @ turn + np.array(size) / 2
    matrix = [turn[0, 0], turn[0, 1], 0.0, turn[1, 0], turn[1, 1], 0.0]
    shift = np.array([320, 202]) - turn @ (np.array(size) / 2)
    matrix[2], matrix[5] = float(shift[0]), float(shift[1])
    layer = card.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    ground.paste(layer, mask=mask.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC))
    noise = np.random.default_rng(3).normal(0, 1.5, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(ground) + noise, 0, 255).astype(np.uint8)), corners


def _print(pen: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int) -> None:
    """Something like a row of characters."""
    for left in range(x, x + width - height // 2, int(height * 0.8)):
        pen.rectangle((left, y, left + 2, y + height), fill=(25, 25, 35))
        pen.rectangle((left, y + height // 2, left + height // 2, y + height // 2 + 2), fill=(25, 25, 35))
        pen.rectangle((left, y, left + height // 2, y + 2), fill=(25, 25, 35))
