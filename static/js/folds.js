// Folding: a button with data-folds="#id" shows or hides that element by its class `open`.
const unfolded = new Set(); // what has been opened; an answer of the server forgets it

function showFolds() {
  for (const button of document.querySelectorAll("[data-folds]")) {
    const isOpen = unfolded.has(button.dataset.folds);
    button.setAttribute("aria-expanded", String(isOpen));
    document.querySelector(button.dataset.folds)?.classList.toggle("open", isOpen);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-folds]");
  if (!button) return;
  const { folds } = button.dataset;
  if (!unfolded.delete(folds)) unfolded.add(folds);
  showFolds();
});

addEventListener("htmx:afterSwap", showFolds);
