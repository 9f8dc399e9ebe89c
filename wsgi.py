"""The web process: gevent first, then the application."""

from gevent import monkey

monkey.patch_all()

from app import create_app

app = create_app()
