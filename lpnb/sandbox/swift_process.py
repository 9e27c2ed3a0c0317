"""
OpenStack Swift, whole, in this one process: ``python -P swift_process.py``, on behalf of a parent.

Swift is four servers. Three keep things: accounts and containers in SQLite files, objects as plain
files with their metadata in extended attributes. The fourth, the proxy, speaks to clients. Usually
each is many processes on many machines, which find one another by *rings*: files that map the hash
of a path to devices, a folder at an address and port each. Here every ring has one partition on
one device, and all four are Swift's own WSGI applications in one eventlet loop, each on a loopback
port of its own. The proxy's pipeline is a usual Swift's, less what needs daemons beside it
(memcached, logs). Its *tempauth* has no users, so a temporary URL is the only way in; what an
operator would set up with a token, the account's key and the container, is asked of the pipeline
directly.

The parent writes one line of JSON (`Settings`), and ``{"port": ...}`` comes back once Swift
answers, or ``{"error": ...}``. Each later line empties the storage and gets the same answer. When
the pipe ends, because the parent closed it or is no more, this process ends, and its folder too.
Eventlet replaces Python's sockets and threads in a whole process: let nothing else import this.
"""

import json
import logging
import os
import secrets
import shutil
import signal
import sys
from array import array
from pathlib import Path
from typing import Any, NoReturn, TypedDict

_FILTERS = "catch_errors gatekeeper tempurl tempauth copy container_quotas slo dlo versioned_writes"
_PROXY = f"""\
[pipeline:main]
pipeline = {_FILTERS} proxy
[app:proxy]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 10
error_suppression_limit = 1000000
"""
_PROXY += "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in _FILTERS.split())


class Settings(TypedDict):
    """What the parent decides; *folder* is there and empty, *headers* go to the container."""

    folder: str
    account_path: str
    container: str
    key: str
    max_file_size: int
    headers: dict[str, str]


class _Cache(dict[str, Any]):
    """
    What memcached is to other Swifts, as far as its proxy asks.

    Without it every request would look up its account and container in their databases again, and
    a token that nobody knows would be answered 500.
    """

    def __bool__(self) -> bool:
        return True  # an empty one is one too

    def get(self, key: str, *_: Any, **__: Any) -> Any:
        return super().get(key)

    def set(self, key: str, value: Any, *_: Any, **__: Any) -> None:
        self[key] = value

    def incr(self, key: str, delta: int = 1, *_: Any, **__: Any) -> int:
        self[key] = int(self.get(key) or 0) + delta
        return int(self[key])

    def delete(self, key: str, *_: Any, **__: Any) -> None:
        self.pop(key, None)


def main() -> NoReturn:
    """Be Swift until the pipe from the parent ends."""
    settings: Settings = json.loads(sys.stdin.readline())

    def leave(*_: Any) -> NoReturn:
        shutil.rmtree(settings["folder"], ignore_errors=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    try:
        _serve(settings)
    except Exception as error:  # noqa: BLE001 - the parent tells its user
        _say({"error": f"{type(error).__name__}: {error}"})
    leave()


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _serve(settings: Settings) -> None:
    folder = Path(settings["folder"])
    # The three that trust the proxy are out of others' reach: each path begins with this.
    device = folder / secrets.token_hex(16)
    logging.disable()  # or Swift looks for a syslog to write to
    os.environ["TZ"] = "UTC+0"  # as Swift's own run loop does
    os.setxattr(folder, "user.lpnb", b"1")  # or every upload would be answered 503
    limits = f"[swift-constraints]\nmax_file_size = {settings['max_file_size']}\n"
    (folder / "swift.conf").write_text(f"[swift-hash]\nswift_hash_path_suffix = lpnb\n{limits}")
    (folder / "proxy.conf").write_text(f"[DEFAULT]\nswift_dir = {folder}\n{_PROXY}")

    from swift.common import utils

    utils.eventlet_monkey_patch()
    utils.set_swift_dir(str(folder))  # before the modules that read swift.conf when imported

    import eventlet.green.os
    import eventlet.wsgi
    from swift.account.server import app_factory as accounts
    from swift.common import wsgi
    from swift.common.ring import RingData
    from swift.container.server import app_factory as containers
    from swift.obj.server import app_factory as objects

    def listen() -> Any:
        return wsgi.get_socket({"bind_ip": "127.0.0.1", "bind_port": 0})

    def run(application: Any, listener: Any) -> None:
        eventlet.spawn(
            eventlet.wsgi.server,
            listener,
            application,
            log=utils.NullLogger(),
            protocol=wsgi.SwiftHttpProtocol,  # this and the rest as Swift's own run loop has it
            socket_timeout=60,
            capitalize_response_headers=False,
            url_length_limit=8192,
        )

    options = {
        "swift_dir": str(folder),
        "devices": str(folder),
        "mount_check": "false",
        "fallocate_reserve": "0",
        "container_update_timeout": "30",  # no daemon makes up for an update that came too late
    }
    for name, app_factory in (
        ("account", accounts),
        ("container", containers),
        ("object", objects),
    ):
        listener = listen()
        where = {"ip": "127.0.0.1", "port": listener.getsockname()[1], "device": device.name}
        only = {"id": 0, "region": 1, "zone": 1, "weight": 1.0, "meta": "", **where}
        RingData([array("H", [0])], [only], 32).save(str(folder / f"{name}.ring.gz"))
        run(app_factory(options), listener)
    proxy, listener, cache = wsgi.loadapp(str(folder / "proxy.conf")), listen(), _Cache()
    run(lambda environ, start: proxy(environ | {"swift.cache": cache}, start), listener)
    os.set_blocking(0, False)
    while True:
        device.mkdir()
        cache.clear()
        _provide(proxy, settings)
        _say({"port": listener.getsockname()[1]})
        if not eventlet.green.os.read(0, 4096):
            return
        shutil.rmtree(device, ignore_errors=True)


def _provide(proxy: Any, settings: Settings) -> None:
    """Set the account's key and create the container."""
    from swift.common.swob import Request

    account = settings["account_path"]
    for method, path, headers in (
        ("POST", account, {"X-Account-Meta-Temp-URL-Key": settings["key"]}),
        ("PUT", f"{account}/{settings['container']}", settings["headers"]),
    ):
        allowed = {"REQUEST_METHOD": method, "swift.authorize_override": True, "swift_owner": True}
        answer = Request.blank(path, environ=allowed, headers=headers).get_response(proxy)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path} got {answer.status}")


if __name__ == "__main__":
    main()
