"""Validates RO-Crates with roc-validator, without the network.

    validate.py CRATE…

Each crate has to hold every REQUIRED check of Provenance Run Crate and of the profiles that it extends,
and every RECOMMENDED one but those in NOT_OURS. The two JSON-LD contexts that a crate names are put into
the validator's HTTP cache first: RO-Crate 1.1's from the package rocrate, that of the workflow-run terms
as https://w3id.org/ro/terms/workflow-run lists them.
"""

import importlib.resources
import json
import pathlib
import sys
import tempfile

from requests import Request
from requests_cache import CachedSession
from requests_cache.models import CachedResponse
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings

CRATE = "https://w3id.org/ro/crate/1.1/context"
RUN = "https://w3id.org/ro/terms/workflow-run"
TERMS = """ParameterConnection connection sourceParameter targetParameter md5 sha1 sha256 sha512
           environment containerImage ContainerImage DockerImage SIFImage registry tag resourceUsage""".split()

# What RECOMMENDED checks ask for that cannot be said, by a part of their messages.
NOT_OURS = {}


def contexts():
    """The documents that a crate's @context names."""
    text = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_text("utf-8")
    crate = json.loads(text)
    assert crate["@id"] == CRATE, crate["@id"]
    return {CRATE: crate, RUN + "/context": {"@context": {term: f"{RUN}#{term}" for term in TERMS}}}


def fill(cache):
    """Puts the contexts into a cache of the validator."""
    session = CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1)
    for url, document in contexts().items():
        request = Request("GET", url).prepare()
        response = CachedResponse(
            status_code=200,
            url=url,
            headers={"Content-Type": "application/ld+json"},
            content=json.dumps(document).encode(),
            request=request,
        )
        session.cache.save_response(response, session.cache.create_key(request))
    session.close()


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


def main(crates):
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        cache = pathlib.Path(folder) / "contexts"
        fill(cache)
        for crate in crates:
            found = issues(crate, cache)
            excused = [i for i in found if i.severity < Severity.REQUIRED and any(part in i.message for part in NOT_OURS)]
            bad = [i for i in found if i not in excused]
            for issue in bad:
                print(f"{crate}: {issue.severity.name} {issue.check.identifier}: {issue.message} ({issue.violatingEntity})")
            print(f"{crate}: {len(bad)} issues, {len(excused)} excused")
            wrong += len(bad)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
