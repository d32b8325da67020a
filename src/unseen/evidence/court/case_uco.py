"""A pack for investigators' tools: CASE 1.5 / UCO 1.5 in JSON-LD (https://caseontology.org, Apache-2.0 ontologies).

An ``Investigation`` holds one ``File`` for each exhibit (with its digests, whether or not the file is kept), a
``ProvenanceRecord`` that names the exhibit, and the custody log as a chain of ``InvestigativeAction``.  Identifiers are
derived from the pack's number, so that the same pack gives the same file.  Fingerprints of likeness are left out.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from unseen.evidence.court.figures import Figures
from unseen.evidence.records import Entry, Item, Tool

_Node = dict[str, Any]

_CONTEXT: Final = {
    "kb": "urn:unseen:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def case_uco_of(figures: Figures) -> bytes:
    """The JSON-LD, UTF-8."""
    graph = list(_Graph(figures).nodes())
    return json.dumps({"@context": _CONTEXT, "@graph": graph}, ensure_ascii=False, indent=1).encode()


class _Graph:
    """Nodes of one pack."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._pack = UUID(figures.manifest.purpose.pack)

    def nodes(self) -> Iterator[_Node]:
        figures = self._figures
        exhibits = [self._id("provenance-record", str(n)) for n in range(1, len(figures.items) + 1)]
        actions = [self._id("investigative-action", str(entry.number)) for entry in figures.entries]
        yield self._node(
            "investigation",
            "",
            "case-investigation:Investigation",
            {
                "uco-core:name": f"Pack {figures.manifest.purpose.pack}",
                "uco-core:description": "Collected and sealed evidence. Matches are reasons for review, never proof.",
                "uco-core:object": [{"@id": name} for name in (*exhibits, *actions)],
            },
        )
        for who in dict.fromkeys(entry.operator for entry in figures.entries):
            yield self._node("identity", who, "uco-identity:Identity", {"uco-core:name": who})
        for tool in dict.fromkeys([figures.manifest.tool, *(item.tool for item in figures.items)]):
            about = {"uco-core:name": tool.name, "uco-tool:version": tool.version}
            yield self._node("tool", _tool_key(tool), "uco-tool:Tool", about)
        for number, item in enumerate(figures.items, start=1):
            yield from self._exhibit(number, item)
        yield from self._custody()

    def _exhibit(self, number: int, item: Item) -> Iterator[_Node]:
        original, key = item.original, str(number)
        facets = [
            self._node(
                "file-facet",
                key,
                "uco-observable:FileFacet",
                {"uco-observable:fileName": original.name, "uco-observable:sizeInBytes": original.bytes},
            ),
            self._node(
                "content-data-facet",
                key,
                "uco-observable:ContentDataFacet",
                {
                    "uco-observable:mimeType": original.media_type,
                    "uco-observable:sizeInBytes": original.bytes,
                    "uco-observable:hash": [
                        self._hash(f"{key}-{method}", method, value)
                        for method, value in (("SHA256", original.sha256), ("SHA512", original.sha512))
                    ],
                },
            ),
        ]
        yield self._node("file", key, "uco-observable:File", {"uco-core:hasFacet": facets})
        yield self._source(key, item)
        yield self._node(
            "provenance-record",
            key,
            "case-investigation:ProvenanceRecord",
            {
                "uco-core:description": f"Kept: {'yes' if original.kept else 'digests only'}. Method: {item.method}",
                "case-investigation:exhibitNumber": key,
                "uco-core:object": [{"@id": self._id("file", key)}],
            },
        )

    def _source(self, key: str, item: Item) -> _Node:
        if item.origin.kind == "url":
            facet = self._node(
                "url-facet", key, "uco-observable:URLFacet", {"uco-observable:fullValue": item.origin.where}
            )
            return self._node("source", key, "uco-observable:URL", {"uco-core:hasFacet": [facet]})
        facet = self._node("device-facet", key, "uco-observable:DeviceFacet", {})
        about = {"uco-core:name": item.origin.where, "uco-core:hasFacet": [facet]}
        return self._node("source", key, "uco-observable:Device", about)

    def _hash(self, key: str, method: str, value: str) -> _Node:
        return self._node(
            "hash",
            key,
            "uco-types:Hash",
            {
                "uco-types:hashMethod": method,
                "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": value},
            },
        )

    def _custody(self) -> Iterator[_Node]:
        taken_in = 0
        for entry in self._figures.entries:
            taken_in += entry.added is not None
            about = self._action(entry, str(taken_in))
            if entry.number > 1:
                before = self._id("investigative-action", str(entry.number - 1))
                about["case-investigation:wasInformedBy"] = {"@id": before}
            key = str(entry.number)
            yield self._node("investigative-action", key, "case-investigation:InvestigativeAction", about)

    def _action(self, entry: Entry, exhibit: str) -> _Node:
        tool = entry.added.tool if entry.added else self._figures.manifest.tool
        about: _Node = {
            "uco-action:endTime": _time(entry.at),
            "uco-action:performer": {"@id": self._id("identity", entry.operator)},
            "uco-action:instrument": {"@id": self._id("tool", _tool_key(tool))},
        }
        if entry.added is not None:
            about["uco-core:name"] = f"Exhibit {exhibit} taken in"
            about["uco-action:startTime"] = _time(min(entry.added.captured_at, entry.at))
            about["uco-action:object"] = [{"@id": self._id("source", exhibit)}]
            about["uco-action:result"] = [{"@id": self._id(kind, exhibit)} for kind in ("file", "provenance-record")]
        elif entry.noted is not None:
            about |= {"uco-core:name": "Note", "uco-core:description": entry.noted}
        else:
            about["uco-core:name"] = "Pack begun" if entry.begun else "Pack sealed"
        return about

    def _node(self, kind: str, key: str, type_: str, about: _Node) -> _Node:
        return {"@id": self._id(kind, key), "@type": type_, **about}

    def _id(self, kind: str, key: str) -> str:
        return f"kb:{kind}-{uuid5(self._pack, f'{kind}/{key}')}"


def _tool_key(tool: Tool) -> str:
    return f"{tool.name} {tool.version}"


def _time(moment: datetime) -> _Node:
    return {"@type": "xsd:dateTime", "@value": moment.isoformat()}
