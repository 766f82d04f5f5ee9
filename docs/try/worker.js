// Holds Python, and grades what the page sends. It is ended from outside when a file takes too long.

let grader;

function tell(stage) {
  postMessage({ stage });
}

async function load(base) {
  tell("fetching Python (6 MB, once)");
  const { loadPyodide } = await import(new URL("pyodide.mjs", base));
  const python = await loadPyodide({ indexURL: base, stdin: () => null });
  tell("fetching Amaranth and the course");
  const answer = await fetch(new URL("course.zip", import.meta.url));
  if (!answer.ok) throw new Error(`course.zip: ${answer.status}`);
  python.unpackArchive(await answer.arrayBuffer(), "zip", { extractDir: "/course" });
  tell("starting Amaranth");
  python.runPython("import sys, os; sys.path.insert(0, '/course'); os.chdir('/home/pyodide')");
  grader = python.pyimport("grader");
}

onmessage = async ({ data }) => {
  try {
    if (data.pyodide) {
      await load(data.pyodide);
      postMessage({ ready: true });
    } else {
      postMessage({ grade: JSON.parse(grader.grade(data.lab, data.text)) });
    }
  } catch (error) {
    postMessage({ failed: String(error.message || error).trim().split("\n").at(-1), loading: !grader });
  }
};
