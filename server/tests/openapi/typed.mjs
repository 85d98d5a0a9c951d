// Writes the examples of the description as constants of the types that openapi-typescript makes of it, for the compiler to check.
//
//   node typed.mjs DOCUMENT > examples.ts

import { readFileSync } from "node:fs";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const out = ['import type { paths } from "./api";', ""];
const text = JSON.stringify;

function constant(name, type, value) {
  out.push(`export const ${name}: ${type} = ${text(value)};`);
}

let number = 0;
for (const [path, item] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    const place = `paths[${text(path)}][${text(method)}]`;
    for (const [kind, content] of Object.entries(operation.requestBody?.content ?? {})) {
      if (content.example === undefined) continue;
      constant(`${operation.operationId}_request_${number++}`, `NonNullable<${place}["requestBody"]>["content"][${text(kind)}]`, content.example);
    }
    for (const [status, response] of Object.entries(operation.responses)) {
      for (const [kind, content] of Object.entries(response.content ?? {})) {
        const type = `${place}["responses"][${status}]["content"][${text(kind)}]`;
        const values = content.example === undefined ? [] : [content.example];
        for (const name of Object.keys(content.examples ?? {})) values.push(document.components.examples[name].value);
        for (const value of values) constant(`${operation.operationId}_${status}_${number++}`, type, value);
      }
    }
  }
}
console.log(out.join("\n"));
