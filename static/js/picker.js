// The pickers of the execute panel: searching while one types, tokens as a view of the text, suggestions, choosing rows.
//   [data-tokens=kind]   around a search box; each token carries its words in a hidden field of the box's name
//   [data-look]          a select beside it
//   [data-page=kind]     the box that stands for all rows of the page
//   [data-selections]    menu of the saved selections, fetched when it opens; [data-uses] searches for one of them
import { load } from "./load.js";
import { place } from "./menus.js";

const PAUSE = 300; // ms without a key before a search
const WORDS = /(?:[^\s"“”＂]|["“”＂][^"“”＂]*["“”＂]?)+/g;
const MOST_RECENT = 5;

export function bind(form) {
  for (const section of form.querySelectorAll("[data-picker]")) bindSection(form, section);
  // The second picker appears when it is unfolded.
  form.addEventListener("htmx:load", (event) => {
    const section = event.target.closest("[data-picker]");
    if (section) bindSection(form, section);
  });
  form.addEventListener("change", (event) => onTick(form, event));
  form.addEventListener("click", (event) => rememberShift(event));
  // What a quick person has ticked before this was loaded.
  for (const box of form.querySelectorAll("table.picker tbody input[type=checkbox]"))
    if (box.checked !== box.defaultChecked) onTick(form, { target: box });
}

const bound = new WeakSet();

function bindSection(form, section) {
  const box = section.querySelector("[data-tokens]");
  if (!box || bound.has(box)) return;
  bound.add(box);
  const search = new Search(form, box);
  section.addEventListener("change", (event) => event.target.matches("[data-look]") && search.look());
  section.addEventListener("click", (event) => event.target.closest("[data-clears]") && search.clear());
  section.addEventListener("click", (event) => {
    const used = event.target.closest("[data-uses]");
    if (used) search.use(used.dataset.uses);
  });
  section.querySelector("[data-selections]").addEventListener("toggle", (event) => offerSelections(event));
  // Some were started, or got an agent.
  document.body.addEventListener("instances-changed", () => box.isConnected && search.look());
}

async function offerSelections({ newState, target: menu }) {
  if (newState !== "open") return;
  await load(menu.dataset.selections, menu);
  place(menu, document.querySelector(`[popovertarget="${menu.id}"]`));
}

class Search {
  constructor(form, box) {
    this.form = form;
    this.box = box;
    this.input = box.querySelector("input[type=text]");
    this.source = box.querySelector("[hx-get]");
    this.timer = 0;
    this.asked = 0; // suggestions so far; an answer counts only while it is the last one
    this.list = this.makeList();
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", this.list.id);
    this.tokenize();
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("focus", () => this.suggest());
    this.input.addEventListener("blur", () => this.hide());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    box.addEventListener("click", (event) => this.onClick(event));
  }

  makeList() {
    const list = document.createElement("ul");
    list.id = `suggestions-${this.box.dataset.tokens}`;
    list.className = "suggestions";
    list.role = "listbox";
    list.hidden = true;
    list.setAttribute("aria-label", this.input.getAttribute("aria-label"));
    list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the box keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
    this.box.append(list);
    return list;
  }

  // Searching

  look() {
    clearTimeout(this.timer);
    whenChosen(() => htmx.trigger(this.source, "look"));
  }

  onInput() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), PAUSE);
    this.suggest();
  }

  tokenize() {
    for (const word of this.input.value.match(WORDS) ?? []) this.addToken(word);
    this.input.value = "";
  }

  addToken(word) {
    const token = document.createElement("span");
    token.className = "tok";
    token.append(word, this.hiddenField(word), this.removeButton(word));
    this.box.insertBefore(token, this.input);
  }

  hiddenField(word) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: this.input.name, value: word, className: this.input.className });
    return field;
  }

  removeButton(word) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "x";
    button.setAttribute("aria-label", this.box.dataset.remove.replace("{token}", word));
    button.innerHTML = this.box.querySelector("template").innerHTML;
    return button;
  }

  onClick(event) {
    const remove = event.target.closest(".tok .x");
    if (!remove) return event.target === this.box && this.input.focus();
    remove.closest(".tok").remove();
    this.input.focus();
    this.look();
  }

  clear() {
    for (const token of this.box.querySelectorAll(".tok")) token.remove();
    for (const select of this.box.closest("[data-picker]").querySelectorAll("[data-look]")) select.value = "";
    this.input.value = "";
    this.input.focus();
  }

  // A saved selection, in place of what was searched for. It ticks nothing.
  use(word) {
    this.clear();
    this.input.value = word;
    this.enter();
  }

  onKey(event) {
    if (event.isComposing) return;
    const options = [...this.list.querySelectorAll("[role=option]")];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.move(options, at, event.key === "ArrowDown" ? 1 : -1);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) this.take(options[at]);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) this.enter();
    else if (event.key === "Escape" && !this.list.hidden) this.hide();
    else if (event.key === "Backspace" && !this.input.value) return this.removeLast();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  enter() {
    this.remember(this.text());
    this.tokenize();
    this.hide();
    this.look();
  }

  removeLast() {
    const last = [...this.box.querySelectorAll(".tok")].at(-1);
    if (!last) return;
    last.remove();
    this.look();
  }

  text() {
    return [...this.box.querySelectorAll("input")].map((field) => field.value).join(" ").trim();
  }

  // Suggestions

  async suggest() {
    const mine = ++this.asked;
    const text = this.input.value;
    const word = /\s$/.test(text) ? "" : (text.match(WORDS)?.at(-1) ?? "");
    const answer = await fetch(`${this.source.dataset.suggestions}?word=${encodeURIComponent(word)}`, {
      headers: { "HX-Request": "true" },
    }).catch(() => null);
    const options = answer?.ok ? await answer.text() : "";
    if (mine !== this.asked) return;
    this.list.innerHTML = options + (text || this.box.querySelector(".tok") ? "" : this.recentOptions());
    const isEmpty = !this.list.querySelector("[role=option]");
    this.list.hidden = isEmpty;
    this.input.setAttribute("aria-expanded", String(!isEmpty));
  }

  hide() {
    this.asked += 1;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  move(options, at, step) {
    if (!options.length) return this.suggest();
    const to = (at + step + options.length) % options.length;
    options.forEach((option, n) => option.setAttribute("aria-selected", String(n === to)));
    options[to].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[to].id);
  }

  // A key waits for its value; a value is a whole word, and searched for.
  take(option) {
    const { text } = option.dataset;
    if ("recent" in option.dataset) this.input.value = text;
    else this.input.value = this.input.value.replace(/(?:[^\s"]|"[^"]*"?)*$/, text);
    if ("whole" in option.dataset) return this.enter();
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  get recentKey() {
    const region = location.pathname.split("/r/").at(-1).split("/")[0];
    return `searches:${region}:${this.box.dataset.tokens}`;
  }

  recent() {
    return JSON.parse(localStorage.getItem(this.recentKey) ?? "[]");
  }

  remember(text) {
    if (!text) return;
    const others = this.recent().filter((other) => other !== text);
    localStorage.setItem(this.recentKey, JSON.stringify([text, ...others].slice(0, MOST_RECENT)));
  }

  recentOptions() {
    const holder = document.createElement("ul");
    this.recent().forEach((text, n) => {
      const option = document.createElement("li");
      Object.assign(option, { role: "option", id: `recent-${this.box.dataset.tokens}-${n}`, textContent: text });
      option.className = "mono";
      option.setAttribute("aria-selected", "false");
      Object.assign(option.dataset, { text, recent: "", whole: "" });
      holder.append(option);
    });
    return holder.innerHTML;
  }
}

// Choosing rows

let isShift = false;
let lastBox = null;

function rememberShift(event) {
  if (event.target.matches("tbody input[type=checkbox]")) isShift = event.shiftKey;
}

const boxesOf = (table) => [...table.querySelectorAll("tbody input[type=checkbox]:not(:disabled)")];

function onTick(form, event) {
  const box = event.target;
  const table = box.closest("table.picker");
  if (!table) return;
  const boxes = boxesOf(table);
  const changed = "page" in box.dataset ? boxes : range(boxes, box);
  for (const other of changed) {
    other.checked = box.checked;
    other.closest("tr").classList.toggle("sel", box.checked);
  }
  lastBox = box;
  isShift = false;
  table.querySelector("[data-page]").checked = boxes.every((one) => one.checked);
  choose(form, box.checked ? "add" : "remove", changed.map((one) => one.value));
}

// With Shift, everything from the box before to this one.
function range(boxes, box) {
  const from = boxes.indexOf(lastBox);
  const to = boxes.indexOf(box);
  if (!isShift || from < 0) return [box];
  return boxes.slice(Math.min(from, to), Math.max(from, to) + 1);
}

// One after the other, so that the last tick counts.
let pending = 0;
let waiting = null;

function choose(form, op, ids) {
  pending += 1;
  const source = form.querySelector("#choosing");
  htmx.ajax("POST", source.dataset.path, { source, target: source, swap: "parts", values: { op, ids: ids.join(",") } });
}

function whenChosen(task) {
  if (pending) waiting = task;
  else task();
}

addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.id !== "choosing") return;
  pending -= 1;
  if (pending || !waiting) return;
  waiting();
  waiting = null;
});
