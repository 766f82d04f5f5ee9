// The page: an editor, a worker with Python in it, and what the grader says.

import { Editor } from "./editor.js";

const root = document.getElementById("try");
const part = (name) => root.querySelector(`[data-part=${name}]`);
const config = await (await fetch(new URL("config.json", import.meta.url))).json();
// A page in a test may allow less time.
const seconds = () => Number(root.dataset.seconds || config.seconds);

let worker, ready, begun, timer, result;
let lab = config.labs.find((each) => each.name === config.begin_with);

// --- The student's text ---

const key = () => `fivepin.try.${lab.name}`;

function kept() {
  try {
    return localStorage.getItem(key());
  } catch {
    return null;
  }
}

function keep(text) {
  try {
    if (text === lab.starter) localStorage.removeItem(key());
    else localStorage.setItem(key(), text);
  } catch {
    // Where nothing may be stored the text lasts as long as the page.
  }
}

const editor = new Editor(part("text"), part("numbers"), { changed: () => keep(editor.text), done: grade });

function choose() {
  lab = config.labs.find((each) => each.name === part("lab").value);
  editor.text = kept() ?? lab.starter;
  clear();
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

// --- What is said ---

function state(text, busy = false) {
  part("state").textContent = text;
  root.dataset.busy = busy ? "yes" : "no";
  part("grade").disabled = busy;
  part("lab").disabled = busy;
  part("stop").hidden = !busy;
  part("progress").hidden = !busy;
}

function clear() {
  result = undefined;
  for (const name of ["tiers", "screen", "hints", "printed"]) part(name).replaceChildren();
  part("result").hidden = true;
}

function element(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}

function show(grade) {
  result = grade;
  part("result").hidden = false;
  part("result").dataset.percent = grade.percent;
  part("tiers").replaceChildren(
    ...grade.tiers.map(({ name, passed, counts }) => {
      const [kind, words] = counts ? ["good", "passed"] : passed ? ["early", "passed, counts later"] : ["open", "open"];
      const item = element("li", name, kind);
      item.append(element("span", ` (${words})`));
      return item;
    }),
  );
  // The tiers stand in the list already.
  const paragraphs = grade.lines.join("\n").split("\n\n");
  if (grade.tiers.length) paragraphs.splice(1, 1);
  part("screen").textContent = paragraphs.join("\n\n");
  part("hints").replaceChildren();
  part("hint").hidden = !grade.hints.length;
  if (grade.hints.length) hint();
  part("waves").hidden = !grade.waves;
  part("printed").textContent = grade.printed ? `Your file printed:\n${grade.printed}` : "";
}

function hint() {
  const list = part("hints");
  list.append(element("li", result.hints[list.children.length]));
  part("hint").hidden = list.children.length >= result.hints.length;
}

// A line in place of a grade.
function refuse(line) {
  clear();
  part("result").hidden = false;
  part("result").dataset.percent = 0;
  part("hint").hidden = part("waves").hidden = true;
  part("screen").textContent = line;
}

// --- The worker ---

function end() {
  clearInterval(timer);
  worker?.terminate();
  worker = ready = undefined;
}

function started() {
  if (ready) return ready;
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  const mine = worker;
  ready = new Promise((resolve) => {
    mine.onmessage = ({ data }) => {
      if (mine !== worker) return;
      if (data.stage) state(`Starting: ${data.stage}…`, true);
      else if (data.ready) resolve();
      else if (data.grade) finish(() => show(data.grade));
      else if (data.failed) fail(data.failed, data.loading);
    };
    mine.onerror = (event) => mine === worker && fail(event.message || "no reason given", !begun);
  });
  mine.postMessage({ pyodide: new URL(config.pyodide, import.meta.url).href });
  return ready;
}

function finish(shown) {
  clearInterval(timer);
  const took = begun ? ` in ${((performance.now() - begun) / 1000).toFixed(1)} s` : "";
  begun = undefined;
  shown();
  state(`Graded${took}.`);
}

function fail(reason, loading) {
  end();
  begun = undefined;
  refuse(
    loading
      ? `Python did not start (${reason}). It comes from ${new URL(config.pyodide, import.meta.url).host}: is there a connection?`
      : `Python came to an end over this file: ${reason}`,
  );
  state(loading ? "Not started." : "Not graded.");
}

async function grade() {
  if (root.dataset.busy === "yes") return;
  clear();
  part("progress").removeAttribute("value");
  state("Starting…", true);
  const { text } = editor;
  const { number } = lab;
  await started();
  begun = performance.now();
  worker.postMessage({ lab: number, text });
  part("progress").max = seconds();
  const tick = () => {
    const gone = (performance.now() - begun) / 1000;
    part("progress").value = gone;
    state(`Grading, ${Math.floor(gone)} s…`, true);
    if (gone < seconds()) return;
    end();
    begun = undefined;
    refuse(`It was not done after ${seconds()} seconds, and was ended: is there a loop that never ends? Grade: 0 %.`);
    state("Ended.");
  };
  clearInterval(timer);
  timer = setInterval(tick, 250);
  tick();
}

function stop() {
  end();
  begun = undefined;
  state("Stopped.");
}

function reset() {
  if (editor.text !== lab.starter && !confirm("Throw your text away and begin again?")) return;
  editor.text = lab.starter;
  keep(lab.starter);
  clear();
}

for (const { name } of config.labs) part("lab").append(new Option(`Lab ${name.replace("-", ": ").replaceAll("-", " ")}`, name));
part("lab").value = lab.name;
part("lab").addEventListener("change", choose);
part("grade").addEventListener("click", grade);
part("stop").addEventListener("click", stop);
part("reset").addEventListener("click", reset);
part("hint").addEventListener("click", hint);
part("download").addEventListener("click", () => download("starter.py", editor.text));
part("waves").addEventListener("click", () => download(result.waves_name, result.waves));
choose();
state("Ready. The first grade takes a little longer: Python is fetched then.");
