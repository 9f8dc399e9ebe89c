"""The signature as it stands in the documents: the handwriting alone where it could be lifted, else the photo."""

from __future__ import annotations

from app.models import Case, Photo
from app.services import files, photos


def of_case(case: Case) -> bytes | None:
    """A transparent PNG, or the chosen picture as it is; None while there is no signature photo."""
    photo = photos.current(case).get("signature")
    if photo is None:
        return None
    return stored(photo) or _lifted(photo)


def stored(photo: Photo) -> bytes | None:
    """What the worker lifted off the picture that counts."""
    return files.content(photo.ink) if photo.ink is not None and photo.choice == "prepared" else None


def _lifted(photo: Photo) -> bytes:
    """Photos on file, originals, and what was prepared before handwriting was lifted: made when it is asked for."""
    from app.imaging.ink import lifted_off

    jpeg = photos.picture(photo, "chosen")[0]
    is_sheet = photo.choice == "prepared" and photo.found.get("action") == "crop"
    return lifted_off(jpeg, sheet=is_sheet) or jpeg
