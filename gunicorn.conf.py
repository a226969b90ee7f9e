"""How gunicorn serves the console; it reads this file by itself where it is started in this folder.

Nothing of the console is imported here: the modules that are would be those of the old version after a HUP.
"""

import os

bind = f"{os.environ.get('CONSOLE_HOST') or '127.0.0.1'}:{os.environ.get('CONSOLE_PORT') or 8000}"
worker_class = "gthread"
workers = 2
threads = 8
graceful_timeout = 30  # seconds that requests under way have after a HUP or TERM
keepalive = 75  # seconds; a proxy that keeps an idle connection for longer (nginx: 60) writes into a closing one
limit_request_line = 8190  # bytes, the most there is: a search may be long
control_socket_disable = True

# Who may speak for a client is CONSOLE_TRUSTED_PROXIES' to say, and no header moves the paths (accounts/address.py).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
