// Count a temporary URL's time down. The kernel says how many seconds are left, by the service's
// clock, when it is asked: this computer's own clock may be wrong, and an old page does not know.
// It is asked now and then, as somebody may push the sandbox's clock.

const OFTEN = 3000; // milliseconds

function render({ model, el }) {
  const line = el.appendChild(document.createElement("div"));
  line.setAttribute("role", "timer"); // which is not read out each second
  line.style.fontVariantNumeric = "tabular-nums";
  let end = null; // by the page's own steady clock, in milliseconds

  function draw() {
    const what = model.get("what"), ends = model.get("ends");
    if (!what) { line.textContent = ""; return; }
    if (end === null) { line.textContent = `The ${what} lasts until ${ends}.`; return; }
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    line.textContent = left
      ? `The ${what} lasts ${time} more, until ${ends}.`
      : `✗ The ${what} has expired, at ${ends}.`;
  }

  const told = (message) => {
    end = performance.now() + 1000 * message.left;
    draw();
  };
  model.on("msg:custom", told);
  model.on("change:what change:ends", draw);
  const tick = setInterval(draw, 250);
  const ask = () => model.get("what") && model.send({ ask: "left" });
  const asking = setInterval(ask, OFTEN);
  draw();
  ask();
  return () => {
    clearInterval(tick);
    clearInterval(asking);
    model.off("msg:custom", told);
    model.off("change:what change:ends", draw);
  };
}

export default { render };
