"""A real registry: Debian's docker-registry, on a loopback port of its own."""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARY = shutil.which("docker-registry")

_CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {root}}}
http: {{addr: "127.0.0.1:0", secret: none}}
"""


@contextmanager
def docker_registry(root: Path) -> Iterator[str]:
    """Run one with its files below `root`; its host and port."""
    assert BINARY is not None
    config = root / "config.yml"
    config.write_text(_CONFIG.format(root=root / "registry"))
    with subprocess.Popen(
        [BINARY, "serve", str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            address = _address(process)
            # It writes a line for each request, and stops when nobody reads them.
            threading.Thread(target=process.communicate, daemon=True).start()
            yield address
        finally:
            process.kill()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if match := re.search(r"listening on (127\.0\.0\.1:\d+)", line):
            return match[1]
    raise AssertionError("docker-registry did not start:\n" + "".join(said))
