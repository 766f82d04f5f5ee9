"""A page in Chromium, as a person uses it."""

import shutil
import time

import pytest

from sim.report import write_report

__all__ = ["Browser"]


class Browser:
    """A page in Chromium, as a person uses it."""

    FLAGS = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --hide-scrollbars --window-size=1280,900"
    )

    def __init__(self, folder):
        webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in (*self.FLAGS.split(), f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.path = folder / "report.html"

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script):
        return self.driver.execute_script(script)

    def size(self, width, height=900, mobile=False):
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile
        )
        self.command("Emulation.setTouchEmulationEnabled", enabled=mobile)

    def media(self, scheme="light", media=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", media=media, features=features)

    def open(self, result):
        write_report(self.path, result)
        self.size(1280)
        self.media()
        self.driver.get(self.path.as_uri())
        self.wait(lambda: self.run("return document.documentElement.dataset.ready"))
        self.settle()

    def wait(self, until):
        for _ in range(500):
            if found := until():
                return found
            time.sleep(0.02)
        pytest.fail(f"{until} must become true within ten seconds; the console says {self.driver.get_log('browser')}")

    def settle(self):
        """Wait until what changed has been drawn."""
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 30))")

    def place(self, css):
        """Middle of an element in the window, brought into sight."""
        self.run(f"document.querySelector('{css}').scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.run(f"return document.querySelector('{css}').getBoundingClientRect().toJSON()")
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def mouse(self, kind, x, y, **more):
        self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, css):
        x, y = self.place(css)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)
        self.settle()

    def key(self, key):
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key)
        self.settle()

    def seen(self, name):
        """The range of time that a drawing shows."""
        return tuple(
            float(self.run(f"return document.getElementById('{name}').dataset.{end}")) for end in ("begin", "end")
        )

    def text(self, css):
        return self.run(f"return document.querySelector('{css}').textContent")

    def pixels(self, css):
        """How many colours a canvas has: a drawing has some, an empty one has one."""
        return self.run(
            f"const canvas = document.querySelector('{css}'), {{ width, height }} = canvas;"
            # From a copy that is meant for it, because a browser complains of reading the screen's own.
            "const copy = Object.assign(document.createElement('canvas'), { width, height });"
            "const context = copy.getContext('2d', { willReadFrequently: true });"
            "context.drawImage(canvas, 0, 0);"
            "const { data } = context.getImageData(0, 0, width, height);"
            "return new Set(new Uint32Array(data.buffer)).size"
        )
