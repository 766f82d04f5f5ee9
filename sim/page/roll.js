// The song as a piano roll: the outline of a note is what went IN, its filling is what came OUT.
//
// So a note that was lost is an empty outline, one that was added a filling without one; both are marked with a sign.

const AXIS = 22;
const OTHERS = 34;

class Roll {
  constructor(element, record, view) {
    this.record = record;
    this.view = view;
    this.hidden = new Set();
    this.window = null;
    this.chosen = null;
    this.lines = ["in", "out"].map((name) => notesOf(record, name));
    const keys = this.lines.flat().map((note) => note.key);
    this.low = keys.reduce((low, key) => Math.min(low, key - 2), keys.length ? 127 : 60);
    this.high = keys.reduce((high, key) => Math.max(high, key + 2), keys.length ? 0 : 71);
    while (this.high - this.low < 18) {
      this.high++;
      this.low--;
    }
    const rows = this.high - this.low + 1;
    element.style.height = `${Math.round(Math.min(Math.max(rows * 12, 240), 520)) + AXIS + OTHERS}px`;
    this.others = otherMessages(record);
    this.drawing = new Drawing(element, (...all) => this.paint(...all));
    view.listen(() => this.drawing.invalidate());
  }

  get gutter() {
    return this.drawing.element.clientWidth < 560 ? 34 : 46;
  }

  timeAt(x) {
    const width = this.drawing.element.clientWidth - this.gutter;
    return this.view.begin + ((x - this.gutter) / width) * this.view.span;
  }

  // The part of the song that the waveform shows.
  mark(begin, end) {
    this.window = [begin, end];
    this.drawing.invalidate();
  }

  choose(note) {
    this.chosen = note;
    this.drawing.invalidate();
  }

  // The note at a place, what came out first; or nothing.
  noteAt({ x, y }) {
    const time = this.timeAt(x);
    const slack = (3 * this.view.span) / this.drawing.element.clientWidth;
    const key = this.high - Math.floor((y - AXIS) / this.row);
    const isHit = (note) => Math.abs(note.key - key) <= (this.row < 6 ? 1 : 0) && !this.hidden.has(note.channel)
      && note.begin - slack <= time && time <= note.end + slack;
    return this.lines[1].find(isHit) ?? this.lines[0].find(isHit);
  }

  paint(context, width, height, colour) {
    const { view, gutter } = this;
    Object.assign(this, { context, colour, width, height });
    this.perTime = (width - gutter) / view.span;
    this.x = (time) => gutter + (time - view.begin) * this.perTime;
    this.row = (height - AXIS - OTHERS) / (this.high - this.low + 1);
    this.y = (key) => AXIS + (this.high - key) * this.row;
    context.clearRect(0, 0, width, height);
    context.textBaseline = "middle";
    this.grid();
    context.save();
    context.beginPath();
    context.rect(gutter, 0, width - gutter, height);
    context.clip();
    const [sent, out] = this.lines;
    for (const note of sent) if (this.isSeen(note)) this.outline(note);
    for (const note of out) if (this.isSeen(note)) this.filling(note);
    for (const note of [...sent, ...out]) if (this.isSeen(note)) this.sign(note);
    this.strip();
    this.marker();
    context.restore();
    this.keyboard();
  }

  isSeen(note) {
    return note.begin < this.view.end && note.end > this.view.begin && !this.hidden.has(note.channel);
  }

  grid() {
    const { context, colour, gutter, width, height, view } = this;
    for (let key = this.low; key <= this.high; key++) {
      context.fillStyle = colour.shade;
      if (isBlackKey(key)) context.fillRect(gutter, this.y(key), width - gutter, this.row);
      context.fillStyle = colour.line;
      if (key % 12 === 0) context.fillRect(gutter, Math.round(this.y(key) + this.row), width - gutter, 1);
    }
    const { step, ticks: marks } = ticks(view.begin, view.end, (width < 560 ? 56 : 80) / this.perTime);
    context.font = `11px ${SANS}`;
    context.textAlign = "center";
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    for (const time of marks) {
      const x = Math.round(this.x(time));
      context.fillStyle = colour.line;
      context.fillRect(x, AXIS - 2, 1, height - AXIS);
      context.fillStyle = colour.muted;
      const text = songTime(time, digits);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(Math.max(x, gutter + half), width - half), 10);
    }
  }

  keyboard() {
    const { context, colour, gutter } = this;
    context.fillStyle = colour.paper;
    context.fillRect(0, 0, gutter, this.height);
    context.textAlign = "left";
    for (let key = this.low; key <= this.high; key++) {
      context.fillStyle = colour.muted;
      context.globalAlpha = isBlackKey(key) ? 0.8 : 0.18;
      context.fillRect(gutter - 12, this.y(key) + 0.5, 10, this.row - 1);
      context.globalAlpha = 1;
      context.font = `${Math.min(11, Math.max(9, this.row))}px ${SANS}`;
      const isNamed = key % 12 === 0 || (this.row >= 11 && !isBlackKey(key));
      if (isNamed) context.fillText(noteName(key), 0, this.y(key) + this.row / 2);
    }
    context.font = `10px ${SANS}`;
    context.fillStyle = colour.muted;
    context.fillText("other", 0, this.height - OTHERS / 2 + 2);
  }

  box(note) {
    const x = this.x(note.begin);
    return [x, this.y(note.key), Math.max(this.x(note.end) - x - 0.5, 2), this.row];
  }

  outline(note) {
    const { context, colour } = this;
    const [x, y, wide, high] = this.box(note);
    const isLost = note.fate === "lost" || note.fate === "changed";
    context.strokeStyle = isLost ? colour.bad : colour.channels[note.channel - 1];
    context.lineWidth = 1;
    context.setLineDash(isLost && wide > 5 ? [3, 2] : []);
    context.strokeRect(x + 0.5, y + 0.5, Math.max(wide - 1, 1), high - 1);
    context.setLineDash([]);
  }

  filling(note) {
    const { context, colour } = this;
    const [x, y, wide, high] = this.box(note);
    const inset = Math.min(2, high / 4);
    context.fillStyle = colour.channels[note.channel - 1];
    // Loud notes are darker.
    context.globalAlpha = 0.55 + (0.45 * note.velocity) / 127;
    context.fillRect(x + (wide > 5 ? inset : 0), y + inset, Math.max(wide - (wide > 5 ? 2 * inset : 0), 1.5), high - 2 * inset);
    context.globalAlpha = 1;
    if (high >= 11 && wide > 44) {
      context.font = `${Math.min(11, high - 3)}px ${SANS}`;
      context.fillStyle = colour.paper;
      // A sign at its beginning needs some room.
      write(context, noteName(note.key), Math.max(x, this.gutter) + (note.fate === "passed" ? 4 : 10), y + high / 2 + 0.5, wide - 12);
    }
  }

  sign(note) {
    const { context, colour } = this;
    const [x, y, wide, high] = this.box(note);
    if (note === this.chosen) {
      context.strokeStyle = colour.ink;
      context.lineWidth = 2;
      context.strokeRect(x - 2, y - 2, wide + 4, high + 4);
    }
    const sign = { lost: "×", changed: note.line === "in" ? "×" : "≠", added: "+", held: note.line === "out" ? "↔" : "" }[note.fate];
    if (!sign) return;
    if (note.line === "out") {
      context.strokeStyle = colour.bad;
      context.lineWidth = 1.5;
      context.strokeRect(x, y + 0.5, wide, high - 1);
    }
    context.font = `700 13px ${SANS}`;
    context.textAlign = "center";
    context.lineWidth = 3;
    context.strokeStyle = colour.paper;
    context.strokeText(sign, x, y + high / 2);
    context.fillStyle = colour.bad;
    context.fillText(sign, x, y + high / 2);
  }

  // What is no note, as ticks; and where errors were.
  strip() {
    const { context, colour, gutter, width, height } = this;
    const top = height - OTHERS + 8;
    context.fillStyle = colour.line;
    context.fillRect(gutter, height - OTHERS + 2, width - gutter, 1);
    for (const { time, channel, bad } of this.others) {
      if (time < this.view.begin || time > this.view.end || this.hidden.has(channel)) continue;
      context.fillStyle = bad ? colour.bad : channel ? colour.channels[channel - 1] : colour.ink;
      context.globalAlpha = bad ? 1 : 0.7;
      context.fillRect(this.x(time) - 0.5, bad ? top - 4 : top, bad ? 2 : 1, bad ? 20 : 12);
    }
    context.globalAlpha = 1;
  }

  marker() {
    const { context, colour } = this;
    if (!this.window) return;
    const [begin, end] = this.window.map(this.x);
    const wide = Math.max(end - begin, 1.5);
    context.fillStyle = colour.ink;
    context.globalAlpha = wide > 8 ? 0.1 : 0.5;
    // Where it shows all that is here there is nothing to be set apart.
    if (begin > this.gutter || end < this.width) context.fillRect(begin, AXIS - 2, wide, this.height);
    context.globalAlpha = 1;
    context.fillRect(begin, AXIS - 4, wide, 3);
    if (wide < 8) {
      context.beginPath();
      context.moveTo(begin - 5, AXIS - 8);
      context.lineTo(begin + wide + 5, AXIS - 8);
      context.lineTo(begin + wide / 2, AXIS - 1);
      context.fill();
    }
  }
}

// Notes of a line, in seconds of the song.
function notesOf({ columns, fates }, line) {
  const get = (what) => columns[`${line}.note.${what}`];
  return Array.from(get("on"), (on, n) => ({
    line, on,
    begin: get("begin")[n] / 1e6,
    end: get("end")[n] / 1e6,
    channel: get("channel")[n],
    key: get("key")[n],
    velocity: get("velocity")[n],
    fate: fates[get("fate")[n]],
  }));
}

// Messages besides notes and real-time, and every message that was lost, changed or added.
function otherMessages(record) {
  const { columns } = record;
  const found = [];
  for (const line of ["in", "out"]) {
    const fate = columns[`${line}.message.fate`], words = columns[`${line}.message.words`];
    const first = columns[`${line}.message.first`];
    for (let n = 0; n < fate.length; n++) {
      const status = parseInt(columns.hex[words[n]].slice(0, 2), 16);
      const bad = fate[n] > 0 && fate[n] < 4 && (line === "in" || record.fates[fate[n]] === "added");
      if (line === "out" ? !bad : !bad && (status < 0xa0 || status >= 0xf8)) continue;
      const time = record.songAt(columns[`${line}.time`][first[n]]);
      found.push({ time, channel: status < 0xf0 ? (status & 15) + 1 : 0, bad });
    }
  }
  return found;
}
