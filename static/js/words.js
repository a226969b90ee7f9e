// The sentences of consoleapp/wording.py in the page's language: say("seconds_ago", {n: 18}).
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export function say(key, values = {}) {
  return (words[key] ?? key).replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}
