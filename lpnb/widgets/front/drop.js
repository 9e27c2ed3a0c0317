// A field for pictures from one's own computer: chosen, dropped or pasted.
//
// A message to the kernel may have 10 MiB, and what is larger vanishes without a word. So a file
// goes in pieces, each sent when the one before has arrived. No part of it, nor its name, is ever
// in the widget's state, which may be saved with the notebook.

const PIECE = 512 * 1024;
const PATIENCE = 4000; // milliseconds without an answer, until we say what may be the reason
const BRIEFLY = 10_000; // milliseconds for which it is said that all went well
const WAITING =
  "No answer yet. If the kernel is busy with a cell, this goes on when the cell is done; " +
  "if it was restarted, run the cell of this form again.";

function render({ model, el }) {
  const many = model.get("multiple");
  let sending = null; // the file on its way: its id, and what to do with the kernel's answer
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
  progress.append(bar, stop);
  const status = make("div", { className: "lpnb-drop-status" });
  status.setAttribute("role", "status");
  const zone = make("div", { className: "lpnb-drop" });
  zone.dataset.lmSuppressShortcuts = "true"; // or Lab takes a letter typed here for a command
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
    if (sending && answer.id === sending.id) sending.hear(answer);
  };
  model.on("msg:custom", hear);

  // Send a message, and wait for the kernel's answer
  const ask = (message, pieces = []) =>
    new Promise((resolve) => {
      const late = setTimeout(() => say(WAITING), PATIENCE);
      sending.hear = (answer) => {
        clearTimeout(late);
        resolve(answer);
      };
      model.send({ id: sending.id, ...message }, undefined, pieces);
    });

  async function send(file) {
    const { name, type, size } = file;
    if (size > model.get("most")) {
      const most = megabytes(model.get("most"));
      say("✗ ", named(file), ` has ${megabytes(size)}: over ${most} no file is taken here. `,
        "Make it smaller first.");
      return false;
    }
    let got = 0;
    sending = { id: `${Date.now()}-${Math.random()}`, stopped: false };
    progress.hidden = false;
    try {
      while (true) {
        bar.value = size ? got / size : 1;
        say("Sending ", named(file), `: ${Math.floor(100 * bar.value)} %`);
        const piece = await file.slice(got, got + PIECE).arrayBuffer();
        const answer = await ask({ name, type, size, at: got }, [piece]);
        if (answer.done) {
          sayBriefly(named(file), " has arrived; what was found is told below.");
          return true;
        }
        if (answer.refused || sending.stopped) {
          say("✗ ", named(file), ` was not taken: ${answer.refused ?? "it was stopped"}.`);
          return false;
        }
        got = answer.got;
      }
    } catch {
      say("✗ ", named(file), " can't be read here: is it a folder, or was it moved?");
      return false;
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
    for (const file of files) if (!(await send(file))) left.push(file);
    if (files.length > 1) {
      (left.length ? say : sayBriefly)(`${files.length - left.length} of ${files.length} files have arrived`);
      left.forEach((file, i) => status.append(i ? ", " : "; not taken: ", named(file)));
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
