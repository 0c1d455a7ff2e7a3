"""Validates RO-Crates with roc-validator, without the network.

    validate.py CRATE…

Each crate has to be readable by ro-crate-py, to have files with the sums that it names, and to hold every REQUIRED check of Provenance Run Crate and of the profiles that it extends,
and every RECOMMENDED one but those in NOT_OURS. The two JSON-LD contexts that a crate names are put into
the validator's HTTP cache first: RO-Crate 1.1's from the package rocrate, that of the workflow-run terms
as https://w3id.org/ro/terms/workflow-run lists them.
"""

import hashlib
import importlib.resources
import io
import json
import pathlib
import shutil
import sys
import tempfile
from urllib.parse import unquote

from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import CachedSession
from rocrate.rocrate import ROCrate
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from urllib3 import HTTPResponse

CRATE = "https://w3id.org/ro/crate/1.1/context"
RUN = "https://w3id.org/ro/terms/workflow-run"
TERMS = """ParameterConnection connection sourceParameter targetParameter md5 sha1 sha256 sha512
           environment containerImage ContainerImage DockerImage SIFImage registry tag resourceUsage""".split()

# What RECOMMENDED checks ask for that cannot be said, by a part of their messages.
NOT_OURS = {
    "The Application SHOULD have a url": "microtome has no home page yet",
    "The SoftwareApplication id SHOULD be an absolute URI": "for the same reason",
    "The Action SHOULD have an agent": "the store does not know who ran a stage, and nothing is invented",
    "`publisher` property": "who publishes a crate says so when it is published",
    "The author SHOULD have": "an author is a name; affiliations are the author's to add",
    "SHOULD comply with Bioschemas": "that profile demands a creator and dates that a pipeline file lacks",
}

# And what they ask for in crates that were exported without `--license` and `--author`.
NOT_STATED = ["representing the schema_org:license type", "representing the `author` of the RO-Crate"]


def contexts():
    """The documents that a crate's @context names."""
    text = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_text("utf-8")
    crate = json.loads(text)
    assert crate["@id"] == CRATE, crate["@id"]
    return {CRATE: crate, RUN + "/context": {"@context": {term: f"{RUN}#{term}" for term in TERMS}}}


class Documents(BaseAdapter):
    """Answers requests for the contexts, and for nothing else."""

    def __init__(self):
        super().__init__()
        self.known = {url: json.dumps(document).encode() for url, document in contexts().items()}

    def send(self, request, **_):
        text = self.known[request.url]
        raw = HTTPResponse(io.BytesIO(text), {"Content-Type": "application/ld+json"}, 200, preload_content=False)
        return HTTPAdapter().build_response(request, raw)

    def close(self):
        pass


def fill(cache):
    """Puts the contexts into a cache of the validator."""
    with CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1) as session:
        documents = Documents()
        session.mount("https://", documents)
        for url in documents.known:
            session.get(url).raise_for_status()


def issues(crate, cache):
    """Every issue that the validator finds."""
    settings = ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier="provenance-run-crate",
        requirement_severity=Severity.RECOMMENDED,
        offline=True,
        cache_path=str(cache),
    )
    return services.validate(settings).get_issues()


def wrong_sums(crate):
    """Every file that is not what the metadata say, by sha256sum's measure; a File is a file."""
    metadata = json.loads((crate / "ro-crate-metadata.json").read_text("utf-8"))
    for entity in metadata["@graph"]:
        if "File" in entity["@type"]:
            contents = (crate / unquote(entity["@id"])).read_bytes()
            if hashlib.sha256(contents).hexdigest() != entity["sha256"] or len(contents) != int(entity["contentSize"]):
                yield f"{entity['@id']} has other contents"


def refuses_damage(crate, cache):
    """Whether the validator sees that a required property is gone."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "crate"
        shutil.copytree(crate, copy)
        path = copy / "ro-crate-metadata.json"
        path.write_text(path.read_text("utf-8").replace('"instrument"', '"instruments"'), "utf-8")
        return any(issue.severity == Severity.REQUIRED for issue in issues(copy, cache))


def problems(crate, cache):
    """What is wrong with a crate, a sentence each, and how many wishes are not ours to fulfil."""
    found = issues(crate, cache)
    read = ROCrate(str(crate))
    parts = [*NOT_OURS, *(NOT_STATED if isinstance(read.license, str) else [])]
    excused = [
        issue
        for issue in found
        if issue.severity < Severity.REQUIRED and any(part in issue.message for part in parts)
    ]
    lines = [
        f"{issue.severity.name} {issue.check.identifier}: {issue.message} ({issue.violatingEntity})"
        for issue in found
        if issue not in excused
    ]
    lines += wrong_sums(crate)
    if read.mainEntity is None:
        lines.append("ro-crate-py finds no workflow")
    if not refuses_damage(crate, cache):
        lines.append("a damaged copy of it passes, so that its passing means nothing")
    return lines, len(excused)


def main(crates):
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        cache = pathlib.Path(folder) / "contexts"
        fill(cache)
        for crate in map(pathlib.Path, crates):
            lines, excused = problems(crate, cache)
            for line in lines:
                print(f"{crate}: {line}")
            print(f"{crate}: {len(lines)} problems, {excused} wishes that are not ours to fulfil")
            wrong += len(lines)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
