"""What the worker may run: the name that stands in Redis, and the function behind it.

Rows tell a job what to do, ids are all it is given, and it may run twice.
"""

from __future__ import annotations

ALLOWED: dict[str, str] = {
    "photos.prepare": "app.jobs.photos:prepare",
    "certificates.issue": "app.jobs.certificates:issue",
    "certificates.publish_revocation": "app.jobs.certificates:publish_revocation",
    "signing.keep_authority": "app.jobs.signing:keep_authority",
    "signing.draw": "app.jobs.signing:draw",
    "signing.prepare": "app.jobs.signing:prepare",
    "signing.finish": "app.jobs.signing:finish",
    "messages.send": "app.jobs.messages:send",
    "recordings.film": "app.jobs.recordings:film",
    "webhooks.work": "app.jobs.webhooks:work",
    "webhooks.receipt": "app.jobs.webhooks:receipt",
}
