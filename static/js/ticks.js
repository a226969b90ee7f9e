// form[data-ticks]: its ticked rows are counted on its button ([data-ticks-some], `#` is their number), which does
// nothing while there are none (forms.js); [data-ticks-all] ticks all of them.
function count(form) {
  const all = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const n = all.filter((box) => box.checked).length;
  const button = form.querySelector("[data-ticks-some]");
  if (!button) return;
  button.textContent = button.dataset.ticksSome.replace("#", n.toLocaleString("en"));
  button.setAttribute("aria-disabled", n === 0);
  const every = form.querySelector("[data-ticks-all]");
  every.checked = n > 0 && n === all.length;
  every.indeterminate = n > 0 && n < all.length;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-ticks]");
  if (!form) return;
  if ("ticksAll" in event.target.dataset) {
    for (const box of form.querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
  }
  count(form);
});

for (const form of document.querySelectorAll("form[data-ticks]")) count(form);
