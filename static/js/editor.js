// The page that creates and edits a command. The script lives in the editor; the form's textarea and the hidden field beside it
// (commands/textarea.py) follow with every key, so that the form is always what is seen. The server looks it over when a
// pause is made; what it says stands in the rail, and at the lines of the editor.
//   [data-line] in a link    leads there, [data-column] to that place
//   [data-saves]             a button that is off while there is nothing to save
import { forgive } from "./field_errors.js";
import { tell } from "./flash.js";
import { CRLF, LF, MIXED, pack, unpack } from "./line_ends.js";
import { showRows, showSecrets } from "./parameter_rows.js";
import "./parts.js";
import { createEditor } from "./script_editor.js";
import { readScript } from "./script_file.js";
import { kilobytes, sizeAfterBase64 } from "./script_size.js";

const PAUSE = 500; // ms without a key before the form is looked at
const AMBER = 0.9; // of the limit
const NAMES = { [LF]: "lf", [CRLF]: "crlf", [MIXED]: "mixed" };

const form = document.getElementById("edit-form");
const textarea = document.getElementById("id_content");
const exact = () => document.getElementById("id_content_exact");
const typeOf = () => form.querySelector("[name=type]:checked").value;
const usualEnds = () => (typeOf() === "RunShellScript" ? LF : CRLF);
const plain = (text) => text.replace(/\r\n?/g, "\n");

let timer = 0;
let isDirty = false;
let endsAreChosen = false;

const editor = createEditor({
  parent: document.getElementById("script-editor"),
  script: unpack(exact().value),
  type: typeOf(),
  attributes: { tabindex: "0", "aria-labelledby": "content-label", "aria-describedby": "content-help id_content_error" },
  phrases: JSON.parse(document.getElementById("editor-phrases").textContent),
  nonce: document.getElementById("editor-script").nonce,
  icons: form.dataset.icons,
  onChange: () => {
    carry();
    showScript();
    forgive(textarea);
    forgive(form.elements.enable_parameter); // how many there are
    changed();
  },
  onCursor: showPlace,
});
textarea.hidden = true;

// The form follows

function carry() {
  const { script } = editor;
  textarea.value = script;
  exact().value = pack(script);
}

function changed() {
  isDirty = true;
  for (const button of form.querySelectorAll("[data-saves]")) button.removeAttribute("aria-disabled");
  look(PAUSE);
}

function look(after) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!form.dataset.busy) htmx.trigger("#live-check", "check");
  }, after);
}

// What was kept over a sign-in is put into the fields, one after the other.
function takeFromForm() {
  const kept = unpack(exact().value);
  take(plain(kept) === plain(textarea.value) ? kept : textarea.value);
}

function take(script) {
  if (script !== editor.script) editor.take(script, editor.ends);
}

// What is shown of the script

function showPlace() {
  const place = document.getElementById("cursor-place");
  const { line, column } = editor.cursor;
  place.textContent = place.dataset.words.replace("#l", line).replace("#c", column);
}

function showSize() {
  const limit = Number(form.dataset.limit);
  const size = sizeAfterBase64(editor.script);
  const place = document.getElementById("script-size");
  place.textContent = place.dataset.words.replace("#n", kilobytes(size)).replace("#max", limit / 1024);
  place.dataset.level = size > limit ? "bad" : size >= AMBER * limit ? "warn" : "ok";
}

function showScript() {
  showSize();
  showRows(form, editor.script);
  const select = document.getElementById("line-ends");
  select.querySelector("[value=mixed]").hidden = editor.ends !== MIXED;
  select.value = NAMES[editor.ends];
}

function showFindings() {
  const items = [...form.querySelectorAll("#edit-rail [data-finding]")];
  editor.mark(
    items.map((item) => ({
      line: Number(item.dataset.line),
      column: Number(item.dataset.column),
      level: item.dataset.finding,
      text: item.querySelector("[data-sentence]").textContent,
    })),
  );
}

function showState() {
  const isNothing = "nothing" in document.getElementById("edit-state").dataset;
  for (const button of form.querySelectorAll("[data-saves]")) button.toggleAttribute("aria-disabled", false);
  if (isNothing) for (const button of form.querySelectorAll("[data-saves]")) button.setAttribute("aria-disabled", "true");
}

function speak() {
  const path = form.elements.working_dir;
  path.placeholder = typeOf() === "RunShellScript" ? path.dataset.linux : path.dataset.windows;
  editor.speak(typeOf());
  for (const label of form.querySelectorAll("#id_type label")) label.classList.toggle("on", label.control.checked);
  if (!endsAreChosen && editor.ends !== MIXED && !editor.script.trim()) editor.end(usualEnds());
}

// Tags: rows that are needed are shown

function showTags() {
  const rows = [...form.querySelectorAll(".tag-row")];
  for (const row of rows) {
    const isBlank = [...row.querySelectorAll("input")].every((field) => !field.value);
    row.hidden = isBlank && !("wanted" in row.dataset) && !row.contains(document.activeElement);
  }
  form.querySelector("[data-adds-tag]").hidden = rows.every((row) => !row.hidden);
}

function addTag() {
  const row = form.querySelector(".tag-row[hidden]");
  if (!row) return;
  row.dataset.wanted = "";
  row.hidden = false;
  row.querySelector("input").focus();
  showTags();
}

function emptyTag(row) {
  for (const field of row.querySelectorAll("input")) field.value = "";
  forgive(row.querySelector("input"));
  delete row.dataset.wanted;
  form.querySelector("[data-adds-tag]").focus();
  showTags();
  changed();
}

function removeParameter(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  showRows(form, editor.script);
  (next?.querySelector("input") ?? document.getElementById("id_enable_parameter")).focus();
  changed();
}

// A file

let noteOfFile = null; // what is said of the last one

async function load(file) {
  const words = form.querySelector("[data-loads-file]").dataset;
  const { script, encoding, refusal } = await readScript(file, words);
  noteOfFile?.remove();
  noteOfFile = tell(refusal ?? words.read.replace("#name", file.name).replace("#encoding", encoding), refusal ? "bad" : "ok");
  if (refusal) return;
  editor.take(script, editor.ends);
  editor.view.focus();
}

// Listeners

form.addEventListener("input", (event) => {
  const { target } = event;
  if (target === textarea || target === exact()) return takeFromForm();
  if (target.closest(".cm-editor") || target.id === "line-ends" || target.type === "file") return;
  forgive(target);
  if (target.closest(".tag-row")) showTags();
  changed();
});

form.addEventListener("change", (event) => {
  const { target } = event;
  if (target.name === "type") speak();
  if (target.id === "id_enable_parameter") editor.usesParameters(target.checked);
  if (target.dataset.secretOf) showSecrets(form);
  if (target.id === "line-ends") {
    endsAreChosen = true;
    editor.end(target.value === "crlf" ? CRLF : LF);
  }
  if (target.id === "script-file" && target.files.length) {
    load(target.files[0]);
    target.value = "";
  }
});

form.addEventListener("click", (event) => {
  const { target } = event;
  const place = target.closest("a[data-line]");
  if (place?.dataset.line) {
    event.preventDefault();
    editor.goTo(Number(place.dataset.line), Number(place.dataset.column ?? 1));
  }
  if (target.closest("[data-adds-tag]")) addTag();
  if (target.closest("[data-empties-tag]")) emptyTag(target.closest(".tag-row"));
  if (target.closest("[data-loads-file]")) document.getElementById("script-file").click();
  if (target.closest("label[for=id_content], a[href='#id_content']")) {
    event.preventDefault();
    editor.view.focus();
  }
  const removing = target.closest("[data-removes]");
  if (removing) {
    event.preventDefault();
    removeParameter(removing.closest("tr"));
  }
});

// Keys typed into the editor's own search are not the form's.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest(".cm-panel")) event.preventDefault();
});

form.addEventListener("submit", () => {
  clearTimeout(timer);
  if (!document.getElementById("live-check").classList.contains("htmx-request")) return;
  htmx.trigger("#live-check", "htmx:abort"); // its answer would be about what is being saved
});

addEventListener("htmx:afterSettle", (event) => {
  if (!form.contains(event.target) && event.target !== form) return;
  take(unpack(exact().value)); // another one when the server mended it
  showScript();
  showSecrets(form);
  showTags();
  showFindings();
  showState();
  for (const error of form.querySelectorAll("details .err")) error.closest("details").open = true;
});

// Leaving: what was typed is not lost without a word, unless it is saved or kept.

addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  if (xhr.getResponseHeader("HX-Redirect") || xhr.status === 401) isDirty = false;
});
document.addEventListener("submit", (event) => {
  if ("keepsTyped" in event.target.dataset) isDirty = false;
});
addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
});

showPlace();
showScript();
showSecrets(form);
showTags();
showFindings();
showState();
editor.usesParameters(document.getElementById("id_enable_parameter").checked);
if (!editor.script) editor.end(usualEnds());
if (document.querySelector("#edit-rail[data-incomplete]")) addEventListener("load", () => look(0));
isDirty = false;
