// Menus and other popovers: placed at their button, arrow keys inside, aria-expanded outside. Opening and closing is the
// browser's own (popovertarget). Also the menu button of narrow screens.
const GAP = 6; // px between button and menu

function invokerOf(popover) {
  return document.querySelector(`[popovertarget="${popover.id}"], [aria-controls="${popover.id}"]`);
}

// Below the button; above where there is no room; within the window.
export function place(popover, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const left = "alignEnd" in button.dataset || at.left + width > innerWidth - 12 ? at.right - width : at.left;
  const fits = at.bottom + GAP + height <= innerHeight || at.top < height;
  popover.style.left = `${Math.max(12, Math.min(left, innerWidth - width - 12))}px`;
  popover.style.top = `${fits ? at.bottom + GAP : at.top - GAP - height}px`;
}

document.addEventListener(
  "toggle",
  (event) => {
    if (!(event.target instanceof HTMLElement) || !event.target.popover) return;
    const button = invokerOf(event.target);
    if (!button) return;
    const isOpen = event.newState === "open";
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) place(event.target, button);
  },
  true, // toggle does not bubble
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[popover]");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const items = [...menu.querySelectorAll("a[href], button:not(:disabled)")].filter((item) => item.offsetParent);
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  items.at(to % items.length)?.focus();
  event.preventDefault();
});

// An arrow down on the button opens the menu on its first item.
document.addEventListener("keydown", (event) => {
  const button = event.target.closest?.("button[popovertarget]");
  if (!button || event.key !== "ArrowDown") return;
  const menu = document.getElementById(button.getAttribute("popovertarget"));
  menu?.showPopover();
  menu?.querySelector("a[href], button")?.focus();
  event.preventDefault();
});

// Whatever a menu does, it closes; but what is copied shows its tick.
document.addEventListener("click", (event) => {
  const menu = event.target.closest?.(".menu[popover]");
  if (menu && event.target.closest("a[href], button:not([data-copy-url])")) queueMicrotask(() => menu.hidePopover());
});

const menuButton = document.querySelector("[data-menu-button]");
menuButton?.addEventListener("click", (event) => {
  event.preventDefault();
  const isOpen = document.getElementById("nav").classList.toggle("open");
  menuButton.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) document.querySelector("#nav a")?.focus();
});
document.addEventListener("keydown", (event) => {
  const nav = document.querySelector("#nav.open");
  if (event.key !== "Escape" || !nav) return;
  nav.classList.remove("open");
  menuButton.setAttribute("aria-expanded", "false");
  menuButton.focus();
});
