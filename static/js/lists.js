// Lists of commands and machines.
//   [data-in-force]      the address of what is shown; the page's own is corrected when it asked for something useless
//   form[data-selection] its ticked rows: counted in [data-selection-bar], copied by its button with [data-copy], and
//                        handed to the question behind a button with [data-asks], which opens as a dialog
//   [data-wraps]         wraps the long lines of what it names
//   [data-filters="#id"] shows of that list's items those whose data-words have every word that is typed
import "./folds.js";

function correctAddress() {
  const inForce = document.querySelector("[data-in-force]")?.dataset.inForce;
  if (inForce && inForce !== location.pathname + location.search) history.replaceState(history.state, "", inForce + location.hash);
}

const boxes = (form) => [...form.querySelectorAll("tbody input[type=checkbox]")];
const chosen = (form) => boxes(form).filter((box) => box.checked).map((box) => box.value);

function count(form) {
  const all = boxes(form);
  const n = chosen(form).length;
  const bar = form.querySelector("[data-selection-bar]");
  const counter = bar.querySelector("[data-count]");
  counter.dataset.count = n;
  counter.textContent = n ? counter.dataset.some.replace("#", n.toLocaleString("en")) : counter.dataset.none;
  bar.querySelector("[data-copy]").dataset.copy = chosen(form).join("\n");
  for (const button of bar.querySelectorAll("button")) button.setAttribute("aria-disabled", n === 0);
  for (const box of all) box.closest("tr").classList.toggle("sel", box.checked);
  const page = form.querySelector("[data-select-page]");
  page.checked = n > 0 && n === all.length;
  page.indeterminate = n > 0 && n < all.length;
}

let lastBox = null;

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("form[data-selection] tbody input[type=checkbox]");
  if (!box) return;
  const all = boxes(box.form);
  if (event.shiftKey && all.includes(lastBox)) {
    const [from, to] = [all.indexOf(lastBox), all.indexOf(box)].sort((a, b) => a - b);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  }
  lastBox = box;
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-selection]");
  if (!form) return;
  if ("selectPage" in event.target.dataset) for (const box of boxes(form)) box.checked = event.target.checked;
  count(form);
});

// The question comes as a dialog, by the one way there is for that: a link with data-dialog (dialogs.js).
function ask(button) {
  const query = new URLSearchParams({ ids: chosen(button.form).join(",") });
  const link = Object.assign(document.createElement("a"), { href: `${button.formAction}?${query}`, hidden: true });
  link.dataset.dialog = "";
  button.after(link);
  link.click();
  link.remove();
}

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-selection-bar] button");
    if (button?.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (button && "asks" in button.dataset) {
      event.preventDefault();
      ask(button);
    }
  },
  true, // before the button's own
);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-wraps]");
  if (!button) return;
  const wraps = document.querySelector(button.dataset.wraps).classList.toggle("wraps");
  button.setAttribute("aria-pressed", wraps);
});

document.addEventListener("input", (event) => {
  const field = event.target.closest?.("[data-filters]");
  if (!field) return;
  const typed = field.value.trim().toLowerCase().split(/\s+/);
  for (const item of document.querySelectorAll(`${field.dataset.filters} > [data-words]`))
    item.hidden = !typed.every((word) => item.dataset.words.includes(word));
});

// Enter in it looks no further, and above all sends no form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest?.("[data-filters]")) event.preventDefault();
});

// What is ticked stays ticked when the rows come anew.
let kept = [];

addEventListener("htmx:beforeSwap", (event) => {
  kept = [...document.querySelectorAll("form[data-selection]")].flatMap(chosen);
});

htmx.onLoad((root) => {
  for (const id of kept) {
    const box = document.getElementById(`pick-${id}`);
    if (box) box.checked = true;
  }
  for (const form of document.querySelectorAll("form[data-selection]")) count(form);
  if (root === document.body) correctAddress();
});
