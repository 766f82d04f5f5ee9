// The lines at MIDI In, OUT and THRU, what the receiver sampled, and over them bytes in hex and messages in words.
//
// From far the lines are shown as how busy they are, from near as levels; words come as soon as there is room for them.

const LANES = {
  // Top of each row in CSS pixels: words of real-time and of other messages, bytes, the line itself.
  in: { label: "IN", words: 46, realTime: 30, bytes: 63, line: 85 },
  sampled: { label: "sampled", dots: 139, bytes: 157 },
  out: { label: "OUT", line: 193, bytes: 232, words: 260, realTime: 276 },
  thru: { label: "THRU", line: 305, bytes: 344 },
};
const WAVEFORM_HEIGHT = 368;
const LEVEL = 32;
const BYTE = 17;
const BIT_NAMES = ["start", "0", "1", "2", "3", "4", "5", "6", "7", "stop"];

class Waveform {
  constructor(element, record, view) {
    this.record = record;
    this.view = view;
    this.chosen = null;
    // A frame begins half a bit before its first sample.
    this.frames = record.columns["sampled.time"].map((time) => time - record.sampledBit / 2);
    element.style.height = `${WAVEFORM_HEIGHT}px`;
    this.drawing = new Drawing(element, (...all) => this.paint(...all));
    view.listen(() => this.drawing.invalidate());
  }

  get gutter() {
    return this.drawing.element.clientWidth < 560 ? 46 : 76;
  }

  timeAt(x) {
    const width = this.drawing.element.clientWidth - this.gutter;
    return this.view.begin + ((x - this.gutter) / width) * this.view.span;
  }

  // Marks the bytes of a message at IN and at OUT: `{ in: [begin, end], out: [begin, end] }` in nanoseconds.
  choose(spans) {
    this.chosen = spans;
    this.drawing.invalidate();
  }

  paint(context, width, height, colour) {
    const { view, gutter } = this;
    this.context = context;
    this.colour = colour;
    this.width = width;
    this.perTime = (width - gutter) / view.span;
    this.x = (time) => gutter + (time - view.begin) * this.perTime;
    context.clearRect(0, 0, width, height);
    context.textBaseline = "middle";
    this.axis(height);

    context.save();
    context.beginPath();
    context.rect(gutter, 0, width - gutter, height);
    context.clip();
    this.marks();
    for (const name of ["in", "out", "thru"]) {
      this.line(this.record.columns[`${name}.edge`], LANES[name].line, colour[name]);
      this.bytes(name, LANES[name].bytes, colour[name]);
    }
    this.bits();
    this.samples();
    this.messages("in", colour.in);
    this.messages("out", colour.out);
    this.errors();
    context.restore();
    this.labels();
  }

  axis(height) {
    const { context, colour, view, gutter, width } = this;
    const apart = width < 560 ? 84 : 110;
    const { step, ticks: marks } = ticks(view.begin, view.end, apart / this.perTime);
    context.font = `11px ${SANS}`;
    context.textAlign = "center";
    for (const time of marks) {
      const x = Math.round(this.x(time)) + 0.5;
      context.fillStyle = colour.line;
      context.fillRect(x - 0.5, 20, 1, height - 20);
      context.fillStyle = colour.muted;
      const text = wireTime(time, step);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(Math.max(x, gutter + half), width - half), 10);
    }
  }

  labels() {
    const { context, colour, gutter } = this;
    context.fillStyle = colour.paper;
    context.fillRect(0, 0, gutter, WAVEFORM_HEIGHT);
    context.textAlign = "left";
    for (const [name, lane] of Object.entries(LANES)) {
      context.font = `600 ${gutter < 60 ? 11 : 13}px ${SANS}`;
      context.fillStyle = name === "sampled" ? colour.receiver : colour[name];
      const y = (lane.line ?? lane.dots - LEVEL / 2 + 10) + LEVEL / 2;
      context.fillText(name === "sampled" && gutter < 60 ? "bits" : lane.label, 0, y);
      if (lane.line && gutter > 60) {
        context.font = `10px ${SANS}`;
        context.fillStyle = colour.muted;
        context.textAlign = "right";
        context.fillText("1", gutter - 8, lane.line + 2);
        context.fillText("0", gutter - 8, lane.line + LEVEL - 2);
        context.textAlign = "left";
      }
    }
  }

  // The chosen message, behind all else.
  marks() {
    const { context, colour } = this;
    const rows = { in: [LANES.in.realTime - 8, LANES.in.line + LEVEL + 4], out: [LANES.out.line - 4, LANES.out.realTime + 9] };
    for (const [name, span] of Object.entries(this.chosen ?? {})) {
      const [top, bottom] = rows[name];
      context.fillStyle = colour.shade;
      context.fillRect(this.x(span[0]), top, Math.max((span[1] - span[0]) * this.perTime, 2), bottom - top);
    }
  }

  line(edges, top, stroke) {
    const { context, view, gutter, width } = this;
    const first = countUpTo(edges, view.begin);
    const last = countUpTo(edges, view.end);
    context.strokeStyle = context.fillStyle = stroke;
    if (last - first > (width - gutter) * 0.7) {
      this.activity(edges, top);
      return;
    }
    // Before its first edge a line is high, and each edge turns it over.
    const y = (n) => top + (n % 2 ? LEVEL - 1 : 1);
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    context.beginPath();
    context.moveTo(gutter - 2, y(first));
    for (let n = first; n < last; n++) {
      const x = this.x(edges[n]);
      context.lineTo(x, y(n));
      context.lineTo(x, y(n + 1));
    }
    context.lineTo(Math.min(width + 2, this.x(this.record.end)), y(last));
    context.stroke();
  }

  // From far: a column for each pixel, the darker the more of its time is taken up by bytes.
  activity(edges, top) {
    const { context, view, gutter, width } = this;
    const time = view.span / (width - gutter);
    context.globalAlpha = 0.35;
    context.fillRect(gutter, top, width - gutter, 1);
    let last = countUpTo(edges, view.begin);
    for (let x = gutter; x < width; x++) {
      const first = last;
      last = countUpTo(edges, view.begin + (x + 1 - gutter) * time);
      if (last === first) continue;
      // A byte has four to five edges on the average.
      context.globalAlpha = Math.min(0.2 + (0.7 * (last - first) * this.record.bit * 2.2) / time, 0.9);
      context.fillRect(x, top, 1, LEVEL);
    }
    context.globalAlpha = 1;
  }

  bytes(name, top, stroke) {
    const { columns, bit } = this.record;
    const times = columns[`${name}.time`], values = columns[`${name}.byte`];
    this.boxes(times, (n) => hex(values[n]), 10 * (name === "in" ? bit : this.record.sampledBit), top, stroke);
  }

  // A box for each byte that is seen, with its value where there is room.
  boxes(times, textOf, length, top, stroke, isBad = () => false) {
    const { context, view, colour } = this;
    if (length * this.perTime < 3) return;
    const last = countUpTo(times, view.end);
    context.font = `${length * this.perTime > 22 ? 12 : 10}px ${MONO}`;
    context.textAlign = "center";
    for (let n = countUpTo(times, view.begin - length); n < last; n++) {
      const x = this.x(times[n]);
      // A sender that is too fast begins the next byte before this one should be over.
      const wide = Math.min(length, (times[n + 1] ?? Infinity) - times[n]) * this.perTime;
      context.fillStyle = context.strokeStyle = isBad(n) ? colour.bad : stroke;
      context.globalAlpha = 0.13;
      context.fillRect(x, top, wide, BYTE);
      context.globalAlpha = 1;
      context.lineWidth = 1;
      if (wide > 8) context.strokeRect(Math.round(x) + 0.5, top + 0.5, Math.max(Math.round(wide) - 1, 1), BYTE - 1);
      context.fillStyle = isBad(n) ? colour.bad : colour.ink;
      const text = textOf(n);
      // A byte that fills the screen and more shows its value where it can be seen.
      const [left, right] = [Math.max(x, this.gutter), Math.min(x + wide, this.width)];
      const at = right - left > 40 ? (left + right) / 2 : x + wide / 2;
      if (wide > (context.measureText(text).width || 12) + 3) context.fillText(text, at, top + BYTE / 2 + 0.5);
    }
  }

  // From near: where the sender's bits begin, and what they are.
  bits() {
    const { context, view, colour } = this;
    const { bit, columns } = this.record;
    if (bit * this.perTime < 13) return;
    const times = columns["in.time"];
    const last = countUpTo(times, view.end);
    const isNamed = bit * this.perTime > 26;
    const top = LANES.in.line + LEVEL + 8;
    context.font = `10px ${SANS}`;
    context.textAlign = "center";
    for (let n = countUpTo(times, view.begin - 10 * bit); n < last; n++) {
      for (let k = 0; k < 10; k++) {
        const x = this.x(times[n] + k * bit);
        context.fillStyle = colour.line;
        context.fillRect(Math.round(x), LANES.in.line - 2, 1, LEVEL + 14);
        context.fillStyle = colour.muted;
        if (isNamed) context.fillText(BIT_NAMES[k], x + (bit * this.perTime) / 2, top);
      }
    }
  }

  // When the receiver looks at the line, and what it sees there.
  samples() {
    const { context, view, colour } = this;
    const { columns, sampledBit } = this.record;
    const times = columns["sampled.time"], values = columns["sampled.byte"], bad = columns["sampled.bad"];
    const { dots, bytes } = LANES.sampled;
    const isBad = (n) => bad[n] > 0;
    const isLow = (n) => bad[n] === 1 || bad[n] === 2;
    const text = (n) => ["", "bad stop bit", "break", `${hex(values[n])} lost`][bad[n]] || hex(values[n]);
    this.boxes(this.frames, text, 10 * sampledBit, bytes, colour.receiver, isBad);
    const apart = sampledBit * this.perTime;
    if (apart < 3) return;
    const last = countUpTo(times, view.end);
    context.font = `11px ${MONO}`;
    context.textAlign = "center";
    for (let n = countUpTo(times, view.begin - 10 * sampledBit); n < last; n++) {
      for (let k = 0; k < 10; k++) {
        const x = this.x(times[n] + k * sampledBit);
        const level = k === 0 ? 0 : k === 9 ? Number(!isLow(n)) : (values[n] >> (k - 1)) & 1;
        context.fillStyle = context.strokeStyle = isLow(n) && k === 9 ? colour.bad : colour.receiver;
        context.lineWidth = 1;
        if (apart > 13) {
          // A thread from the number up to the place on the line that it was read from.
          context.globalAlpha = 0.55;
          context.setLineDash([2, 2]);
          context.beginPath();
          const y = LANES.in.line + (level ? 1 : LEVEL - 1);
          context.moveTo(x, y);
          context.lineTo(x, dots - 8);
          context.stroke();
          context.setLineDash([]);
          context.globalAlpha = 1;
          context.beginPath();
          context.arc(x, y, 2.5, 0, 7);
          context.fill();
          context.fillText(level, x, dots);
        } else {
          context.fillRect(x - 0.75, dots + (level ? -6 : 2), 1.5, 4);
        }
      }
    }
  }

  messages(name, stroke) {
    const { context, view, colour } = this;
    const { columns, bit, sampledBit } = this.record;
    const times = columns[`${name}.time`];
    const byte = 10 * (name === "in" ? bit : sampledBit);
    const first = columns[`${name}.message.first`], last = columns[`${name}.message.last`];
    const fate = columns[`${name}.message.fate`], words = columns[`${name}.message.words`];
    if (3 * byte * this.perTime < 26) return;
    context.font = `11px ${SANS}`;
    // Messages are in the order of their last bytes.
    const begin = countUpTo(times, view.begin - byte);
    for (let n = countUpTo(last, begin - 1); n < last.length && times[first[n]] < view.end; n++) {
      const [left, right] = [this.x(times[first[n]]), this.x(times[last[n]] + byte)];
      const isRealTime = columns.hex[words[n]] >= "f8";
      const y = LANES[name][isRealTime ? "realTime" : "words"];
      context.strokeStyle = stroke;
      context.lineWidth = 1;
      const edge = name === "in" ? y + 7.5 : y - 7.5;
      context.beginPath();
      context.moveTo(left + 1, edge);
      context.lineTo(right - 1, edge);
      context.stroke();
      const sign = ["", "× ", "≠ ", "+ ", ""][fate[n]];
      context.fillStyle = sign ? colour.bad : colour.ink;
      // Words begin where they can be seen, also when their message began before that.
      const from = Math.max(left, this.gutter) + 2;
      write(context, sign + columns.words[words[n]], from, y, right - from - 1);
    }
  }

  errors() {
    const { context, view, colour } = this;
    const { columns } = this.record;
    context.font = `600 11px ${SANS}`;
    context.textAlign = "left";
    for (const [name, text] of [["framing_errors", "framing error"], ["breaks", "break"], ["overruns", "overrun"]]) {
      const times = columns[name];
      const last = countUpTo(times, view.end);
      const first = countUpTo(times, view.begin);
      for (let n = first; n < last; n++) {
        const x = this.x(times[n]);
        const y = LANES.sampled.dots - 12;
        context.fillStyle = colour.bad;
        context.beginPath();
        context.moveTo(x, y + 4);
        context.lineTo(x - 5, y - 5);
        context.lineTo(x + 5, y - 5);
        context.fill();
        context.globalAlpha = 0.4;
        context.fillRect(x - 0.5, y, 1, 44);
        context.globalAlpha = 1;
        const room = (n + 1 < last ? this.x(times[n + 1]) : this.width) - x - 16;
        const wide = context.measureText(text).width;
        if (wide > room) continue;
        context.fillStyle = colour.paper;
        context.fillRect(x + 6, y - 7, wide + 4, 14);
        context.fillStyle = colour.bad;
        context.fillText(text, x + 8, y);
      }
    }
  }
}
