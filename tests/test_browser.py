#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""audit --html, looked at in a real browser. With SLIPWAY_PICTURES=DIR the pictures are kept there."""

import html.parser
import json
import os
import pathlib
import re

import browser
import make_host
import make_rack
from tap import Folder, Skip, main, slipway, test

KINDS = ("assignable", "bound", "attached", "blocked", "unknown", "carrier")
CHIPS = "Array.from(document.querySelectorAll('.drawing a[data-id]'))"
ROWS = "Array.from(document.querySelectorAll('#devices tbody tr'))"


class Host(Folder):
    """A generated host with its page, opened in the browser."""

    def __init__(self, make, **options):
        self.make, self.options = make, options

    def __enter__(self):
        folder = super().__enter__()
        self.make(folder / "root", **self.options)
        self.page = folder / "audit.html"
        slipway("audit", "--html", self.page, root=folder / "root", status=(0, 1))
        self.devices = slipway("--json", "list", root=folder / "root", status=0).json()["devices"]
        self.source = self.page.read_text(encoding="utf-8")
        return self


def small():
    return Host(make_host.lab)


def big():
    return Host(make_rack.rack)


def keep(name, data):
    folder = os.environ.get("SLIPWAY_PICTURES")
    if folder:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        (pathlib.Path(folder) / name).write_bytes(data)


chromium = None


def open_page(host):
    """One browser for all tests: its start is what costs."""
    global chromium
    if not browser.find():
        raise Skip("Chromium is not installed")
    if chromium is None:
        chromium = browser.Browser()
    chromium.size(1400, 1000)
    chromium.media()
    chromium.open(host.page)
    return chromium


class Nesting(html.parser.HTMLParser):
    VOID = {"meta", "link", "input", "br"}

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], {}, []

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open, self.getpos())
        self.open.pop()


@test
def the_page_is_whole_and_needs_no_other():
    for host in (small(), big()):
        with host:
            page = Nesting()
            page.feed(host.source)
            page.close()
            assert page.open == [] and page.tags["script"] == 1 and page.tags["style"] == 1
            for tag, name, value in page.attributes:
                assert name not in ("src", "srcset", "action", "style") and not name.startswith("on"), (tag, name)
                assert name != "href" or value.startswith(("#", "data:,")), (tag, value)
            (policy,) = [value for tag, name, value in page.attributes if name == "content" and "default-src" in value]
            assert policy.startswith("default-src 'none';") and "unsafe" not in policy and "http" not in policy, policy
            for d in host.devices:
                assert host.source.count(f'data-id="{d["address"]}"') == 2, d["address"]


@test
def every_device_is_in_sight_and_nothing_is_complained_of():
    for name, host in (("small", small()), ("big", big())):
        with host:
            b = open_page(host)
            addresses = [d["address"] for d in host.devices]
            assert sorted(b.ask(f"{CHIPS}.map(c => c.dataset.id)")) == sorted(addresses)
            assert b.ask(f"{ROWS}.map(r => r.dataset.id)") == addresses
            boxes = b.ask("Array.from(document.querySelectorAll('.drawing .body')).map(e => (r => [r.left, r.top, r.right, r.bottom])(e.getBoundingClientRect()))")
            for i, (left, top, right, bottom) in enumerate(boxes):
                assert right - left > 60 and bottom - top > 20 and left >= 0 and right <= 1400
                for other in boxes[:i]:
                    assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top, (boxes[i], other)
            # No text of a device leaves its box.
            spill = b.ask("Array.from(document.querySelectorAll('.drawing .chip')).filter(c => { const body = c.querySelector('.body').getBoundingClientRect();"
                          " return Array.from(c.querySelectorAll('text')).some(t => { const r = t.getBoundingClientRect(); return r.right > body.right || r.left < body.left; });"
                          " }).map(c => c.dataset.id)")
            assert spill == [], spill
            for scheme in ("light", "dark"):
                b.media(scheme)
                keep(f"{name}-{scheme}.png", b.picture())
            assert b.complaints() == [], b.complaints()
            if name == "big":
                assert len(addresses) >= 150


@test
def what_a_device_calls_itself_is_only_text():
    with big() as host:
        b = open_page(host)
        assert b.ask("document.querySelectorAll('script').length") == 1
        names = b.ask(f"{ROWS}.map(r => r.querySelector('.what').textContent)")
        (name,) = [n for n in names if "alert" in n]
        assert name.startswith("<script>alert(1)</script>\"'&\ufffd") and "\x1b" not in name, name
        assert b.complaints() == []


def visible(b):
    return b.ask(f"{ROWS}.filter(r => !r.hidden).map(r => r.dataset.id)")


@test
def the_filter_leaves_what_was_asked_for():
    with big() as host:
        b = open_page(host)
        b.ask("document.getElementById('filter').focus()")
        b.type("nvme  SLOT")
        assert visible(b) == []
        b.key("Escape")
        assert len(visible(b)) == len(host.devices)
        b.type("mzql nvme")
        wanted = [d["address"] for d in host.devices if d["driver"] == "nvme" and "MZQL" in (d["model"] or "")]
        assert len(wanted) > 10 and visible(b) == wanted
        assert b.ask(f"{CHIPS}.filter(c => !c.classList.contains('off')).map(c => c.dataset.id).sort()") == sorted(wanted)
        assert b.ask("document.getElementById('count').textContent") == f"{len(wanted)} of {len(host.devices)} devices"
        b.key("Escape")
        for verdict in ("bound", "attached"):
            b.ask(f"document.querySelector('.tools [data-kind={verdict}]').click()")
        wanted = [d["address"] for d in host.devices if d["verdict"] in ("bound", "attached")]
        assert wanted and visible(b) == wanted
        b.type("group" + " no-such-thing")
        assert visible(b) == [] and b.complaints() == []


def tip(b):
    return b.ask("document.getElementById('tip').hidden ? null : document.getElementById('tip').textContent")


@test
def the_keyboard_reaches_each_device_and_its_reasons():
    with small() as host:
        b = open_page(host)
        by_address = {d["address"]: d for d in host.devices}
        b.ask("document.getElementById('filter').focus()")
        reached = []
        for _ in range(60):
            b.key("Tab")
            address = b.ask("document.activeElement.closest('.drawing') && document.activeElement.dataset.id")
            if not address:
                if reached:
                    break
                continue
            reached.append(address)
            said = tip(b)
            assert said and address in said and by_address[address]["verdict"] in said, (address, said)
            for reason in by_address[address]["reasons"]:
                assert reason in said, (reason, said)
        assert sorted(reached) == sorted(by_address)
        assert tip(b) is None
        b.ask(f"{CHIPS}[0].focus()")
        b.key("ArrowRight")
        assert b.ask("document.activeElement.dataset.id") == reached[1]
        b.key("End")
        assert b.ask("document.activeElement.dataset.id") == reached[-1] and tip(b)
        b.key("Escape")
        assert tip(b) is None
        b.key("Enter")
        assert b.ask("location.hash") == f"#d-{reached[-1]}"
        for address, label in b.ask(f"{CHIPS}.map(c => [c.dataset.id, c.getAttribute('aria-label')])"):
            assert address in label and by_address[address]["verdict"] in label, label
            assert all(reason in label for reason in by_address[address]["reasons"]), label


@test
def the_pointer_shows_the_reasons_and_the_group():
    with big() as host:
        b = open_page(host)
        shared = next(d for d in host.devices if d["class"] == "0x030000" and len(d["group_members"]) > 3)
        b.ask(f"document.querySelector('.drawing [data-id=\"{shared['address']}\"]').scrollIntoView({{block: 'center'}})")
        x, y = b.ask(f"(r => [r.left + r.width / 2, r.top + r.height / 2])(document.querySelector('.drawing [data-id=\"{shared['address']}\"]').getBoundingClientRect())")
        b.point_at(x, y)
        said = tip(b)
        assert said and shared["reasons"] and all(reason in said for reason in shared["reasons"]), said
        assert set(b.ask("Array.from(document.querySelectorAll('.drawing .hot')).map(g => g.dataset.group)")) == {str(shared["iommu_group"])}
        inside = b.ask("(r => r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight)(document.getElementById('tip').getBoundingClientRect())")
        keep("tip.png", b.picture(whole=False))
        assert inside
        b.point_at(2, 2)
        assert tip(b) is None


def luminance(color):
    parts = [int(c) / 255 for c in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@test
def it_can_be_read_in_light_and_in_dark():
    with big() as host:
        b = open_page(host)
        papers = []
        for scheme in ("light", "dark"):
            b.media(scheme)
            papers.append(b.ask("getComputedStyle(document.body).backgroundColor"))
            pairs = [("ink on paper", *b.ask("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")),
                     ("hint", b.ask("getComputedStyle(document.querySelector('.hint')).color"), papers[-1])]
            for kind in KINDS:
                found = b.ask(f"(c => c && [getComputedStyle(c.querySelector('text')).fill, getComputedStyle(c.querySelector('.soft')).fill,"
                              f" getComputedStyle(c.querySelector('.body')).fill])(document.querySelector('.drawing .chip.{kind}'))")
                if found:
                    pairs += [(kind, found[0], found[2]), (kind + " soft", found[1], found[2])]
                    mark = b.ask(f"(c => [getComputedStyle(c.querySelector('use')).color, getComputedStyle(c.querySelector('.stripe')).fill])(document.querySelector('.drawing .chip.{kind}'))")
                    assert contrast(*mark) >= 3, (scheme, kind, mark)
            for name, front, back in pairs:
                assert contrast(front, back) >= 4.5, (scheme, name, front, back, contrast(front, back))
        assert luminance(papers[0]) > 0.8 and luminance(papers[1]) < 0.05, papers


@test
def a_drive_is_known_by_the_end_of_its_serial_number():
    with big() as host:
        for d in host.devices:
            if d["serial"] and d["serial"].startswith("S64H"):
                chip = re.search(rf'<a class="chip [^>]*data-id="{re.escape(d["address"])}".*?</a>', host.source)[0]
                assert "…" + d["serial"][-7:] in chip, chip


@test
def the_reasons_come_before_what_is_only_a_caution():
    with big() as host:
        b = open_page(host)
        classes = b.ask(f"{ROWS}.map(r => Array.from(r.querySelectorAll('.why li')).map(l => l.className).join(' '))")
        mixed = [c for c in classes if "reason" in c and "caution" in c]
        assert mixed and all(c.rindex("reason") < c.index("caution") for c in mixed), mixed


@test
def no_verdict_is_a_colour_alone():
    with big() as host:
        marks = dict(re.findall(r'<symbol id="i-(\w+)"[^>]*><path d="([^"]+)"', host.source))
        drawn = {kind: marks[kind] for kind in KINDS}
        assert len(set(drawn.values())) == len(KINDS), drawn
        for d in host.devices:
            chip = re.search(rf'<a class="chip (\w+)"[^>]*data-id="{re.escape(d["address"])}".*?<use href="#i-(\w+)"', host.source)
            assert not chip or chip[1] == chip[2], d["address"]


@test
def a_narrow_window_scrolls_only_the_wide_parts():
    with big() as host:
        b = open_page(host)
        b.size(420, 800)
        assert b.ask("document.documentElement.scrollWidth <= innerWidth")
        keep("narrow.png", b.picture(whole=False))
        # The verdict and its reasons stand below each other there, in sight.
        right = b.ask(f"Math.max(...{ROWS}.flatMap(r => Array.from(r.querySelectorAll('.verdict, .why'))).map(e => e.getBoundingClientRect().right))")
        assert right <= 420, right


@test
def it_prints():
    with big() as host:
        b = open_page(host)
        b.media("dark", "print")
        assert luminance(b.ask("getComputedStyle(document.body).backgroundColor")) > 0.9
        assert b.ask("getComputedStyle(document.getElementById('filter')).display") == "none"
        b.media()
        data = b.pdf()
        keep("print.pdf", data)
        assert data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF") and len(data) > 50000
        assert b.complaints() == []


@test
def two_pages_of_one_host_are_the_same_bytes():
    with big() as host, Folder() as out:
        slipway("audit", "--html", out / "again.html", root=host.path / "root", status=(0, 1))
        assert (out / "again.html").read_bytes() == host.page.read_bytes()


@test
def a_page_that_cannot_be_written_is_named():
    with Folder() as root:
        make_host.lab(root)
        for path in ("/nonexistent/audit.html", str(root)):
            r = slipway("audit", "--html", path, root=root, status=4)
            assert path.encode() in r.err and not r.out, r.err
        (root / "link.html").symlink_to(root / "elsewhere")
        r = slipway("audit", "--html", root / "link.html", root=root, status=4)
        assert b"link.html" in r.err and not (root / "elsewhere").exists()
        slipway("audit", "--html", root / "ok.html", root=root, status=(0, 1))
        assert (root / "ok.html").stat().st_mode & 0o777 == 0o644
        assert json.dumps(sorted(p.name for p in root.iterdir() if "html" in p.name)) == '["link.html", "ok.html"]'


if __name__ == "__main__":
    try:
        main()
    finally:
        if chromium:
            chromium.__exit__()
