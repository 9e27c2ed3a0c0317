// Choose a part of a picture: four sliders for the keyboard, or a drag over the picture.
// The kernel gets the box when it is chosen, and not on the way there.

const SIDES = ["left", "top", "right", "bottom"];

function add(parent, tag, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), properties));
}

function render({ model, el }) {
  const frame = add(el, "div", { className: "lpnb-crop-frame" });
  const image = add(frame, "img", { alt: "all of the picture; the part to show is framed", draggable: false });
  const part = add(frame, "div", { className: "lpnb-crop-part" });
  const group = add(el, "fieldset", { className: "lpnb-crop-sides" });
  add(group, "legend", { textContent: "The part to show, in pixels" });
  const rows = SIDES.map((side) => {
    const row = add(group, "div", { className: "lpnb-crop-side" });
    const label = add(row, "label");
    add(label, "span", { textContent: side });
    const slider = add(label, "input", { type: "range", min: 0, step: 1 });
    return { slider, said: add(row, "span", { className: "lpnb-crop-number" }) };
  });
  const all = add(group, "button", { type: "button", textContent: "All of it" });
  let box = [0, 0, 1, 1];

  const size = () => model.get("pixels");
  const length = (side) => size()[side % 2];

  // Keep the sides in the picture and in order: the one that is moved stops at its opposite
  function settled(next, moved) {
    next = next.map((value, side) => Math.round(Math.min(Math.max(value, 0), length(side))));
    for (const first of [0, 1]) {
      if (next[first] < next[first + 2]) continue;
      if (moved === first) next[first] = next[first + 2] - 1;
      else next[first + 2] = next[first] + 1;
      if (next[first + 2] > length(first)) [next[first], next[first + 2]] = [length(first) - 1, length(first)];
      if (next[first] < 0) [next[first], next[first + 2]] = [0, 1];
    }
    return next;
  }

  function draw(next, moved) {
    box = settled(next, moved);
    const [left, top, right, bottom] = box.map((value, side) => (100 * value) / length(side));
    Object.assign(part.style, {
      left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%`,
    });
    rows.forEach(({ slider, said }, side) => {
      slider.max = length(side);
      slider.value = box[side];
      slider.setAttribute("aria-valuetext", `${box[side]} of ${length(side)} pixels`);
      said.textContent = box[side];
    });
  }

  function keep() {
    model.set("box", box);
    model.save_changes();
  }

  rows.forEach(({ slider }, side) => {
    slider.addEventListener("input", () => draw(box.with(side, slider.valueAsNumber), side));
    slider.addEventListener("change", keep);
  });
  all.addEventListener("click", () => { draw([0, 0, ...size()]); keep(); });

  const place = (event) => {
    const rect = image.getBoundingClientRect();
    return [
      ((event.clientX - rect.left) / rect.width) * size()[0],
      ((event.clientY - rect.top) / rect.height) * size()[1],
    ];
  };
  let start = null;
  frame.addEventListener("pointerdown", (event) => {
    start = { at: place(event), box };
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  frame.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = place(event), [u, v] = start.at;
    draw([Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)]);
  });
  frame.addEventListener("pointerup", () => {
    const [left, top, right, bottom] = box, least = Math.min(...size()) / 50;
    if (start && (right - left < least || bottom - top < least)) draw(start.box); // a click chooses nothing
    else if (start) keep();
    start = null;
  });
  frame.addEventListener("pointercancel", () => { if (start) draw(start.box); start = null; });

  const refresh = () => { image.src = model.get("picture"); draw(model.get("box")); };
  model.on("change:picture change:pixels change:box", refresh);
  refresh();
  return () => model.off("change:picture change:pixels change:box", refresh);
}

export default { render };
