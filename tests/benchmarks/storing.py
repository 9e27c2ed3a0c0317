"""Ten thousand pictures in the sandbox's storage: no slower, and no more memory than its cap."""

import statistics
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from lpnb.sandbox import tempurl
from tests.swift_wire import Wire

from .figures import Figure, milliseconds
from .processes import SANDBOX, running

_PICTURES = 10_000
_SIZE = 30_000
_EDGE = 1_000  # so many at either end are compared
_CAP = 64 + 20  # megabytes: what stays in memory, and what it takes to know the rest


def measure() -> list[Figure]:
    """Upload to a fresh sandbox, one after the other on one connection."""
    seconds = []
    with running(*SANDBOX) as ready:
        wire = Wire(urlsplit(ready["storage"]).port or 0)
        container = f"{ready['storage_account_path']}/{ready['account']}"
        before = _resident(ready["pid"])
        for number in range(_PICTURES):
            path, until = f"{container}/{number}.png", int(time.time()) + 60
            signature = tempurl.sign(ready["storage_key"], "PUT", until, path)
            target = f"{quote(path)}?temp_url_sig={signature}&temp_url_expires={until}"
            head = f"PUT {target} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: {_SIZE}\r\n\r\n"
            request = head.encode() + number.to_bytes(4) * (_SIZE // 4)
            began = time.perf_counter()
            status = wire.ask(request).status
            seconds.append(time.perf_counter() - began)
            assert status == 201
        after = _resident(ready["pid"])
        wire.close()
    first, last = (statistics.median(part) for part in (seconds[:_EDGE], seconds[-_EDGE:]))
    figures = [
        Figure(f"an upload, last {_EDGE:,} of {_PICTURES:,} / first", (last / first,), bar=1.3),
        milliseconds(f"an upload of {_SIZE:,} bytes", seconds),
    ]
    if before:
        grown = (after - before) / 2**20
        what = f"resident memory grown, {_PICTURES * _SIZE / 1e6:.0f} MB stored"
        figures.append(Figure(what, (grown,), bar=_CAP, unit="MB"))
    return figures


def _resident(pid: int) -> int:
    """Give the bytes of memory a process holds, or 0 where nobody says."""
    try:
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
    except OSError:
        return 0
    return int(fields["VmRSS"].split()[0]) * 1024
