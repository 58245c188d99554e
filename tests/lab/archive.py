"""An archive of Debian packages for a server of the lab, which reaches no network: what it lacks is downloaded here and served to it."""

import contextlib
import functools
import hashlib
import http.server
import pathlib
import subprocess
import tempfile
import threading

import apt
import image

# Where QEMU's network shows this machine's loopback to the server.
HOST = "10.0.2.2"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Archive:
    """Use it with `with`. It listens on the loopback only; between close() and open() the server finds nobody there."""

    def __init__(self, machine, *packages):
        self.machine, self.packages = machine, packages
        self.folder = self.server = None
        self.port = 0

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self._download()
            self.open()
            self.machine.run("rm -rf /etc/apt/sources.list.d /etc/apt/apt.conf.d/*proxy* /var/lib/apt/lists/*", check=True)
            self.machine.write("/etc/apt/sources.list", f"deb [trusted=yes] http://{HOST}:{self.port} ./\n")
            self.machine.run("apt-get -q update", check=True, timeout=300)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.close()
        self.stack.close()

    def open(self):
        handler = functools.partial(Quiet, directory=self.folder / "pool")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def _download(self):
        pool = self.folder / "pool"
        status = self.machine.read("/var/lib/dpkg/status")
        apt.download(self.folder / "work", self.packages, status, apt.sources(image.SUITE)).rename(pool)
        (pool / "Packages").write_text("\n".join(map(paragraph, sorted(pool.glob("*.deb")))))


def paragraph(package):
    """Of a flat archive's index (sources.list(5), deb-control(5)): the package's own fields, and where it is."""
    fields = subprocess.run(["dpkg-deb", "--field", package], check=True, capture_output=True, text=True).stdout.strip()
    content = package.read_bytes()
    return f"{fields}\nFilename: ./{package.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
