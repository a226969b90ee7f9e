// The editor of a script that is run without being saved. It stands in the execute form in the place of its textarea; that and
// the hidden field beside it (commands/textarea.py) follow with every key, so that panel.js has the form looked at as usual.
//   [data-dangers]   what was found dangerous in the script: JSON, a list of {line, text}
import { CRLF, LF, MIXED, pack, unpack } from "./line_ends.js";
import { createEditor } from "./script_editor.js";

const form = document.getElementById("run-form");
const textarea = document.getElementById("id_content");
const exact = document.getElementById("content-exact");
const typeOf = () => form.querySelector("[name=type]:checked").value;
const plain = (text) => text.replace(/\r\n?/g, "\n");

const editor = createEditor({
  parent: document.getElementById("script-editor"),
  script: unpack(exact.value),
  type: typeOf(),
  attributes: { "aria-labelledby": "script-label", "aria-describedby": "content-help id_content_error" },
  phrases: JSON.parse(document.getElementById("editor-phrases").textContent),
  nonce: document.getElementById("editor-script").nonce,
  icons: form.dataset.icons,
  onChange: carry,
  onCursor: () => {},
});
textarea.hidden = true;
usesParameters();
showDangers();

function carry() {
  textarea.value = editor.script;
  exact.value = pack(editor.script);
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
}

// What was kept over a sign-in is put into the fields, one after the other.
function takeFromForm() {
  const kept = unpack(exact.value);
  const script = plain(kept) === plain(textarea.value) ? kept : textarea.value;
  if (plain(script) !== plain(editor.script)) editor.take(script, editor.ends);
}

function speak() {
  editor.speak(typeOf());
  for (const label of form.querySelectorAll("#id_type label")) label.classList.toggle("on", label.control.checked);
  if (editor.ends !== MIXED && !editor.script.trim()) editor.end(typeOf() === "RunShellScript" ? LF : CRLF);
}

function usesParameters() {
  editor.usesParameters(document.getElementById("id_enable_parameter").checked);
}

function showDangers() {
  const found = JSON.parse(form.querySelector("[data-dangers]").dataset.dangers);
  editor.mark(found.map(({ line, text }) => ({ line, column: 1, level: "warn", text })));
}

form.addEventListener("input", ({ target }) => {
  if (target === textarea || target === exact) takeFromForm();
});
form.addEventListener("change", ({ target }) => {
  if (target.name === "type") speak();
  if (target.id === "id_enable_parameter") usesParameters();
});
form.addEventListener("htmx:afterSettle", showDangers);
form.addEventListener("click", (event) => {
  if (!event.target.closest("[href='#id_content']")) return;
  event.preventDefault();
  editor.view.focus();
});
