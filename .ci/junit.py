"""Checks that files are JUnit XML by the rules of junit-10.xsd, by which Jenkins' xUnit plugin checks.

    python3 .ci/junit.py FILE...

The rules are written down here anew; the schema itself is not part of this project.
"""

import re
import sys
import xml.etree.ElementTree as ET

TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")
COUNTS = {"tests", "failures", "errors"}
# element: (attributes it must have, attributes it may have, children)
RULES = {
    "testsuites": (set(), COUNTS | {"name", "time"}, {"testsuite"}),
    "testsuite": (
        COUNTS | {"name"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
}


def check(element, path):
    here = f"{path}/{element.tag}"
    must, may, children = RULES[element.tag]
    names = set(element.attrib)
    assert must <= names, f"{here} lacks {must - names}"
    assert names <= must | may, f"{here} has {names - must - may}"
    for name in {"tests", "failures", "errors", "skipped"} & names:
        assert element.get(name).isdigit(), f"{here}: {name}"
    if element.tag != "testcase" and "time" in names:
        assert TIME.fullmatch(element.get("time")), f"{here}: time {element.get('time')}"
    for child in element:
        assert child.tag in children, f"{child.tag} in {here}"
        check(child, here)


for file in sys.argv[1:]:
    root = ET.parse(file).getroot()
    assert root.tag == "testsuites", root.tag
    check(root, file)
    cases = list(root.iter("testcase"))
    failures = [case for case in cases if case.find("failure") is not None]
    assert int(root.get("tests")) == len(cases) > 0, "the sum of tests"
    assert int(root.get("failures")) == len(failures), "the sum of failures"
    print(f"{file}: {len(cases)} test cases, {len(failures)} failures")
