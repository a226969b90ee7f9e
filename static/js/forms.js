// Forms: the error summary takes the focus; a button pressed once is busy; what was typed survives a change of language,
// an expired session and a reload after it.
//   form[data-busy-text]     the text of its submit button while the answer is on its way; a second press does nothing. A
//                            button may have one of its own, "" to keep its words
//   form[data-keeps-typed]   before it is sent, the typed text of all other forms is kept for the page that comes back
const KEPT = "typed:";
const SKIPPED = ["password", "hidden", "file", "submit", "button"];

const fieldsOf = (form) =>
  [...form.elements].filter((field) => field.name && !SKIPPED.includes(field.type) && !("secret" in field.dataset));
const valueOf = (field) => (["checkbox", "radio"].includes(field.type) ? field.checked : field.value);

// Never secrets: those are typed again.
export function keepTyped() {
  const kept = {};
  for (const form of document.querySelectorAll("form[id]")) {
    const changed = fieldsOf(form).filter((field) => valueOf(field) !== (field.defaultChecked || field.defaultValue));
    if (changed.length) kept[form.id] = changed.map((field) => [field.name, field.value, valueOf(field)]);
  }
  if (Object.keys(kept).length) sessionStorage.setItem(KEPT + location.pathname, JSON.stringify(kept));
}

// To the address as it is by now, which may name a draft: what the server has seen of a form is no longer kept as typed.
function comeBack(form) {
  if (form.elements.next) form.elements.next.value = location.pathname + location.search;
}

function fill(form, entries) {
  for (const [name, value, typed] of entries) {
    const same = fieldsOf(form).filter((field) => field.name === name);
    const field = typeof typed === "boolean" ? same.find((one) => one.value === value) : same[0];
    if (!field) continue;
    if (typeof typed === "boolean") field.checked = typed;
    else field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function restoreTyped() {
  const kept = sessionStorage.getItem(KEPT + location.pathname);
  sessionStorage.removeItem(KEPT + location.pathname);
  for (const [id, entries] of Object.entries(JSON.parse(kept ?? "{}"))) {
    const form = document.getElementById(id);
    if (form) fill(form, entries);
  }
}

function beBusy(form, button) {
  form.dataset.busy = "1";
  if (!button) return;
  button.setAttribute("aria-disabled", "true");
  button.dataset.text = button.textContent;
  const text = button.dataset.busyText ?? form.dataset.busyText;
  if (text) button.textContent = text;
}

function beIdle(form) {
  delete form.dataset.busy;
  for (const button of form.querySelectorAll("[data-text]")) {
    button.removeAttribute("aria-disabled");
    button.textContent = button.dataset.text;
    delete button.dataset.text;
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if ("keepsTyped" in form.dataset) {
      keepTyped();
      comeBack(form);
    }
    const isOff = event.submitter?.getAttribute("aria-disabled") === "true";
    if (isOff || form.dataset.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if ("busyText" in form.dataset) beBusy(form, event.submitter);
  },
  true, // before htmx
);
addEventListener("htmx:afterRequest", (event) => {
  const { elt } = event.detail; // what was sent: another request of the form's is not its answer
  if (elt?.matches("form[data-busy]")) beIdle(elt);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(beIdle));

// A select or checkbox with data-submits-form filters at once; without script a button does it.
document.addEventListener("change", (event) => {
  const field = event.target.closest?.("[data-submits-form]");
  field?.form?.requestSubmit();
});

htmx.onLoad((root) => root.querySelector?.("[data-takes-focus]")?.focus());
addEventListener("DOMContentLoaded", restoreTyped);
