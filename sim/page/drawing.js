// A canvas that fills its element, sharp on every screen, and is painted again when its size, its view or the colours
// change.

// Colours are the style sheet's, so that the page and its drawings agree in the light, in the dark and on paper.
function colours() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["paper", "ink", "muted", "line", "shade", "in", "receiver", "out", "thru", "good", "bad"];
  const found = Object.fromEntries(names.map((name) => [name, get(name)]));
  found.channels = Array.from({ length: 16 }, (_, n) => get(`channel-${n + 1}`));
  return found;
}

const SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

const drawings = [];

class Drawing {
  // `paint(context, width, height, colours)` paints all of it, in CSS pixels.
  constructor(element, paint) {
    this.element = element;
    this.paint = paint;
    this.canvas = element.appendChild(document.createElement("canvas"));
    this.due = false;
    new ResizeObserver(() => this.invalidate()).observe(element);
    drawings.push(this);
  }

  invalidate() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.due = false;
    const { clientWidth: width, clientHeight: height } = this.element;
    const scale = Math.max(window.devicePixelRatio || 1, onPaper() ? 3 : 1);
    if (!width || !height) return;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const context = this.canvas.getContext("2d");
    context.scale(scale, scale);
    this.paint(context, width, height, colours());
  }
}

const onPaper = () => document.documentElement.classList.contains("on-paper");

// Writes words into a width, and dots where they were cut; nothing where not even a few letters fit.
function write(context, words, x, y, width, align = "left") {
  let shown = words;
  if (context.measureText(shown).width > width) {
    let letters = Math.floor((words.length * width) / context.measureText(words).width);
    do shown = words.slice(0, --letters) + "…";
    while (letters > 2 && context.measureText(shown).width > width);
    if (letters < 3) return false;
  }
  context.textAlign = align;
  context.fillText(shown, x, y);
  return true;
}
