"""The web process: gevent first, then the application. `flask` on the command line finds the application here too."""

import gc

import click
from gevent import monkey

gc.disable()  # loading makes half a million objects and no garbage

if click.get_current_context(silent=True) is None:  # commands fork and wait as ordinary processes do
    monkey.patch_all()

from app import create_app
from app.commands.own_settings import settings

app = create_app(settings())
gc.freeze()  # what is loaded stays: each later search for garbage would look through all of it, a quarter of a second
# With ten thousand pages open a whole search takes a second in which nobody is told anything: one where ten were.
gc.set_threshold(700, 10, 100)
gc.enable()
