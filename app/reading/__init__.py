"""Cards are read here: a prepared picture in, fields with their checks out. The table of contents.

Light, for the web process: Reading, Field and how they are written down.
Heavy, for the worker alone (it loads OpenCV and ONNX Runtime):
    app.reading.read      read
    app.reading.engine    loaded, once a process
"""

from app.reading.outcome import Field, Reading, from_json, to_json

__all__ = ["Field", "Reading", "from_json", "to_json"]
