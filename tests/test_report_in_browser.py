"""The report in a real browser: what is drawn, how it is moved and zoomed, and what it looks like elsewhere."""

import re
import shutil

import pytest

from sim.model.chain import Chain
from sim.model.optocoupler import parse
from sim.page.coding import unpack
from tests.browser import Browser
from tests.played import figures_of, played, small_song


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("chromium and its chromedriver are not installed: apt install chromium chromium-driver")
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(chromium):
    """A page of a good song; nobody may complain on the console."""
    chromium.driver.get_log("browser")
    chromium.open(played(small_song()))
    yield chromium
    assert chromium.driver.get_log("browser") == []


DRAWN = ["#roll canvas", "#waveform canvas", "#eye-frame canvas", "#eye-bit canvas", "#latency-receive canvas"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_drawn(browser, scheme):
    browser.media(scheme)
    browser.settle()
    paper = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    for css in DRAWN:
        assert browser.pixels(css) > 5, css


def test_figures_in_the_browser_are_those_of_the_json(browser):
    shown = browser.run(
        "return Object.fromEntries([...document.querySelectorAll('[data-value]')].map((e) =>"
        "[e.dataset.figure, [e.dataset.value, e.textContent]]))"
    )
    figures = figures_of(played(small_song()))
    assert set(shown) == set(figures)
    for name, (value, text) in shown.items():
        assert float(value) == pytest.approx(figures[name])
        number = float(text.replace(",", "").removesuffix(" µs"))
        assert number == (round(figures[name] * 1e6, 2) if "latency" in name else figures[name])


@pytest.mark.parametrize("name", ["roll", "waveform"])
def test_wheel_zooms_about_the_mouse_when_the_drawing_has_the_focus(browser, name):
    x, y = browser.place(f"#{name}")
    before = browser.seen(name)
    browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300)
    browser.settle()
    assert browser.seen(name) == before
    browser.run(f"document.getElementById('{name}').focus()")
    x, y = browser.place(f"#{name}")
    browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300)
    browser.wait(lambda: browser.seen(name) != before)
    begin, end = browser.seen(name)
    assert before[0] <= begin < end <= before[1]
    assert end - begin < 0.8 * (before[1] - before[0])


@pytest.mark.parametrize("name", ["roll", "waveform"])
def test_drag_moves(browser, name):
    browser.run(f"document.querySelector('[data-for={name}] button:nth-child(2)').click()")
    begin, end = browser.seen(name)
    x, y = browser.place(f"#{name}")
    browser.mouse("mousePressed", x, y, button="left", clickCount=1)
    for by in (10, 40, 80):
        browser.mouse("mouseMoved", x - by, y, button="left", buttons=1)
    browser.mouse("mouseReleased", x - 80, y, button="left", clickCount=1)
    browser.settle()
    moved = browser.seen(name)
    assert moved[0] > begin
    assert moved[1] - moved[0] == pytest.approx(end - begin)


@pytest.mark.parametrize("name", ["roll", "waveform"])
def test_keys_move_and_zoom(browser, name):
    browser.run(f"document.getElementById('{name}').focus()")
    browser.key("0")
    whole = browser.seen(name)
    browser.key("+")
    near = browser.seen(name)
    assert near[1] - near[0] == pytest.approx((whole[1] - whole[0]) / 2)
    browser.key("ArrowRight")
    right = browser.seen(name)
    assert right[0] > near[0]
    browser.key("Home")
    assert browser.seen(name)[0] == pytest.approx(whole[0])
    browser.key("-")
    assert browser.seen(name) == pytest.approx(whole)


def test_waveform_goes_from_the_whole_song_down_to_a_bit(browser):
    result = played(small_song())
    whole, bit = (f"[...document.querySelectorAll('[data-for=waveform] button')].at({n}).click()" for n in (-3, -1))
    browser.run(whole)
    assert browser.seen("waveform") == pytest.approx((0, result.trace.end * 1e9))
    browser.run(bit)
    begin, end = browser.seen("waveform")
    assert 32e3 <= end - begin < 64e3
    browser.run("document.getElementById('waveform').focus()")
    for _ in range(30):
        browser.key("+")
    assert 0 < browser.seen("waveform")[1] - browser.seen("waveform")[0] <= 32e3


@pytest.mark.parametrize("name", ["roll", "waveform"])
def test_two_fingers_zoom_and_one_moves(browser, name):
    browser.size(390, 844, mobile=True)
    x, y = browser.place(f"#{name}")
    before = browser.seen(name)

    def touch(kind, *places):
        points = [{"x": at, "y": y, "id": n} for n, at in enumerate(places)]
        browser.command("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    touch("touchStart", x - 20, x + 20)
    for by in (30, 50, 80):
        touch("touchMove", x - by, x + by)
    touch("touchEnd")
    browser.settle()
    near = browser.seen(name)
    assert near[1] - near[0] < 0.5 * (before[1] - before[0])
    touch("touchStart", x)
    for by in (10, 30, 60, 90):
        touch("touchMove", x - by)
    touch("touchEnd")
    browser.settle()
    moved = browser.seen(name)
    assert moved[0] > near[0]
    assert moved[1] - moved[0] == pytest.approx(near[1] - near[0])


def test_click_on_a_message_shows_it_on_the_wire(browser):
    columns, _ = unpack(browser.text("#record"))
    browser.run(
        "const find = document.getElementById('find'); find.value = 'note=60 velocity=100';"
        "find.dispatchEvent(new Event('input'))"
    )
    browser.click("#messages .row:nth-child(1)")
    begin, end = browser.seen("waveform")
    text = browser.text("#messages .row[aria-selected=true]")
    assert "note_on channel=1 note=60 velocity=100" in text
    number = next(
        n
        for n, words in enumerate(columns["in.message.words"])
        if columns["words"][words] == "note_on channel=1 note=60 velocity=100"
    )
    first, last = (columns["in.time"][columns[f"in.message.{which}"][number]] for which in ("first", "last"))
    assert begin < first < last < end < last + 2e6
    browser.key("ArrowDown")
    assert browser.seen("waveform")[0] > begin


def test_click_on_a_note_shows_it_on_the_wire(browser):
    # A note in the middle of the song, found by sweeping the mouse down the roll.
    x, middle = browser.place("#roll")
    height = browser.run("return document.getElementById('roll').clientHeight")
    for y in range(int(middle - height / 2) + 24, int(middle + height / 2) - 36, 4):
        for at in (x, x + 12):
            browser.mouse("mouseMoved", at, y)
            if told := browser.text("#roll-told"):
                break
        if told:
            break
    name, key, channel = re.match(r"(\S+), note (\d+), channel (\d+), velocity 100", told).groups()
    names = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
    assert name == f"{names[int(key) % 12]}{int(key) // 12 - 1}"
    for kind in ("mousePressed", "mouseReleased"):
        browser.mouse(kind, at, y, button="left", clickCount=1)
    browser.settle()
    assert f"channel={channel} note={key} velocity=100" in browser.text("#messages .row[aria-selected=true]")


def test_channel_can_be_hidden(browser):
    assert [browser.run(f"return document.querySelectorAll('#channels label')[{n}].textContent") for n in (0, 1)] == [
        " channel 1 20 notes",
        " channel 2 20 notes",
    ]
    before = browser.pixels("#roll canvas")
    browser.run("document.querySelector('#channels input').click()")
    browser.settle()
    assert browser.pixels("#roll canvas") < before


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_the_window(browser, width):
    browser.size(width, 844, mobile=True)
    browser.settle()
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_paper_is_light_and_has_the_essentials(browser):
    browser.media("dark")
    browser.run("dispatchEvent(new Event('beforeprint'))")
    browser.media("dark", "print")
    browser.settle()
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for css in (".verdict", ".figures", *DRAWN, "#latency table", "#errors", "#differences"):
        assert browser.run(f"return document.querySelector('{css}').getClientRects().length"), css
    for css in (".buttons", "#messages", "#find"):
        assert not browser.run(f"return document.querySelector('{css}').getClientRects().length"), css
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert not browser.run("return document.documentElement.className")


def test_controls_have_names(browser):
    assert (
        browser.run(
            "return [...document.querySelectorAll('button, input, [tabindex]')].filter((e) => !(e.textContent.trim()"
            "|| e.ariaLabel || e.getAttribute('aria-labelledby') || e.labels?.length)).map((e) => e.outerHTML)"
        )
        == []
    )


def contrast(one, other):
    """Contrast of two colours, as WCAG 2 defines it."""

    def light(colour):
        parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_stand_out_from_the_paper(browser, scheme):
    browser.media(scheme)
    names = ["ink", "muted", "in", "receiver", "out", "thru", "good", "bad", *(f"channel-{n}" for n in range(1, 17))]
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    values = {name: browser.run(f"return {style}('--{name}').trim()") for name in ("paper", *names)}
    weak = {name: contrast(values[name], values["paper"]) for name in names}
    # 4.5 is what text needs, 3 what a bar needs.
    assert not {name: ratio for name, ratio in weak.items() if ratio < (3 if "channel" in name else 4.5)}


def test_bad_line_is_shown(browser):
    result = played(small_song(), baud_error=0.07)
    browser.open(result)
    assert browser.text("[data-figure=framing_errors]") == f"{len(result.heard.framing_errors):,}"
    assert browser.text("[data-figure=complete]") == "incomplete"
    # It begins at the first error, and a press in the table goes to any other.
    first = result.heard.framing_errors[0] * 1e9
    begin, end = browser.seen("waveform")
    assert begin < first < end
    browser.click("#errors tbody tr:nth-child(4) button")
    assert browser.seen("waveform") != (begin, end)
    browser.run("document.getElementById('only-differs').click()")
    assert browser.run("return document.querySelectorAll('#messages .row:not(.bad)').length") == 0
    assert browser.run("return document.querySelectorAll('#messages .row.bad').length") > 0


@pytest.mark.parametrize("baud_error", [0.0, 0.03, 0.045])
def test_eye_tells_how_close_edges_come(browser, baud_error):
    browser.open(played(small_song(), baud_error=baud_error))
    told = float(re.search(r"stays ([\d.]+) µs away", browser.text("#eye-told"))[1])
    # Samples lie up to a clock before the middles of the receiver's bits. The sender's next start bit comes near the
    # last of them, 304 us after the fall of the first.
    assert told == pytest.approx(min(14, 320 / (1 + baud_error) - 304), abs=0.2)


def test_script_in_a_name_does_not_run(browser):
    browser.open(played(small_song("""</script><script>document.title = "ran"</script><b id=ran>.mid""")))
    assert browser.run("return document.title").startswith("</script>")
    assert not browser.run("return document.getElementById('ran')")


@pytest.mark.parametrize("raw", [b"\x01", b"\xf8", bytes(40)])
def test_song_of_little_is_drawn(browser, raw):
    song = small_song("little.bin")
    song.raw = raw
    browser.open(played(song))
    assert "No notes" in browser.text("#channels")


def test_line_behind_optocouplers_is_shown(browser):
    through = Chain(3, parse("6N138@2.7k"), thru="retimed")
    result = played(small_song(), through=through, thru="stored")
    browser.open(result)
    assert browser.text(".through") == f"through {through}"
    assert browser.text("[data-figure=thru_overruns]") == "0"
    # Its lows are 8 us longer than they should be, so edges come that much nearer.
    told = float(re.search(r"stays ([\d.]+) µs away", browser.text("#eye-told"))[1])
    assert told == pytest.approx(14 - 8, abs=2)
    for css in DRAWN:
        assert browser.pixels(css) > 5, css
