"""The postman's round: what came in is applied, what happened is spread, what is due is posted."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from flask import current_app

from app.adapters import webhooks_http
from app.adapters.webhooks_http import Answer
from app.outside import outside
from app.services import deliveries, endpoints, robot, webhooks
from app.services.deliveries import ROBOT, Letter, Post
from app.services.robot import PostHere

ROUND_SECONDS = 30.0
"""A round ends then; what is left is for the next one."""
POSTS_AT_ONCE = 16
LOOK_SECONDS = 0.1
"""How often to look for new work while posts are under way."""
WORTH_WAITING_SECONDS = 5.0
"""A delivery that is due within so long is waited for; later ones are hinted at by the reconciler."""


@dataclass
class Round:
    """One round. Only posting happens in threads; all that touches the database stays in this one."""

    pool: ThreadPoolExecutor
    ends_at: float
    post: Post = webhooks_http.post
    post_here: PostHere = webhooks_http.post_here
    under_way: dict[Future[Answer], Letter] = field(default_factory=dict)

    def run(self) -> bool:
        """Until nothing is left to do now, or the round's time is over; True when work was left."""
        webhooks.apply_broken()
        is_over = False
        while not is_over:
            done = webhooks.apply_fresh() + deliveries.spread() + self._send() + self._collect()
            is_over = time.monotonic() > self.ends_at
            if not done and not self._rest():
                break
        while self.under_way:
            self._collect(seconds=webhooks_http.ALLOWED_SECONDS)
        return is_over

    def _send(self) -> int:
        """Post what is due, to each receiver as much as it may get at once."""
        busy, sent = Counter(letter.begun.receiver for letter in self.under_way.values()), 0
        for receiver in deliveries.receivers():
            free = min(receiver.at_once - busy[receiver.id], POSTS_AT_ONCE - len(self.under_way))
            if free > 0:
                sent += sum(self._post(receiver.id, delivery_id) for delivery_id in receiver.due(free))
        return sent

    def _post(self, receiver: str, delivery_id: str) -> bool:
        if receiver == ROBOT:
            letter = robot.write(delivery_id, post=self.post_here)
        else:
            letter = deliveries.write(delivery_id, post=self.post)
        if letter is not None:
            self.under_way[self.pool.submit(letter.send)] = letter
        return letter is not None

    def _collect(self, *, seconds: float = 0.0) -> int:
        finished, _others = wait(self.under_way, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in finished:
            letter = self.under_way.pop(future)
            deliveries.finish(letter.begun, future.result(), letter.request)
        return len(finished)

    def _rest(self) -> bool:
        """Wait for what will be to do soon; False when nothing will be."""
        if self.under_way:
            wait(self.under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            return True
        seconds = deliveries.seconds_until_next()
        if seconds is None or seconds > WORTH_WAITING_SECONDS:
            return False
        time.sleep(min(max(seconds, 0.01), LOOK_SECONDS))
        return True


def work(
    *, seconds: float = ROUND_SECONDS, post: Post | None = None, post_here: PostHere = webhooks_http.post_here
) -> None:
    """One round; when its time was over before the work was, another one is asked for."""
    if post is None:
        is_private = current_app.config["SETTINGS"].hooks_to_private
        post = webhooks_http.post_privately if is_private else webhooks_http.post
    with ThreadPoolExecutor(POSTS_AT_ONCE, thread_name_prefix="post") as pool:
        is_left = Round(pool, time.monotonic() + seconds, post, post_here).run()
    if is_left:
        outside.queue.put("webhooks.work", queue="webhooks")


def reconcile() -> None:
    """Ask for a round if there is anything to do, and give up on what waited too long."""
    webhooks.end_waiting()
    endpoints.sweep()
    deliveries.stop_orphans()
    if webhooks.is_stored() or deliveries.seconds_until_next() == 0:
        outside.queue.put("webhooks.work", queue="webhooks")
