// A text area for code: line numbers, and keys that indent. All that a text area can do stays: undo, spell, readers.

const INDENT = "    ";

export class Editor {
  // Calls changed() after each change of the text, and done() on Ctrl+Enter.
  constructor(area, numbers, { changed, done }) {
    this.area = area;
    this.numbers = numbers;
    this.leaving = false;
    area.addEventListener("input", () => {
      this.count();
      changed();
    });
    area.addEventListener("scroll", () => (numbers.scrollTop = area.scrollTop));
    area.addEventListener("keydown", (event) => this.key(event, done));
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.area.scrollTop = 0;
    this.count();
  }

  count() {
    const lines = this.area.value.split("\n").length;
    this.numbers.textContent = Array.from({ length: lines }, (_, n) => n + 1).join("\n");
    this.numbers.scrollTop = this.area.scrollTop;
  }

  key(event, done) {
    const leaving = this.leaving;
    this.leaving = event.key === "Escape" || (leaving && event.key === "Shift");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      done();
    } else if (event.key === "Tab" && !leaving && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      this.indent(event.shiftKey);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const line = this.area.value.slice(this.lineStart(this.area.selectionStart), this.area.selectionStart);
      this.insert("\n" + line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? INDENT : ""));
    }
  }

  lineStart(at) {
    return this.area.value.lastIndexOf("\n", at - 1) + 1;
  }

  indent(less) {
    const { selectionStart, selectionEnd, value } = this.area;
    if (selectionStart === selectionEnd && !less) {
      const column = selectionStart - this.lineStart(selectionStart);
      this.insert(INDENT.slice(column % INDENT.length));
      return;
    }
    const start = this.lineStart(selectionStart);
    const lines = value.slice(start, selectionEnd).split("\n");
    const text = lines.map((line) => (less ? line.replace(/^ {1,4}/, "") : line && INDENT + line)).join("\n");
    this.area.setSelectionRange(start, selectionEnd);
    this.insert(text);
    this.area.setSelectionRange(selectionStart === selectionEnd ? start + text.length : start, start + text.length);
  }

  // As if it were typed, so that it can be undone.
  insert(text) {
    if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
      this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
      this.area.dispatchEvent(new Event("input"));
    }
  }
}
