"""A captured page as WACZ 1.1.1 (a zip with WARC 1.1, an index, the list of pages and digests), and its request log."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from unseen.base import Misconfigured
from unseen.evidence.web.records import CapturedPage, Exchange

_WARC: Final = "archive/data.warc.gz"
_INDEX: Final = "indexes/index.cdxj"
_PAGES: Final = "pages/pages.jsonl"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)  # the same page gives the same bytes
#: Of the way, not of what was sent: payloads are kept as they were after it.
_ENCODING: Final = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def request_log(page: CapturedPage) -> bytes:
    """One JSON object a line: the capture itself, then each request with the digest of what came."""
    about = {
        "asked": page.asked,
        "url": page.url,
        "title": page.title,
        "started_at": page.started_at.isoformat(),
        "ended_at": page.ended_at.isoformat(),
        "browser": f"{page.browser.name} {page.browser.version}",
        "media": "kept" if page.media_kept else "dropped; digests stay",
        "refused_hosts": list(page.refused),
        "certificates": [
            {"origin": one.origin, "sha256": [hashlib.sha256(der).hexdigest() for der in one.chain]}
            for one in page.certificates
        ],
    }
    lines = [about, *(_logged(exchange) for exchange in page.exchanges)]
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _logged(exchange: Exchange) -> dict[str, Any]:
    return {
        "at": exchange.at.isoformat(),
        "method": exchange.method,
        "url": exchange.url,
        "kind": exchange.kind,
        "address": exchange.address,
        "status": exchange.status,
        "request": exchange.request,
        "response": exchange.response,
        "bytes": exchange.size,
        "sha256": exchange.sha256,
        "whole": exchange.whole,
        "kept": "nothing" if exchange.content is None else "without pictures" if exchange.changed else "all",
    }


def wacz_of(page: CapturedPage) -> bytes:
    """The archive.  Raises: Misconfigured where the extra `capture` is not installed."""
    warc, index = _warc(page.exchanges)
    files = {
        _WARC: warc,
        _INDEX: index,
        _PAGES: _lines(
            {"format": "json-pages-1.0", "id": "pages", "title": "All pages"},
            {"id": "1", "url": page.url, "title": page.title, "ts": page.started_at.isoformat()},
        ),
    }
    resources = [
        {"name": path.rsplit("/", 1)[-1], "path": path, "hash": _hash(content), "bytes": len(content)}
        for path, content in files.items()
    ]
    package = json.dumps(
        {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "created": page.ended_at.isoformat(),
            "software": f"{page.browser.name} {page.browser.version}",
            "mainPageUrl": page.url,
            "mainPageDate": page.started_at.isoformat(),
            "resources": resources,
        },
        indent=1,
    ).encode()
    digest = json.dumps({"path": "datapackage.json", "hash": _hash(package)}).encode()
    return _zipped({**files, "datapackage.json": package, "datapackage-digest.json": digest})


def _warc(exchanges: Sequence[Exchange]) -> tuple[bytes, bytes]:
    """The records, and where each is (CDXJ)."""
    try:
        from warcio.warcwriter import WARCWriter
    except ImportError:
        raise Misconfigured(
            "Capturing a page needs more packages.", hint="Install them with: pip install 'unseen[capture]'."
        ) from None
    out, index = BytesIO(), []
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    for exchange in exchanges:
        start = out.tell()
        response = _response(writer, exchange)
        writer.write_record(response)
        index.append(_indexed(exchange, start, out.tell() - start))
        request = _request(writer, exchange, response.rec_headers.get_header("WARC-Record-ID"))
        writer.write_record(request)
        for record in (response, request):
            record.raw_stream.close()  # a buffer of warcio's
    return out.getvalue(), b"".join(sorted(index))


def _response(writer: Any, exchange: Exchange) -> Any:  # noqa: ANN401  warcio has no types
    from warcio.statusandheaders import StatusAndHeaders

    about = {"WARC-Date": _date(exchange)}
    if exchange.address:
        about["WARC-IP-Address"] = exchange.address
    if exchange.content is None and exchange.size:
        about["WARC-Truncated"] = "unspecified"
    if exchange.content is None or exchange.changed:
        about["Unseen-Payload-Digest"] = f"sha256:{exchange.sha256}"  # of what came; WARC's own is of what is here
    kept = exchange.content or b""
    fields = [field for field in exchange.response if field[0].lower() not in _ENCODING]
    fields.append(("Content-Length", str(len(kept))))
    head = StatusAndHeaders(f"{exchange.status} {exchange.reason}".strip(), fields, protocol="HTTP/1.1")
    return writer.create_warc_record(
        exchange.url, "response", payload=BytesIO(kept), http_headers=head, warc_headers_dict=about
    )


def _request(writer: Any, exchange: Exchange, answered_by: str) -> Any:  # noqa: ANN401  warcio has no types
    from warcio.statusandheaders import StatusAndHeaders

    about = {"WARC-Date": _date(exchange), "WARC-Concurrent-To": answered_by}
    parts = urlsplit(exchange.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = [("Host", parts.netloc), *exchange.request]
    head = StatusAndHeaders(f"{exchange.method} {path} HTTP/1.1", fields, is_http_request=True)
    return writer.create_warc_record(exchange.url, "request", http_headers=head, warc_headers_dict=about)


def _indexed(exchange: Exchange, start: int, length: int) -> bytes:
    """A line of CDXJ: the address with its host turned around, the time, and where the record is."""
    parts = urlsplit(exchange.url)
    host = ",".join(reversed((parts.hostname or "").split(".")))
    query = f"?{parts.query}" if parts.query else ""
    about = {
        "url": exchange.url,
        "mime": next((value for name, value in exchange.response if name.lower() == "content-type"), ""),
        "status": str(exchange.status),
        "digest": f"sha256:{exchange.sha256}",
        "length": str(length),
        "offset": str(start),
        "filename": _WARC.rsplit("/", 1)[-1],
    }
    key = f"{host}){(parts.path or '/').lower()}{query.lower()} {exchange.at:%Y%m%d%H%M%S}"
    return f"{key} {json.dumps(about)}\n".encode()


def _date(exchange: Exchange) -> str:
    return f"{exchange.at:%Y-%m-%dT%H:%M:%S.%f}Z"


def _lines(*objects: Mapping[str, str]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in objects)


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in files.items():
            stored = zipfile.ZIP_STORED if path == _WARC else zipfile.ZIP_DEFLATED  # a player seeks in it
            archive.writestr(zipfile.ZipInfo(path, _EARLIEST), content, stored)
    return out.getvalue()
