// Text as part of a program. Names come from strangers' models; each language has one way to write a text as a constant, and
// all results are printable ASCII, so that nothing is hidden from who reads them and a terminal has nothing to act on.

function isPlain(character) {
  return character >= " " && character <= "~";
}

function hex(number, digits) {
  return number.toString(16).padStart(digits, "0");
}

/** A JSON string. */
export function json(text) {
  return JSON.stringify(String(text)).replaceAll(/[^ -~]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
}

/** A Python string. */
export function python(text) {
  const escaped = Array.from(String(text), (character) => {
    if (character === "\\" || character === "\"") return `\\${character}`;
    if (isPlain(character)) return character;
    const point = character.codePointAt(0);
    if (point < 0x100) return `\\x${hex(point, 2)}`;
    return point < 0x10000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`;
  });
  return `"${escaped.join("")}"`;
}

/**
 * One word of a POSIX shell, in which nothing is expanded.
 * @throws {RangeError} if the text is not printable ASCII, as JSON from {@link json} and addresses are
 */
export function shell(text) {
  const word = String(text);
  if (!Array.from(word).every(isPlain)) throw new RangeError("a shell's word has to be printable ASCII here");
  return `'${word.replaceAll("'", "'\\''")}'`;
}
