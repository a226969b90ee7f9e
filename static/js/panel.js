// The execute panel. The server says what is shown; this asks it at the right moments, and fills in at once what one types.
//   [data-parameter]        its value goes into every mark[data-of] of that name
//   [data-empties="id"]     box: an empty string on purpose for that field
//   [data-template-toggle]  shows the names in place of the values, and back
//   [data-unclips="#id"]    shows all lines
//   [data-fills="id"]       its text becomes that field's value
//   [data-copy-link]        copies the address that fills in this form
//   [data-opens-into="#id"] the answer to this button's request is shown in that dialog; [data-closes-dialog] ends it
import { put, showTick } from "./copy.js";
import { open } from "./dialogs.js";
import { tell } from "./flash.js";
import { bind as bindPicker } from "./picker.js";
import "./parts.js";

const PAUSE = 500; // ms without a key before the form is looked at
const MASK = "••••••";

export function bind(form) {
  const touched = new Set();
  let timer = 0;

  function check(after = 0) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      form.querySelector("[name=touched]").value = [...touched].join(",");
      htmx.trigger("#live-check", "check");
    }, after);
  }

  form.addEventListener("input", (event) => {
    if (event.target.closest("[data-picker]")) return;
    fillIn(form, event.target);
    check(PAUSE);
  });
  form.addEventListener("change", (event) => {
    if (event.target.closest("[data-picker]")) return;
    beEmpty(form, event.target);
    goBackToDefault(event.target);
    fillIn(form, event.target);
    touched.add(event.target.name.replace(/-empty$/, ""));
    check();
  });
  // Enter looks at the form; only the button runs it.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (!event.target.matches("input:not([type=checkbox])") || event.defaultPrevented) return;
    event.preventDefault();
    check();
  });
  form.addEventListener("click", (event) => onClick(form, event));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "run") nameDraft(form);
  });
  form.addEventListener("htmx:afterSettle", () => {
    if (nameZone(form)) check();
    applyView(form);
    showErrors(form);
  });
  bindPicker(form);
  // What a quick person has typed before this was loaded.
  const isTyped = (field) => field.defaultValue !== undefined && field.value !== field.defaultValue;
  const typed = [...form.elements].filter((field) => isTyped(field) && !field.closest("[data-picker]"));
  for (const field of typed) {
    if (field !== document.activeElement) goBackToDefault(field);
    fillIn(form, field);
  }
  if (typed.length) check();
}

// What is sent is kept as a draft, its token with it: Back leads there, so that Run then leads to the run there is.
function nameDraft(form) {
  const here = new URL(location);
  if (here.searchParams.has("draft") || here.pathname !== form.getAttribute("action")) return;
  here.search = `?draft=${form.elements.draft.value}`;
  history.replaceState(history.state, "", here);
}

function fillIn(form, field) {
  const name = field.dataset.parameter;
  if (!name) return;
  const isEmptied = form.elements[`${field.name}-empty`]?.checked ?? false;
  const value = isEmptied ? "" : field.value || (field.dataset.default ?? "");
  const isMissing = !value && !isEmptied && "required" in field.dataset;
  for (const mark of form.querySelectorAll(`mark[data-of="${CSS.escape(name)}"]`)) {
    mark.dataset.value = isMissing ? `{{${name}}}` : field.type === "password" && value ? MASK : value;
    mark.classList.toggle("empty", !value);
  }
  applyView(form);
}

// Names or values, as the person chose; an answer of the server does not change that.
function applyView(form) {
  const toggle = form.querySelector("[data-template-toggle]");
  const showsTemplate = form.dataset.shows === "template";
  for (const mark of form.querySelectorAll("mark[data-of]")) {
    mark.dataset.value ??= mark.textContent;
    mark.textContent = showsTemplate ? `{{${mark.dataset.of}}}` : mark.dataset.value;
  }
  if (toggle) toggle.textContent = showsTemplate ? toggle.dataset.values : toggle.dataset.template;
  if ("unclipped" in form.dataset) unclip(form);
}

function unclip(form) {
  for (const button of form.querySelectorAll("[data-unclips]")) {
    form.querySelector(button.dataset.unclips).classList.remove("clipped");
    button.hidden = true;
  }
}

function beEmpty(form, box) {
  if (!box.dataset?.empties) return;
  const field = document.getElementById(box.dataset.empties);
  if (box.checked) field.value = "";
  field.placeholder = box.checked ? "∅" : "";
  goBackToDefault(field);
  fillIn(form, field);
}

// Cleared, a field with a default goes back to it; unless the empty string is meant.
function goBackToDefault(field) {
  const box = field.form?.elements[`${field.name}-empty`];
  if (!field.value && field.dataset?.default && !box?.checked) field.value = field.dataset.default;
}

// What the server said of fields that were left: told to screen readers as well.
function showErrors(form) {
  for (const error of form.querySelectorAll("[data-error-of]")) {
    const field = document.getElementById(error.dataset.errorOf);
    if (!field) continue;
    if (error.hidden) field.removeAttribute("aria-invalid");
    else {
      error.closest("details")?.setAttribute("open", "");
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", `${field.id}_helptext ${error.id}`);
    }
  }
}

// Where the profile names no time zone a schedule starts with the browser's, which the server does not know at first.
function nameZone(form) {
  const field = form.querySelector("[data-of-browser]");
  field?.removeAttribute("data-of-browser");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || !zone.includes("/") || zone.startsWith("Etc/") || field.value === zone) return false;
  field.value = zone;
  return true;
}

async function copyLink(button) {
  if (!button.dataset.copyLink) return tell(button.dataset.tooLong, "bad");
  await put(new URL(button.dataset.copyLink, location.origin).href, button.parentElement);
  showTick(button);
  tell(button.dataset.copied, "ok");
  button.focus({ preventScroll: true });
}

function onClick(form, event) {
  const link = event.target.closest("[data-copy-link]");
  if (link) copyLink(link);
  const page = event.target.closest("[data-open-as-page]");
  if (page) page.href = location.href; // the draft's, once there is one
  if (event.target.closest("[data-template-toggle]")) {
    form.dataset.shows = form.dataset.shows === "template" ? "values" : "template";
    applyView(form);
  }
  const suggestion = event.target.closest("[data-fills]");
  if (suggestion) {
    const field = document.getElementById(suggestion.dataset.fills);
    field.value = suggestion.textContent;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  }
  if (event.target.closest("[data-unclips]")) {
    form.dataset.unclipped = "";
    unclip(form);
  }
}

// Looked at before the request, for its answer may turn the button into another one.
const plans = new WeakMap();
addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.elt.closest("[data-opens-into], [data-closes-dialog]");
  if (button) plans.set(event.detail.xhr, { button, opens: button.dataset.opensInto, dialog: button.closest("dialog") });
});
addEventListener("htmx:afterRequest", (event) => {
  const plan = plans.get(event.detail.xhr);
  if (!plan || !event.detail.successful) return;
  if (plan.opens) open(document.querySelector(plan.opens), plan.button);
  else plan.dialog?.close();
});
