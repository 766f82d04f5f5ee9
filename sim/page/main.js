// Puts the page together: one record, two views of its time, and what is said about what is pointed at.

const byId = (id) => document.getElementById(id);

async function main() {
  const record = await decode(byId("record").textContent);
  const { columns } = record;

  // The same moment on the wire, in nanoseconds, and in the song, in seconds: rests may be shorter on the wire.
  record.songAt = (time) => {
    const n = Math.max(countUpTo(columns["in.time"], time) - 1, 0);
    return (columns["in.song"][n] ?? 0) / 1e6 + (time - (columns["in.time"][n] ?? 0)) / 1e9;
  };
  record.wireAt = (time) => {
    const n = Math.max(countUpTo(columns["in.song"], time * 1e6) - 1, 0);
    const next = columns["in.time"][n + 1] ?? record.end;
    return Math.min((columns["in.time"][n] ?? 0) + (time * 1e9 - (columns["in.song"][n] ?? 0) * 1e3), next);
  };

  const song = new View(0, Math.max(record.songAt(record.end), 1e-3), 5e-3);
  const wire = new View(0, record.end, record.bit / 2);
  const roll = new Roll(byId("roll"), record, song);
  const waveform = new Waveform(byId("waveform"), record, wire);
  const rows = messageRows(record);
  const list = new MessageList(byId("messages"), (row) => goTo(row));

  wire.listen(() => {
    roll.mark(record.songAt(wire.begin), record.songAt(wire.end));
    byId("waveform-range").textContent = `${wireTime(wire.begin, wire.span / 100)} to ${wireTime(wire.end, wire.span / 100)} of the wire, `
      + `${lengthOfTime(wire.span)}; ${songTime(record.songAt(wire.begin))} in the song`;
    tell(byId("waveform"), wire);
  });
  song.listen(() => {
    byId("roll-range").textContent = `${songTime(song.begin)} to ${songTime(song.end)} of the song`;
    tell(byId("roll"), song);
  });

  // Shows a message on the wire, and its note.
  function goTo(row) {
    const margin = 4 * record.bit;
    const all = Object.values(row.spans);
    const [begin, end] = [Math.min(...all.map((span) => span[0])), Math.max(...all.map((span) => span[1]))];
    waveform.choose(row.spans);
    wire.show(begin - margin, end + margin);
    const note = roll.lines.flat().find((found) => row.messages[found.line] === found.on);
    roll.choose(note ?? null);
    const time = record.songAt(begin);
    if (time < song.begin || time > song.end) song.show(time - song.span / 2, time + song.span / 2);
  }

  followGestures(byId("waveform"), wire, {
    timeAt: (x) => waveform.timeAt(x),
    hover: (place) => (byId("waveform-told").textContent = place ? sayWire(record, waveform.timeAt(place.x)) : ""),
    tap: (place) => (byId("waveform-told").textContent = sayWire(record, waveform.timeAt(place.x))),
  });
  followGestures(byId("roll"), song, {
    timeAt: (x) => roll.timeAt(x),
    hover: (place) => {
      const note = place && roll.noteAt(place);
      byId("roll").style.cursor = note ? "pointer" : "";
      byId("roll-told").textContent = note ? sayNote(note) : "";
    },
    tap: (place) => {
      const note = roll.noteAt(place);
      if (note) {
        byId("roll-told").textContent = sayNote(note);
        const row = rows.find((found) => found.messages[note.line] === note.on);
        goTo(row);
        list.select(list.rows.indexOf(row));
      } else {
        const time = record.wireAt(roll.timeAt(place.x));
        wire.show(time - wire.span / 2, time + wire.span / 2);
      }
    },
  });

  addButtons("roll", song, [["whole song", () => song.whole()], ["10 s", () => song.zoom(10 / song.span)]]);
  addButtons("waveform", wire, [
    ["whole song", () => wire.whole()],
    ["a message", () => wire.zoom((40 * record.bit) / wire.span)],
    ["a bit", () => {
      // The nearest bit of the nearest byte, from a little before it to a little after it.
      const middle = (wire.begin + wire.end) / 2;
      const byte = columns["in.time"][Math.max(countUpTo(columns["in.time"], middle) - 1, 0)] ?? 0;
      const bit = Math.min(Math.max(Math.floor((middle - byte) / record.bit), 0), 9);
      wire.show(byte + (bit - 0.25) * record.bit, byte + (bit + 1.25) * record.bit);
    }],
  ]);
  addChannels(roll);
  addSearch(rows, list);
  addJumps(wire);

  const differs = rows.find((row) => row.bad);
  document.body.classList.toggle("differs", Boolean(differs));
  song.whole();
  const error = Math.min(...["framing_errors", "breaks", "overruns"].map((name) => columns[name][0] ?? Infinity));
  if (error < Infinity) {
    wire.show(error - 25 * record.bit, error + 25 * record.bit);
  } else if (differs) {
    goTo(differs);
  } else {
    // The first message, and what follows it.
    const begin = columns["in.time"][0] ?? 0;
    wire.show(begin - 2 * record.bit, begin + (byId("waveform").clientWidth < 560 ? 28 : 80) * record.bit);
  }
  plotAll(record);
  document.documentElement.dataset.ready = "true";
}

// The range that is seen, for whoever reads the page with a program.
function tell(element, view) {
  element.dataset.begin = view.begin;
  element.dataset.end = view.end;
}

// What went in with what became of it, and what came out without having gone in, in the order of time.
function messageRows(record) {
  const { columns, fates, bit, sampledBit } = record;
  const get = (line, what, n) => columns[`${line}.message.${what}`][n];
  const text = (line, n) => columns.words[get(line, "words", n)];
  const bytes = (line, n) => columns.hex[get(line, "words", n)];
  const span = (line, n) => {
    const times = columns[`${line}.time`];
    return [times[get(line, "first", n)], times[get(line, "last", n)] + 10 * (line === "in" ? bit : sampledBit)];
  };
  const rows = [];
  for (let n = 0; n < columns["in.message.first"].length; n++) {
    const fate = fates[get("in", "fate", n)], partner = get("in", "partner", n);
    const spans = { in: span("in", n) }, messages = { in: n };
    let became = { lost: "× lost", open: "the record ends here" }[fate];
    if (partner >= 0) {
      Object.assign(spans, { out: span("out", partner) });
      messages.out = partner;
      const late = columns["out.time"][get("out", "last", partner)] - columns["in.time"][get("in", "last", n)];
      became = fate === "changed" ? `≠ ${text("out", partner)}` : `✓ ${lengthOfTime(late)}${fate === "closed" ? ", with F7" : ""}`;
    }
    rows.push({ line: "in", n, spans, messages, became, bad: fate === "lost" || fate === "changed" });
  }
  for (let n = 0; n < columns["out.message.first"].length; n++) {
    if (fates[get("out", "fate", n)] !== "added") continue;
    rows.push({ line: "out", n, spans: { out: span("out", n) }, messages: { out: n }, became: "+ added at OUT", bad: true });
  }
  for (const row of rows) {
    row.begin = row.spans[row.line][0];
    const words = text(row.line, row.n), data = bytes(row.line, row.n);
    row.isRealTime = data >= "f8";
    row.cells = [songTime(record.songAt(row.begin)), data, words, row.became];
  }
  return rows.sort((one, other) => one.begin - other.begin);
}

function sayNote(note) {
  const fate = { passed: "", lost: "; lost", changed: "; changed", added: "; added", held: "; ended at another time", open: "" }[note.fate];
  return `${noteName(note.key)}, note ${note.key}, channel ${note.channel}, velocity ${note.velocity}; `
    + `${songTime(note.begin)} to ${songTime(note.end)}${fate}`;
}

function sayWire(record, time) {
  const { columns, bit, sampledBit } = record;
  const said = [`${wireTime(time, 10)}, ${songTime(record.songAt(time))} in the song`];
  for (const [name, label] of [["in", "IN"], ["out", "OUT"], ["thru", "THRU"]]) {
    const n = countUpTo(columns[`${name}.time`], time) - 1;
    const length = 10 * (name === "in" ? bit : sampledBit);
    if (n >= 0 && time < columns[`${name}.time`][n] + length) said.push(`${label} ${hex(columns[`${name}.byte`][n])}`);
  }
  return said.join("; ");
}

function addButtons(name, view, more) {
  const bar = document.querySelector(`[data-for="${name}"]`);
  const all = [["−", () => view.zoom(2), "zoom out"], ["+", () => view.zoom(0.5), "zoom in"], ...more];
  for (const [text, action, label] of all) {
    const button = bar.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = text;
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", action);
  }
}

// The legend: each channel with its colour, its notes, and a box that hides it.
function addChannels(roll) {
  const counts = new Map();
  for (const line of [0, 1]) {
    for (const { channel } of roll.lines[line]) {
      if (!counts.has(channel)) counts.set(channel, [0, 0]);
      counts.get(channel)[line]++;
    }
  }
  const legend = byId("channels");
  if (!counts.size) legend.textContent = "No notes in this song.";
  for (const [channel, [sent, out]] of [...counts].sort((one, other) => one[0] - other[0])) {
    const label = legend.appendChild(document.createElement("label"));
    const box = label.appendChild(document.createElement("input"));
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) roll.hidden.delete(channel);
      else roll.hidden.add(channel);
      roll.drawing.invalidate();
    });
    const key = label.appendChild(document.createElement("i"));
    key.className = "key";
    key.style.background = `var(--channel-${channel})`;
    label.append(` channel ${channel} `);
    const count = label.appendChild(document.createElement("small"));
    count.textContent = sent === out ? `${sent} notes` : `${sent} notes in, ${out} out`;
  }
}

function addSearch(rows, list) {
  const [find, realTime, onlyDiffers] = [byId("find"), byId("real-time"), byId("only-differs")];
  const update = () => {
    const wanted = find.value.trim().toLowerCase();
    const shown = rows.filter((row) => (row.bad || realTime.checked || !row.isRealTime) && (row.bad || !onlyDiffers.checked)
      && (!wanted || row.cells.some((cell) => cell.toLowerCase().includes(wanted))));
    list.show(shown);
    byId("found").textContent = `${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
  };
  for (const input of [find, realTime, onlyDiffers]) input.addEventListener("input", update);
  update();
}

// The times in the tables.
function addJumps(wire) {
  for (const button of document.querySelectorAll("button.jump")) {
    button.addEventListener("click", () => {
      const time = Number(button.dataset.wire) * 1e9;
      wire.show(time - 700e3, time + 300e3);
      byId("wire").scrollIntoView({ behavior: "smooth" });
    });
  }
}

let plots = [];

// Eye and histograms, anew whenever the room for them or the colours change.
function plotAll(record) {
  const eye = measureEye(record);
  const parts = [["eye-frame", (...place) => plotEye(place[0], eye, 10, place[1])],
    ["eye-bit", (...place) => plotEye(place[0], foldEye(eye), 1, place[1])]];
  sayEye(record, eye);
  for (const [name, line] of [["receive", "receiver"], ["out", "out"], ["thru", "thru"]]) {
    const values = Array.from(record.columns[`latency.${name}`], (time) => time / 1e3);
    const element = byId(`latency-${name}`);
    if (!values.length) {
      element.textContent = "No byte came.";
      continue;
    }
    const sorted = [...values].sort((one, other) => one - other);
    const marks = [["median", (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2]];
    element.setAttribute("aria-label", `Histogram of ${values.length} latencies, ${sorted[0].toFixed(2)} to `
      + `${sorted.at(-1).toFixed(2)} µs, median ${marks[0][1].toFixed(2)} µs`);
    parts.push([`latency-${name}`, (place, width) => plotHistogram(place, values, record.clock / 1e3, colours()[line], marks, width)]);
  }
  const draw = () => {
    for (const plot of plots) plot.destroy();
    plots = !eye.frames ? [] : parts.map(([id, plot]) => plot(byId(id), byId(id).clientWidth));
    for (const drawing of drawings) drawing.draw();
  };
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width || onPaper()) return;
    width = innerWidth;
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // Paper is light and narrow, whatever the screen is.
  const paper = (isPaper) => {
    document.documentElement.classList.toggle("on-paper", isPaper);
    draw();
  };
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  draw();
}

function sayEye(record, eye) {
  const closest = Math.min(...eye.closest);
  const near = eye.closest.flatMap((away, bit) => (away < closest + 50 ? [bit] : []));
  const name = near.length > 1 ? "" : near[0] === 0 ? ", at the start bit" : near[0] === 9 ? ", at the stop bit" : `, at data bit ${near[0] - 1}`;
  const half = record.sampledBit / 2;
  byId("eye-told").textContent = eye.frames
    ? `Dots and bands are the moments at which the receiver looks. Of ${eye.frames.toLocaleString("en")} bytes the closest edge `
      + `stays ${(closest / 1e3).toFixed(1)} µs away from one${name}; the most there can be is ${(half / 1e3).toFixed(1)} µs.`
    : "The receiver saw no byte.";
  for (const [id, what] of [["eye-frame", "frames"], ["eye-bit", "bits"]]) {
    byId(id).setAttribute("aria-label", `Eye diagram of ${what} at MIDI In. ${byId("eye-told").textContent}`);
  }
}

main().catch((error) => {
  const note = document.body.insertBefore(document.createElement("p"), document.body.firstChild);
  note.className = "missing";
  note.textContent = `The drawings cannot be made in this browser (${error.message}); the figures and tables are complete.`;
  throw error;
});
