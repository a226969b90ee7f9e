// Flash messages: kept until dismissed or the next page. flash(node) puts one on top, in the dialog that is open or the page.
const MOST = 3;

export function flash(note) {
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const place = dialog?.querySelector("[data-flash]") ?? document.getElementById("flash");
  place.prepend(note);
  [...place.children].slice(MOST).forEach((old) => old.remove());
}

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest(".note")?.remove();
});
