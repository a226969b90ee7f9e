// What stands in double braces, by the very rule of commands/parameters.py; a test holds the two against each other.
const BRACES = /\{\{([^{}]*)\}\}/gu;
const NAME = /^[A-Za-z0-9_-]{1,64}$/u;
const BUILT_IN = /^(acs\s*::|oos(-secret)?\s*:)/iu;
// Python's white space, which is not quite this language's.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const EDGES = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "gu");

export const BRACES_OF_LINE = /\{\{([^{}\n]*)\}\}/g;

export const isBuiltIn = (inner) => BUILT_IN.test(inner.replace(EDGES, ""));

// "" where the braces hold no name of a parameter.
export function nameIn(inner) {
  const name = inner.replace(EDGES, "");
  return NAME.test(name) ? name : "";
}

// [{name, at}]: the parameters in the order of their first appearance, each as it is spelled there. Case says nothing.
export function parametersIn(content) {
  const found = new Map();
  for (const match of content.matchAll(BRACES)) {
    const name = nameIn(match[1]);
    if (name && !found.has(name.toLowerCase())) found.set(name.toLowerCase(), { name, at: match.index });
  }
  return [...found.values()];
}
