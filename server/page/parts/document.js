// What somebody drops on the verification page.

const decoder = new TextDecoder("utf-8", { fatal: true });

function parse(bytes) {
  try {
    const text = decoder.decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/**
 * A file as a bundle in JSON, a bundle in binary form, or an audit file.
 *
 * `bundleText` is a bundle's JSON as it is in the file, or null if its bytes are in `bundleBytes`.
 * @throws {TypeError} if it is none of them
 */
export function readDocument(name, bytes) {
  if (bytes.length === 0) throw new TypeError("The file is empty.");
  const json = parse(bytes);
  if (json === null) {
    if (bytes[0] === 0x7b) throw new TypeError("It begins like JSON but cannot be read as such. Was it cut off?");
    return { name, kind: "binary", bytes, bundleBytes: bytes, bundleText: null, claims: null };
  }
  const { text, value } = json;
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new TypeError("A bundle is a JSON object; this is something else.");
  }
  if (value.format === "hallmark-proof") return { name, kind: "json", bytes, bundleText: text, claims: value };
  if (value.format === "hallmark-audit") return audit(name, bytes, value);
  throw new TypeError("It is JSON, but neither a bundle (\"format\": \"hallmark-proof\") nor an audit file.");
}

function audit(name, bytes, value) {
  return { name, kind: "audit", bytes, audit: value, bundleText: JSON.stringify(value.bundle), claims: value.bundle };
}
