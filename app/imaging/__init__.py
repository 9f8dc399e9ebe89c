"""Photos: crop and turn that never hurts a card. The table of contents.

Light, for the web process (no SciPy, no scikit-image), from here: Slot, examine, Prepared, the catalogue.
Heavy, for the worker, from their own rooms, so that the web process need not load them:
    app.imaging.prepare   prepare, from_corners
    app.imaging.encode    turned
    app.imaging.intake    decode
    app.imaging.warm      warm_up
Behind limits: app.imaging.child, `limits` inside a job's work-horse, `in_child` anywhere else.
"""

from app.imaging.intake import PhotoHeader, PhotoRefused, examine
from app.imaging.outcome import Action, CornersRefused, Prepared
from app.imaging.slots import Slot
from app.imaging.verdicts import CATALOGUE, Entry, Severity, Verdict

__all__ = [
    "CATALOGUE",
    "Action",
    "CornersRefused",
    "Entry",
    "PhotoHeader",
    "PhotoRefused",
    "Prepared",
    "Severity",
    "Slot",
    "Verdict",
    "examine",
]
