// One row for each {{name}} of the script, as one types: in order of appearance, then what is defined but not used. The row
// of a name that is no longer there goes, unless something was filled in; only Remove takes that away.
//   <template id="parameter-row"> holds a row for the name "__name__"
import { parametersIn } from "./placeholders.js";

const MOST = 100; // rows, as in commands/editing.py
const nameOf = (row) => row.dataset.parameter;
const isBlank = (row) => [...row.querySelectorAll("input, textarea")].every((field) => (field.type === "checkbox" ? !field.checked : !field.value));

function rowFor(name) {
  const template = document.getElementById("parameter-row");
  const holder = document.createElement("tbody");
  holder.innerHTML = template.innerHTML.replaceAll("__name__", name); // letters, digits, - and _ only
  return holder.firstElementChild;
}

function showUse(row, line) {
  const link = row.querySelector("[data-line]");
  const words = row.querySelector("[data-line-words]");
  link.dataset.line = line ?? "";
  words.hidden = !line;
  if (line) words.textContent = words.dataset.lineWords.replace("#", line);
  row.querySelector("[data-unused]").hidden = Boolean(line);
  row.querySelector("[data-removes]").hidden = Boolean(line);
  row.classList.toggle("unused", !line);
}

function lineOf(script, at) {
  let lines = 1;
  for (const end of script.slice(0, at).matchAll(/\r\n|\r|\n/g)) lines += end ? 1 : 0;
  return lines;
}

export function showRows(form, script) {
  const body = form.querySelector("#parameter-rows");
  const used = parametersIn(script).slice(0, MOST);
  const rows = new Map([...body.children].map((row) => [nameOf(row).toLowerCase(), row]));
  const wanted = used.map(({ name, at }) => {
    const row = rows.get(name.toLowerCase()) ?? rowFor(name);
    rows.delete(name.toLowerCase());
    showUse(row, lineOf(script, at));
    return row;
  });
  for (const row of rows.values()) {
    if (isBlank(row) && !row.contains(document.activeElement)) row.remove();
    else {
      showUse(row, null);
      wanted.push(row);
    }
  }
  // Rows that stay where they are are not touched, so that the focus stays in them.
  wanted.forEach((row, at) => {
    if (body.children[at] !== row) body.insertBefore(row, body.children[at] ?? null);
  });
  for (const id of ["parameter-table", "parameter-help"]) document.getElementById(id).hidden = wanted.length === 0;
  form.querySelector("#no-parameters").hidden = wanted.length > 0;
}

// A secret has no default: what was typed before is not saved, and is seen no longer.
export function showSecrets(form) {
  for (const box of form.querySelectorAll("#parameter-rows input[data-secret-of]")) {
    const field = document.getElementById(box.dataset.secretOf);
    if (!field) continue;
    field.disabled = box.checked;
    field.placeholder = field.title = box.checked ? box.dataset.secretWords : "";
    if (box.checked) field.value = "";
  }
}
