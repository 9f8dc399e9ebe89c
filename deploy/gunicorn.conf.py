"""The web process: one worker, because the sockets of one browser must meet the same process."""

import os
import resource

# Each page that waits is an open file; the usual soft limit of 1,024 would turn the rest away.
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

bind = os.environ.get("LISTEN") or f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"
certfile, keyfile = os.environ.get("TLS_CERTIFICATE"), os.environ.get("TLS_KEY")  # set by `make run` with TLS=on
workers = 1
worker_connections = 12_000
timeout = 60
graceful_timeout = 5
keepalive = 30
control_socket_disable = True
errorlog = "-"
accesslog = None
