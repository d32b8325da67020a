"""A page on this machine that shows one benign picture in every way there is, and its server."""

import base64
import gzip
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw


def _picture() -> bytes:
    out, picture = BytesIO(), Image.new("RGB", (300, 200), (220, 20, 20))
    ImageDraw.Draw(picture).ellipse((50, 20, 250, 180), fill=(250, 230, 0))
    picture.save(out, "PNG")
    return out.getvalue()


PICTURE = _picture()
VIDEO = b"\0\0\0\x18ftypisom" + b"not really a video" * 200
GBK = "<!doctype html><meta charset=gbk><p>群组测试</p>".encode("gbk")
_BASE64 = base64.b64encode(PICTURE).decode()
_CHUNKS = [_BASE64[at : at + 500] for at in range(0, len(_BASE64), 500)]
PAGE = f"""<!doctype html><meta charset=utf-8><title>A page 页面</title>
<style>
  div {{ width: 200px; height: 60px }}
  #network {{ background: url(/picture.png?background) }}
  #inline {{ background: url(data:image/png;base64,{_BASE64}) }}
  #before::before {{ content: url(data:image/png;base64,{_BASE64}) }}
</style>
<h1>Group 测试群</h1><p>handle @someone</p>
<img src=/picture.png><img src="data:image/png;base64,{_BASE64}">
<div id=network></div><div id=inline></div><div id=before></div><div id=script></div><div id=shadow></div>
<canvas id=drawn width=100 height=60></canvas><video src=/video.mp4 width=100 height=60></video>
<iframe src=/frame width=340 height=240></iframe><iframe src=/gbk></iframe>
<script>
  const said = {_CHUNKS}.join("");
  const bytes = Uint8Array.from(atob(said), (c) => c.charCodeAt(0));
  document.querySelector("#script").style.background = "url(data:ima" + "ge/png;base64," + said + ")";
  const blob = new Image(); blob.src = URL.createObjectURL(new Blob([bytes])); document.body.append(blob);
  const pen = document.querySelector("#drawn").getContext("2d"); pen.fillStyle = "red"; pen.fillRect(0, 0, 50, 60);
  const root = document.querySelector("#shadow").attachShadow({{mode: "open"}});
  root.innerHTML = "<canvas width=60 height=60></canvas>";
  root.firstChild.getContext("2d").fillRect(0, 0, 30, 30);
  fetch("/data.json").then((r) => r.json()).then((d) => document.body.append(d.said));
  fetch("http://10.0.0.1/private").catch(() => 0);
</script>""".encode()
FILES = {
    "/": ("text/html; charset=utf-8", PAGE),
    "/frame": ("text/html", b"<img src=/picture.png?frame><p>in a frame"),
    "/gbk": ("text/html", GBK),
    "/picture.png": ("image/png", PICTURE),
    "/mislabelled": ("text/plain", PICTURE),
    "/video.mp4": ("video/mp4", VIDEO),
    "/data.json": ("application/json", b'{"said": "said by a script"}'),
    "/favicon.ico": ("image/png", PICTURE),
}


@dataclass(frozen=True)
class Site:
    """Where it is."""

    url: str
    port: int


@contextmanager
def running_site(certificate: Path | None = None) -> Iterator[Site]:
    """Serve it until the block ends; over TLS with ``certificate`` (PEM: key and certificate)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?", 1)[0]
            if path == "/away":
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.2:{server.server_port}/")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content_type, content = FILES.get(path, ("text/plain", b"nothing here"))
            self.send_response(200 if path in FILES else 404)
            self.send_header("Content-Type", content_type)
            if content_type.startswith(("text/html", "application/json")):
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a browser lets go when it likes
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        scheme = "http" if certificate is None else "https"
        yield Site(url=f"{scheme}://127.0.0.1:{server.server_port}/", port=server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
