// A field for pictures from one's own computer: chosen, dropped or pasted.
//
// A message to the kernel may have 10 MiB, and what is larger vanishes without a word. So a file
// goes in pieces, a few ahead of what the kernel says has arrived. No part of it, nor its name, is
// ever in the widget's state, which may be saved with the notebook.

const PIECE = 512 * 1024;
const QUICK = 300; // milliseconds to an answer, after which the pieces may be larger
const PATIENCE = 4000; // milliseconds without an answer, until we say what may be the reason
const BRIEFLY = 10_000; // milliseconds for which it is said that all went well
const WAITING =
  "No answer yet. If the kernel is busy with a cell, this goes on when the cell is done; " +
  "if it was restarted, run the cell of this form again.";

function render({ model, el }) {
  const many = model.get("multiple");
  let sending = null; // the file on its way: its id, and what the kernel has answered
  let pasted = 0;
  let hush = 0;

  const input = make("input", { type: "file", accept: model.get("accept"), multiple: many });
  const choose = make("label", { className: "lpnb-drop-choose" });
  choose.append(many ? "Choose pictures" : "Choose a picture", input);
  const accel = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘V" : "Ctrl+V";
  const hint = make("span", {
    textContent: `or drop ${many ? "them" : "it"} here, or click here and press ${accel} to paste`,
  });
  const limits = make("div", { className: "lpnb-drop-limits", textContent: model.get("about") });
  limits.id = `lpnb-limits-${Math.random().toString(36).slice(2)}`;
  input.setAttribute("aria-describedby", limits.id);
  const bar = make("progress", { max: 1, value: 0 });
  bar.setAttribute("aria-label", "sent to the kernel");
  const stop = make("button", { type: "button", textContent: "Stop" });
  const progress = make("div", { className: "lpnb-drop-progress", hidden: true });
  const percent = make("span", { ariaHidden: "true" }); // the bar tells it who can't see it
  progress.append(bar, percent, stop);
  const status = make("div", { className: "lpnb-drop-status" });
  status.setAttribute("role", "status");
  const zone = make("div", { className: "lpnb-drop" });
  zone.append(choose, hint, limits, progress, status);
  el.append(zone);

  // A name is somebody's text: shown as it is, and whichever way it is written
  const say = (...parts) => {
    clearTimeout(hush);
    status.replaceChildren(...parts);
  };
  const sayBriefly = (...parts) => {
    say(...parts);
    hush = setTimeout(say, BRIEFLY);
  };
  const named = (file) => make("bdi", { className: "lpnb-drop-name", textContent: file.name });

  const hear = (answer) => {
    if (sending?.id !== answer.id) return;
    sending.answers.push(answer);
    sending.wake();
  };
  model.on("msg:custom", hear);

  // What the kernel answers to the file on its way, one after the other
  const answer = async (said) => {
    const late = setTimeout(() => say(WAITING), PATIENCE);
    while (!sending.answers.length) await new Promise((resolve) => (sending.wake = resolve));
    clearTimeout(late);
    if (status.textContent === WAITING) say(...said);
    return sending.answers.shift();
  };

  const fail = (...why) => {
    const line = make("div");
    line.append("✗ ", ...why);
    say(line);
    return line;
  };

  // Bring one file to the kernel; gives the line that says why it did not get there, if so
  async function send(file) {
    const { name, type, size } = file;
    const most = model.get("most");
    if (size > most) {
      return fail(named(file), ` has ${megabytes(size)}, and over ${megabytes(most)} no file is taken `,
        "here: make it smaller first.");
    }
    const id = `${Date.now()}-${Math.random()}`;
    const said = ["Sending ", named(file), " …"];
    sending = { id, stopped: false, answers: [], wake: () => {} };
    progress.hidden = false;
    say(...said);
    try {
      for (let [sent, got, piece] = [-1, 0, PIECE]; ; ) {
        bar.value = size ? got / size : 1;
        percent.textContent = `${Math.floor(100 * bar.value)} %`;
        while (sent < size && sent < got + 2 * piece && !sending.stopped) {
          const at = Math.max(sent, 0); // a file of no bytes is one piece of none
          const bytes = await file.slice(at, at + piece).arrayBuffer();
          model.send({ id, name, type, size, at }, undefined, [bytes]);
          sent = at + bytes.byteLength;
        }
        const began = performance.now();
        const { done, refused, got: all } = await answer(said);
        piece = performance.now() - began < QUICK ? 4 * PIECE : PIECE;
        if (done) {
          sayBriefly(named(file), " has arrived; what was found is told below.");
          return null;
        }
        if (refused || sending.stopped)
          return fail(named(file), ` was not taken: ${refused ?? "it was stopped"}.`);
        got = all;
      }
    } catch {
      return fail(named(file), " can't be read here: is it a folder, or was it moved?");
    } finally {
      progress.hidden = true;
      sending = null;
    }
  }

  async function take(files, how) {
    if (sending) return say("One moment: the file before is still on its way.");
    if (!files.length) return say(`✗ What was ${how} is no file: save the picture first.`);
    if (files.length > 1 && !many)
      return say(`✗ ${files.length} files were ${how}, and this form takes one: choose one.`);
    const left = [];
    for (const file of files) left.push(await send(file));
    const lines = left.filter((line) => line);
    if (files.length > 1) {
      const tell = lines.length ? say : sayBriefly;
      tell(`${files.length - lines.length} of ${files.length} files have arrived.`, ...lines);
    }
  }

  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // so that the same file can be chosen again
    if (files.length) take(files, "chosen");
  });
  stop.addEventListener("click", () => {
    if (!sending) return;
    sending.stopped = true;
    model.send({ id: sending.id, stop: true });
    input.focus();
  });

  for (const kind of ["dragenter", "dragover"])
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      zone.classList.add("lpnb-drop-over");
    });
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("lpnb-drop-over");
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    zone.classList.remove("lpnb-drop-over");
    take([...event.dataTransfer.files], "dropped");
  });

  // What has the focus gets what is pasted; a click anywhere in the zone gives it the focus
  zone.addEventListener("click", (event) => {
    if (!choose.contains(event.target) && event.target !== stop) input.focus();
  });
  zone.addEventListener("paste", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const files = [...event.clipboardData.files];
    take(files.map((file) => (file.name === "image.png" ? renamed(file, ++pasted) : file)), "pasted");
  });

  model.send({ seen: true });
  return () => model.off("msg:custom", hear);
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

// Browsers call every picture in the clipboard image.png, which tells several pasted ones apart
function renamed(file, count) {
  return new File([file], `pasted-${count}.png`, { type: file.type });
}

function megabytes(size) {
  return `${(size / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

export default { render };
