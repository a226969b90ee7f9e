// The drawer. <a href="…" data-drawer>: fetches the address as a fragment into #drawer and makes it the page's address;
// Back, Esc and the close button return to the list as it was. The fragment is
//   <form class="sheet" data-title="…" …><header><h1 id="drawer-title" tabindex="-1">…</h1> … <button data-close></header>
//   <div class="body">…</div><footer>…</footer></form>
// and the same markup is the full page. Inside a drawer addresses are replaced (hx-replace-url), never pushed.
// A form in it with [data-asks-before-leaving] asks before what was typed is left.
import { confirm, open } from "./dialogs.js";
import { load } from "./load.js";

const drawer = document.getElementById("drawer");
const content = document.getElementById("drawer-content");
const page = { path: location.pathname, title: document.title }; // what this document was loaded as
let isOpen = false;
let asked = 0; // which drawer was asked for last; closing asks for none

async function show(address, opener) {
  const mine = ++asked;
  if (!(await load(address, content, () => open(drawer, opener)))) return false; // signed out
  if (mine !== asked) return false; // closed meanwhile
  isOpen = true;
  const title = content.querySelector("[data-title]")?.dataset.title;
  const mark = page.title.startsWith("[sim] ") ? "[sim] " : "";
  if (title) document.title = mark + title.replace(mark, "");
  open(drawer, opener);
  return true;
}

function hide() {
  isOpen = false;
  asked += 1;
  document.title = page.title;
  drawer.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  drawer.close();
  content.replaceChildren();
}

function isDirty(root) {
  return [...root.querySelectorAll("form[data-asks-before-leaving]")].some((form) => form.dataset.dirty === "yes");
}

async function leave() {
  if (!isOpen) return hide(); // it was still being fetched
  if (isDirty(content) && (await confirm(document.getElementById("leave"))) !== "leave") return;
  history.back(); // popstate hides
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-drawer]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  if (await show(link.href, link)) history.pushState({ drawer: true }, "", link.href);
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
addEventListener("popstate", (event) => {
  const isElsewhere = location.pathname !== page.path;
  if (isOpen) hide();
  else if (event.state?.drawer && isElsewhere)
    show(location.href, null); // forward again
  else if (isElsewhere)
    location.reload(); // back from a drawer's address that was reloaded as a page
  else return;
  event.stopImmediatePropagation();
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-asks-before-leaving]");
  if (form) form.dataset.dirty = "yes";
});
