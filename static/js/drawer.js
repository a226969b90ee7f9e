// The drawer. <a href="…" data-drawer>: fetches the address as a fragment into #drawer and makes it the page's address;
// Back, Esc and the close button return to the list as it was. The fragment is
//   <form class="sheet" …><header><h1 id="drawer-title" tabindex="-1">…</h1> … <a data-open-as-page> <button data-close></header>
//   <div class="body">…</div><footer>…</footer></form>
// and the same markup is the full page. Inside a drawer addresses are replaced (hx-replace-url), never pushed.
// A form in it with [data-asks-before-leaving] asks before what was typed is left.
import { confirm, open } from "./dialogs.js";
import { load } from "./load.js";

const drawer = document.getElementById("drawer");
const content = document.getElementById("drawer-content");
let listAddress = null; // where the drawer was opened from; null while it is closed
let listTitle = "";

async function show(link) {
  if (!(await load(link.href, content))) return; // signed out
  listAddress = location.href;
  listTitle = document.title;
  history.pushState({ drawer: true }, "", link.href);
  const heading = content.querySelector("[data-title]");
  if (heading) document.title = heading.dataset.title;
  open(drawer, link);
}

function hide() {
  listAddress = null;
  document.title = listTitle;
  drawer.close();
  content.replaceChildren();
}

export function isDirty(root) {
  return [...root.querySelectorAll("form[data-asks-before-leaving]")].some((form) => form.dataset.dirty === "yes");
}

async function leave() {
  if (isDirty(content) && (await confirm(document.getElementById("leave"))) !== "leave") return;
  history.back(); // popstate hides
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-drawer]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  show(link);
});

drawer?.addEventListener("cancel", (event) => {
  if (event.target !== drawer) return;
  event.preventDefault();
  leave();
});

// Outside the drawer is the list: a click there leaves, too.
drawer?.addEventListener("mousedown", (event) => {
  if (event.target === drawer && event.clientX < drawer.getBoundingClientRect().left) leave();
});

// Registered before htmx's own handler, which would fetch the list anew and lose its scroll.
addEventListener("popstate", async (event) => {
  if (listAddress === null) return;
  event.stopImmediatePropagation();
  if (drawer.querySelector("dialog[open]")) drawer.querySelector("dialog[open]").close();
  hide();
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-asks-before-leaving]");
  if (form) form.dataset.dirty = "yes";
});
