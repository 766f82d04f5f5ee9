// Times, notes and bytes as people write them.

const NOTE_NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

// Middle C, note 60, is C4.
const noteName = (key) => NOTE_NAMES[key % 12] + (Math.floor(key / 12) - 1);

const isBlackKey = (key) => [1, 3, 6, 8, 10].includes(key % 12);

const hex = (byte) => byte.toString(16).padStart(2, "0");

// Nanoseconds, with the unit and the digits that a step of an axis asks for.
function wireTime(time, step) {
  const [unit, name] = step >= 1e8 ? [1e9, "s"] : step >= 1e5 ? [1e6, "ms"] : [1e3, "µs"];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  const number = (time / unit).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${number} ${name}`;
}

// Seconds of the song as minutes and seconds.
function songTime(time, digits = 3) {
  const whole = Math.max(0, Number(time.toFixed(digits)));
  const seconds = (whole % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return `${Math.floor(whole / 60)}:${seconds}`;
}

// A length of time in nanoseconds, short.
function lengthOfTime(time) {
  if (time >= 1e9) return `${(time / 1e9).toPrecision(4)} s`;
  if (time >= 1e6) return `${(time / 1e6).toPrecision(4)} ms`;
  return `${(time / 1e3).toPrecision(4)} µs`;
}

// Round numbers from begin to end, at least `apart` from each other: 1, 2 or 5 times a power of ten.
function ticks(begin, end, apart) {
  const power = 10 ** Math.floor(Math.log10(apart));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= apart) ?? 10);
  const found = [];
  for (let n = Math.ceil(begin / step); n * step <= end; n++) found.push(n * step);
  return { step, ticks: found };
}
