// Columns of numbers and of words out of the packed record; the twin of unpack in coding.py, which tells the format.

async function decode(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Response(packed).body.pipeThrough(new DecompressionStream("deflate"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const words = new TextDecoder();
  let at = 4 + new DataView(data.buffer).getUint32(0, true);
  const front = JSON.parse(words.decode(data.subarray(4, at)));
  const columns = {};
  for (const { name, kind, length, same } of front.columns) {
    if (same !== undefined) {
      columns[name] = columns[same];
      continue;
    }
    const body = data.subarray(at, at + length);
    at += length;
    columns[name] = kind === "words" ? JSON.parse(words.decode(body)) : bytesToNumbers(body);
  }
  return { ...front.about, columns };
}

// Multiplied and not shifted, because nanoseconds of a long song need more than 32 bits.
function bytesToNumbers(data) {
  const numbers = new Float64Array(data.reduce((count, byte) => count + (byte < 0x80), 0));
  let n = 0, last = 0, rest = 0, weight = 1;
  for (const byte of data) {
    rest += (byte & 0x7f) * weight;
    weight *= 128;
    if (byte < 0x80) {
      last += rest % 2 ? -(rest + 1) / 2 : rest / 2;
      numbers[n++] = last;
      rest = 0;
      weight = 1;
    }
  }
  return numbers;
}

// How many of sorted numbers are not above a value: the place behind them.
function countUpTo(sorted, value) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
