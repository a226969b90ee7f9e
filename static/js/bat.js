// How a Bat script is coloured; CodeMirror has no mode of its own for it.
const KEYWORDS = /^(call|cd|chdir|cls|copy|del|do|echo|else|endlocal|equ|erase|errorlevel|exist|exit|for|geq|goto|gtr|if|in|leq|lss|md|mkdir|move|neq|net|not|pause|popd|pushd|rd|ren|rmdir|sc|set|setlocal|shift|start|taskkill|timeout|title|type)$/i;

export const bat = {
  name: "bat",
  startState: () => ({}),
  token(stream) {
    if (stream.sol() && stream.match(/^\s*@?(rem\b|::)/i)) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.sol() && stream.match(/^\s*:[\w.-]+/)) return "def";
    if (stream.match(/^"[^"]*"?/)) return "string";
    if (stream.match(/^(%[^%\s]+%|%~?\w|%%~?\w+|![^!\s]+!)/)) return "variableName";
    if (stream.match(/^\d+\b/)) return "number";
    const word = stream.match(/^[A-Za-z_]\w*/);
    if (word) return KEYWORDS.test(word[0]) ? "keyword" : null;
    stream.next();
    return null;
  },
};
