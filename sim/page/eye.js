// The eye of the line at MIDI In: how far its edges stay away from the moments at which the receiver looks.
//
// Lines are digital, so an edge is upright; how many there are at a place is how dark it is.

const PARTS = 256; // of a bit; the finest that is told apart
const BEFORE = PARTS / 2;
const LENGTH = 11 * PARTS;

// Counts edges, and the time spent high and low, by their place in the frame, from half a bit before it to half a bit
// after it. Bits are the receiver's.
function measureEye({ columns, sampledBit }) {
  const edges = columns["in.edge"], times = columns["sampled.time"];
  const crossings = new Float64Array(LENGTH + 1);
  const levels = [new Float64Array(LENGTH + 1), new Float64Array(LENGTH + 1)];
  const samples = Array.from({ length: 10 }, () => [Infinity, -Infinity]);
  const closest = Array(10).fill(Infinity);
  for (const time of times) {
    // The edge that began the frame is the last one before its first sample.
    const fall = countUpTo(edges, time) - 1;
    const place = (moment) => Math.round(((moment - edges[fall]) / sampledBit) * PARTS) + BEFORE;
    let n = countUpTo(edges, edges[fall] - sampledBit / 2);
    let from = 0;
    for (; n < edges.length && place(edges[n]) < LENGTH; n++) {
      const at = Math.max(place(edges[n]), 0);
      crossings[at]++;
      // Each edge turns the line over, so before edge n it is high when n is even.
      spend(levels[n % 2 ? 0 : 1], from, at);
      from = at;
    }
    spend(levels[n % 2 ? 0 : 1], from, LENGTH);
    for (let k = 0; k < 10; k++) {
      const moment = time + k * sampledBit;
      const after = countUpTo(edges, moment);
      const away = Math.min(moment - (edges[after - 1] ?? -Infinity), (edges[after] ?? Infinity) - moment);
      closest[k] = Math.min(closest[k], away);
      const offset = (moment - edges[fall]) / sampledBit;
      samples[k] = [Math.min(samples[k][0], offset), Math.max(samples[k][1], offset)];
    }
  }
  for (const level of levels) for (let at = 1; at <= LENGTH; at++) level[at] += level[at - 1];
  return { crossings, levels, samples, closest, frames: times.length };
}

// Notes the beginning and the end of a stretch; adding up from the left gives how many there are at each place.
function spend(level, from, to) {
  level[from]++;
  level[to]--;
}

// The same with the ten bits of the frame laid upon each other, from half a bit before a bit to half a bit after it.
function foldEye(eye) {
  const length = 2 * PARTS;
  const fold = (counts) => {
    const folded = new Float64Array(length + 1);
    for (let bit = 0; bit < 10; bit++) for (let at = 0; at <= length; at++) folded[at] += counts[bit * PARTS + at] ?? 0;
    return folded;
  };
  const middles = eye.samples.flatMap(([low, high], bit) => [low - bit, high - bit]);
  return {
    crossings: fold(eye.crossings),
    levels: eye.levels.map(fold),
    samples: [[Math.min(...middles), Math.max(...middles)]],
    frames: eye.frames * 10,
  };
}

// Draws an eye with uPlot; `bits` is its length.
function plotEye(element, eye, bits, width) {
  const labels = bits > 1 ? BIT_NAMES : [];
  const colour = colours();
  const font = `11px ${SANS}`;
  const plot = new uPlot({
    width,
    height: 190,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false } },
    scales: { x: { time: false, range: (_, low, high) => [low, high] }, y: { range: [-0.25, 1.25] } },
    series: [{}, { show: true, stroke: "transparent", points: { show: false } }],
    axes: [
      {
        stroke: colour.muted, font, size: 30, gap: 4,
        grid: { stroke: colour.line, width: 1 }, ticks: { show: false },
        splits: (plot) => (labels.length ? labels.map((_, n) => n + 0.5) : ticks(-0.5, 1.5, plot.scales.x.max - plot.scales.x.min > 1 ? 0.25 : 0.05).ticks)
          .filter((x) => x > plot.scales.x.min && x < plot.scales.x.max),
        values: (_, places) => places.map((x) => (labels.length ? labels[Math.floor(x)] : `${Number(x.toFixed(4))}`)),
      },
      {
        stroke: colour.muted, font, size: 24, gap: 4,
        grid: { show: false }, ticks: { show: false }, splits: [0, 1], values: () => ["0", "1"],
      },
    ],
    hooks: { drawAxes: [(plot) => paintEye(plot, eye, colour)] },
  }, [[-0.5, bits + 0.5], [null, null]], element);
  return plot;
}

function paintEye(plot, { crossings, levels, samples, frames }, colour) {
  const { ctx: context } = plot;
  const { left, top, width, height } = plot.bbox;
  const x = (bits) => plot.valToPos(bits, "x", true);
  const [low, high] = [plot.valToPos(0, "y", true), plot.valToPos(1, "y", true)];
  const bitsAt = (at) => (at - BEFORE) / PARTS;
  // What is rare is what matters here, so it is shown out of proportion.
  const strength = (count) => (count > 0 ? 0.18 + 0.82 * (count / frames) ** 0.35 : 0);
  const step = x(1 / PARTS) - x(0);
  const thick = Math.max(1.5 * devicePixelRatio, 2);
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  for (const [begin, end] of samples) {
    const [from, to] = [x(begin), x(end)];
    context.fillStyle = colour.receiver;
    context.globalAlpha = 0.25;
    context.fillRect(from - 1, top, Math.max(to - from, 0) + 2, height);
  }
  context.fillStyle = colour.in;
  for (let at = 0; at < crossings.length; at++) {
    const from = x(bitsAt(at));
    if (from < left - step || from > left + width) continue;
    levels.forEach((level, n) => {
      context.globalAlpha = strength(level[at]);
      if (level[at] > 0 && at < crossings.length - 1) context.fillRect(from, (n ? high : low) - thick / 2, step + 0.5, thick);
    });
    if (!crossings[at]) continue;
    context.globalAlpha = strength(crossings[at]);
    const wide = Math.max(step, thick);
    context.fillRect(from - wide / 2, high, wide, low - high);
  }
  context.globalAlpha = 1;
  context.fillStyle = colour.receiver;
  for (const [begin, end] of samples) {
    const radius = 3.5 * devicePixelRatio;
    context.beginPath();
    context.arc((x(begin) + x(end)) / 2, (low + high) / 2, radius, 0, 7);
    context.fill();
  }
  context.restore();
}
