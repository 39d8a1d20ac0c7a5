"""The WSGI server of `collis clinic serve`: several processes, so that one plan being solved stalls nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told everything here and nothing by files or environment."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        from collis_clinic.wsgi import application

        return application


def run(port: int, processes: int) -> None:
    """Serve on this machine's own address until stopped."""
    Server(
        {
            "bind": [f"127.0.0.1:{port}"],
            "workers": processes,
            "threads": 4,
            "worker_class": "gthread",
            "timeout": 60,
            "graceful_timeout": 10,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "preload_app": False,
            "control_socket_disable": True,
        }
    ).run()
