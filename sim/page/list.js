// Messages as they went in, each with what became of it. Only the rows that are seen exist.

class MessageList {
  // `rows` are objects with `cells`, four texts, and `bad`; `choose(row)` is called for a click, a touch or a key.
  constructor(element, choose) {
    this.element = element;
    this.choose = choose;
    this.rows = [];
    this.current = -1;
    this.inside = element.appendChild(document.createElement("div"));
    element.addEventListener("scroll", () => this.render());
    new ResizeObserver(() => this.render()).observe(element);
    element.addEventListener("click", (event) => {
      const row = event.target.closest("[data-row]");
      if (row) this.select(Number(row.dataset.row), true);
    });
    element.addEventListener("keydown", (event) => {
      const page = Math.max(1, Math.floor(element.clientHeight / this.height) - 1);
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity, Enter: 0, " ": 0 };
      const step = steps[event.key];
      if (step === undefined || event.ctrlKey || event.metaKey || !this.rows.length) return;
      event.preventDefault();
      this.select(Math.min(Math.max(this.current + step, 0), this.rows.length - 1), true);
    });
  }

  get height() {
    return this.element.clientWidth < 560 ? 40 : 28;
  }

  show(rows) {
    this.rows = rows;
    this.current = -1;
    this.element.scrollTop = 0;
    this.render();
  }

  // Marks a row and brings it into sight.
  select(n, isChosen = false) {
    this.current = n;
    const top = n * this.height, { scrollTop, clientHeight } = this.element;
    if (n >= 0 && (top < scrollTop || top + this.height > scrollTop + clientHeight)) {
      this.element.scrollTop = top - clientHeight / 2;
    }
    this.render();
    if (isChosen && this.rows[n]) this.choose(this.rows[n]);
  }

  render() {
    const { rows, height, element, inside } = this;
    inside.style.height = `${rows.length * height}px`;
    const first = Math.max(0, Math.floor(element.scrollTop / height) - 4);
    const last = Math.min(rows.length, Math.ceil((element.scrollTop + element.clientHeight) / height) + 4);
    inside.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, k) => this.row(first + k)));
    if (this.current >= first && this.current < last) element.setAttribute("aria-activedescendant", `row-${this.current}`);
    else element.removeAttribute("aria-activedescendant");
  }

  row(n) {
    const { cells, bad } = this.rows[n];
    const row = document.createElement("div");
    row.id = `row-${n}`;
    row.dataset.row = n;
    row.className = bad ? "row bad" : "row";
    row.style.top = `${n * this.height}px`;
    row.style.height = `${this.height}px`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", n === this.current);
    row.setAttribute("aria-setsize", this.rows.length);
    row.setAttribute("aria-posinset", n + 1);
    for (const text of cells) row.appendChild(document.createElement("span")).textContent = text;
    return row;
  }
}
