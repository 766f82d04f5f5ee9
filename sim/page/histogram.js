// How long bytes took, drawn with uPlot.

const BARS = 60;

// Counts values into at most BARS bars of equal width, each round a multiple of `finest`, which is the chip's clock: so
// what lies on a clock edge stands in the middle of its bar.
function countBars(values, finest) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const wide = finest * Math.max(1, Math.ceil((high - low) / finest / BARS));
  const begin = Math.round(low / wide);
  const counts = Array(Math.round(high / wide) - begin + 1).fill(0);
  for (const value of values) counts[Math.round(value / wide) - begin]++;
  // Empty room at both ends, so that even a lone bar is seen to be alone.
  const room = Array(Math.max(3, counts.length >> 3)).fill(0);
  const padded = [...room, ...counts, ...room];
  return { places: padded.map((_, n) => (begin + n - room.length) * wide), counts: padded };
}

// Values and `finest` in microseconds; `marks` are the lines to be drawn, with their names.
function plotHistogram(element, values, finest, stroke, marks, width) {
  const { places, counts } = countBars(values, finest);
  const colour = colours();
  const font = `11px ${SANS}`;
  const axis = { stroke: colour.muted, font, ticks: { show: false } };
  const highest = Math.max(...counts);
  return new uPlot({
    width,
    height: 190,
    padding: [16, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false } },
    scales: {
      x: { time: false, range: (_, from, to) => [from, to] },
      y: { range: [0, highest * 1.08] },
    },
    series: [{}, { stroke, fill: `${stroke}66`, width: 1, paths: uPlot.paths.bars({ size: [1, Infinity], align: 0 }), points: { show: false } }],
    axes: [
      { ...axis, size: 34, gap: 4, grid: { show: false }, space: 50, values: (_, found) => found.map((x) => `${Number(x.toFixed(3))} µs`) },
      { ...axis, size: 46, gap: 4, grid: { stroke: colour.line, width: 1 }, values: (_, found) => found.map((y) => (Number.isInteger(y) ? y.toLocaleString("en") : "")) },
    ],
    hooks: {
      draw: [(plot) => {
        const { ctx: context } = plot;
        const { top, height } = plot.bbox;
        context.save();
        context.strokeStyle = context.fillStyle = colour.ink;
        context.font = `${11 * devicePixelRatio}px ${SANS}`;
        context.textAlign = "center";
        context.lineWidth = devicePixelRatio;
        context.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
        for (const [name, value] of marks) {
          const x = plot.valToPos(value, "x", true);
          if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
          context.beginPath();
          context.moveTo(x, top);
          context.lineTo(x, top + height);
          context.stroke();
          context.fillText(name, x, top - 5 * devicePixelRatio);
        }
        context.restore();
      }],
    },
  }, [places, counts], element);
}
