"""A drawing in SVG that stands on a light page and on a dark one, and says in words what it shows."""

import xml.etree.ElementTree as ET

__all__ = ["Figure", "number"]

STYLE = """
svg { font-family: system-ui, sans-serif; background: #fff; color: #333; }
text { fill: currentColor; font-size: 13px; }
.title { font-size: 15px; font-weight: 600; }
.small { font-size: 11px; }
.wire, .box, .axis { stroke: currentColor; stroke-width: 1.5; fill: none; }
.dot { fill: currentColor; }
.axis { stroke-width: 1; }
.faint { stroke: currentColor; stroke-width: 1; stroke-dasharray: 3 4; fill: none; opacity: 0.5; }
.device { stroke: currentColor; stroke-width: 1; fill: none; opacity: 0.6; }
.flow { stroke: #c2410c; stroke-width: 2.5; fill: none; }
.flowing { fill: #c2410c; }
.line { stroke: #2f6db5; stroke-width: 2; fill: none; }
.bar, .sample { fill: #2f6db5; }
.limit { stroke: currentColor; stroke-width: 3; }
.back { fill: #fff; }
@media (prefers-color-scheme: dark) {
  svg { background: #16181c; color: #ddd; }
  .flow { stroke: #fb923c; } .flowing { fill: #fb923c; }
  .line { stroke: #5b9be6; } .bar, .sample { fill: #5b9be6; }
  .back { fill: #16181c; }
}
"""


def number(value, digits=2):
    """A number as text, without zeros at its end."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


class Figure:
    """A drawing in SVG, with a title and a description for those who do not see it."""

    def __init__(self, width, height, title, description):
        self.root = ET.Element(
            "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", width=str(width), role="img"
        )
        ET.SubElement(self.root, "title").text = title
        ET.SubElement(self.root, "desc").text = description
        ET.SubElement(self.root, "style").text = STYLE
        self.text(title, 20, 26, "title")

    def text(self, text, x, y, kind="", anchor="start"):
        attributes = {"x": number(x), "y": number(y)}
        if kind:
            attributes["class"] = kind
        if anchor != "start":
            attributes["text-anchor"] = anchor
        ET.SubElement(self.root, "text", attributes).text = text

    def path(self, *points, kind="wire"):
        """A line through points."""
        places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        ET.SubElement(self.root, "polyline", {"points": places, "class": kind})

    def box(self, x, y, width, height, kind="box"):
        values = {"x": x, "y": y, "width": width, "height": height}
        ET.SubElement(self.root, "rect", {**{k: number(v) for k, v in values.items()}, "class": kind})

    def circle(self, x, y, radius, kind="box"):
        values = {"cx": x, "cy": y, "r": radius}
        ET.SubElement(self.root, "circle", {**{k: number(v) for k, v in values.items()}, "class": kind})

    def polygon(self, *points, kind="box"):
        places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        ET.SubElement(self.root, "polygon", {"points": places, "class": kind})

    def svg(self):
        ET.indent(self.root, "")
        return ET.tostring(self.root, encoding="unicode") + "\n"
