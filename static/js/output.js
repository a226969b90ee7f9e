// An output: wrapping, searching inside, ranges of lines. The text itself is never touched: matches are drawn by the
// browser's highlights, so that a live update finds what it left.
//   #L17, #L17-L21      the lines that are marked; a click on a number marks one, with shift the lines from the last one
import "./time_of_day.js";

const root = document.documentElement;
const KEY = "output-wrap";

const output = () => document.querySelector("pre#output");

// Wrapping is kept for the tab

function showWrap() {
  const isOff = sessionStorage.getItem(KEY) === "off";
  if (isOff) root.dataset.wrap = "off";
  else delete root.dataset.wrap;
  document.querySelectorAll("[data-wrap-button]").forEach((one) => one.setAttribute("aria-pressed", String(!isOff)));
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-wrap-button]")) return;
  sessionStorage.setItem(KEY, root.dataset.wrap === "off" ? "on" : "off");
  showWrap();
});

// Lines

const linesIn = (hash) => {
  const [, from, to] = /^#L(\d{1,6})(?:-L(\d{1,6}))?$/.exec(hash) ?? [];
  return from ? [Number(from), Number(to ?? from)].sort((a, b) => a - b) : null;
};

function showLines({ scroll = false } = {}) {
  document.querySelectorAll(".l.hit").forEach((line) => line.classList.remove("hit"));
  const range = linesIn(location.hash);
  if (!range) return;
  for (const line of output()?.querySelectorAll(".l") ?? []) {
    const number = Number(line.id.slice(1));
    line.classList.toggle("hit", number >= range[0] && number <= range[1]);
  }
  if (scroll) document.getElementById(`L${range[0]}`)?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".l > a");
  if (!link) return;
  event.preventDefault();
  const last = linesIn(location.hash)?.[0];
  const to = Number(link.dataset.n);
  const range = event.shiftKey && last ? [last, to].sort((a, b) => a - b) : [to];
  history.replaceState(history.state, "", `#${range.map((number) => `L${number}`).join("-")}`);
  showLines();
});
addEventListener("hashchange", () => showLines({ scroll: true }));

// Searching

let ranges = [];
let at = 0;

function textNodes(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}

// A match may lie across colours, so it is found in the whole text and then placed in the nodes.
function matches(element, wanted) {
  const nodes = textNodes(element);
  const starts = [];
  let text = "";
  for (const node of nodes) {
    starts.push(text.length);
    text += node.data;
  }
  const place = (position) => {
    let low = 0;
    for (let high = nodes.length - 1; low < high; ) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle] <= position) low = middle;
      else high = middle - 1;
    }
    return [nodes[low], position - starts[low]];
  };
  const found = [];
  const [hay, needle] = [text.toLowerCase(), wanted.toLowerCase()];
  if (hay.length !== text.length) return found; // a letter whose small form is longer: positions would lie
  for (let from = hay.indexOf(needle); from >= 0 && found.length < 2000; from = hay.indexOf(needle, from + needle.length)) {
    const range = new Range();
    range.setStart(...place(from));
    const [last, offset] = place(from + needle.length - 1);
    range.setEnd(last, offset + 1);
    found.push(range);
  }
  return found;
}

function showFound(scroll) {
  CSS.highlights?.set("found", new Highlight(...ranges));
  CSS.highlights?.set("found-here", new Highlight(...(ranges.length ? [ranges[at]] : [])));
  const box = document.querySelector("[data-find] input");
  for (const count of document.querySelectorAll("[data-find-count]"))
    count.textContent = box?.value ? `${ranges.length ? at + 1 : 0}/${ranges.length}` : "";
  if (scroll) ranges[at]?.startContainer.parentElement.scrollIntoView({ block: "nearest" });
}

function find({ scroll = true } = {}) {
  const wanted = document.querySelector("[data-find] input")?.value ?? "";
  ranges = wanted && output() ? matches(output(), wanted) : [];
  at = Math.min(at, Math.max(0, ranges.length - 1));
  showFound(scroll);
}

function step(by) {
  if (!ranges.length) return;
  at = (at + by + ranges.length) % ranges.length;
  showFound(true);
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-find] input")) return;
  at = 0;
  find();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[data-find] input")) return;
  event.preventDefault();
  step(event.shiftKey ? -1 : 1);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-find-step]");
  if (button) step(Number(button.dataset.findStep));
});
document.addEventListener(
  "toggle",
  (event) => event.target.matches?.("[data-find]") && event.target.open && event.target.querySelector("input").focus(),
  true, // toggle does not bubble
);

function refresh() {
  showWrap();
  showLines();
  find({ scroll: false });
}

addEventListener("htmx:afterSwap", refresh);
refresh();
showLines({ scroll: true });
