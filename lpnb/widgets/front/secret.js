// A field for one secret. What is typed goes to the kernel in a message, once, and the field is
// blanked: no model ever holds it, so neither does a notebook that is saved with its widgets.

function render({ model, el }) {
  // Each widget has a copy of this module to itself, so nothing here could count them
  const id = `lpnb-secret-${Math.random().toString(36).slice(2)}`;
  const field = document.createElement("div");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const note = document.createElement("div");

  field.className = "jupyter-widgets widget-inline-hbox widget-text lpnb-secret-field";
  label.className = "widget-label";
  label.htmlFor = input.id = id;
  label.textContent = model.get("label");
  input.type = "password";
  input.autocomplete = "new-password"; // else the browser offers to keep it
  input.spellcheck = false;
  note.id = `${id}-note`;
  note.className = "lpnb-secret-note";
  note.setAttribute("role", "status");
  input.setAttribute("aria-describedby", note.id);

  const say = (words) => { note.textContent = words; };
  const sayWhatIsHeld = () => say(model.get("note"));

  // While somebody types, the rules are looked at here: nothing leaves the page for that
  const complaint = () => {
    const broken = model.get("rules").find(([rule]) => new RegExp(rule).test(input.value));
    return broken ? `! ${broken[1]}` : "";
  };
  const onInput = () => (input.value ? say(complaint()) : sayWhatIsHeld());

  const give = () => { // when the field is left, or at the Enter key
    const secret = input.value;
    input.value = "";
    if (!secret) return; // the Enter key may be told of twice
    try {
      model.send({ secret });
      say("on its way: the kernel takes it when it is free");
    } catch { // the kernel was restarted, or the notebook is being closed
      say("! not taken, as the kernel does not know this form any more: run its cell again");
    }
  };

  input.addEventListener("input", onInput);
  input.addEventListener("change", give);
  input.addEventListener("keydown", (event) => event.key === "Enter" && give());
  model.on("change:note", sayWhatIsHeld);
  model.on("msg:custom", sayWhatIsHeld); // it was taken; perhaps there is nothing new to say
  sayWhatIsHeld();

  field.append(label, input);
  el.classList.add("lpnb-secret");
  el.append(field, note);
  return () => {
    input.value = "";
    model.off("change:note", sayWhatIsHeld);
    model.off("msg:custom", sayWhatIsHeld);
  };
}

export default { render };
