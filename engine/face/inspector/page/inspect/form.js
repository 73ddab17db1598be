// A form for the arguments of a tool, made from its JSON Schema. An optional field that is left empty is
// left out. A schema for which there is no kind of field gets a field for JSON.
import { html, useState } from "../web/html.js";
import { safe } from "./text.js";
import { say } from "./texts.js";

const MAX_DEPTH = 3;

// kindOf returns the kind of field for a schema.
function kindOf(schema, depth) {
  if (Array.isArray(schema.enum)) return "choice";
  switch (schema.type) {
    case "boolean": return "boolean";
    case "number": case "integer": return "number";
    case "string": return (schema.maxLength ?? 0) > 200 ? "long" : "string";
    case "object": return schema.properties && Object.keys(schema.properties).length > 0 && depth < MAX_DEPTH ? "object" : "json";
  }
  return "json";
}

// A FieldError names the field in which there is a mistake.
export class FieldError extends Error {
  constructor(path, text) { super(path + ": " + text); this.path = path; }
}

// valueOf returns the value that the texts of a form describe, and undefined for one that is left out.
// texts has the text of each field, by its path.
export function valueOf(schema, texts, path = "", required = true, depth = 0) {
  const text = texts[path] ?? "";
  const empty = text.trim() === "";
  switch (kindOf(schema, depth)) {
    case "object": {
      if (!required && !Object.entries(texts).some(([p, text]) => p.startsWith(path + ".") && text !== "")) return undefined;
      const value = {};
      for (const [name, inner] of Object.entries(schema.properties)) {
        const needed = (schema.required ?? []).includes(name);
        const v = valueOf(inner, texts, path ? path + "." + name : name, needed, depth + 1);
        if (v !== undefined) value[name] = v;
      }
      return value;
    }
    case "choice":
      return text === "" ? undefined : schema.enum[Number(text)];
    case "boolean":
      return text === "" ? undefined : text === "true";
    case "number": {
      if (empty) return undefined;
      const n = Number(text);
      if (!Number.isFinite(n)) throw new FieldError(path, say("wantNumber"));
      if (schema.type === "integer" && !Number.isInteger(n)) throw new FieldError(path, say("wantWhole"));
      return n;
    }
    case "json":
      if (empty) return undefined;
      try { return JSON.parse(text); } catch (e) { throw new FieldError(path || say("argumentsLabel"), say("wantJSON", { error: e.message })); }
  }
  if (text === "" && !required) return undefined;
  return text;
}

// textsOf returns the texts of a form for a value: the opposite of valueOf.
export function textsOf(schema, value, path = "", depth = 0, texts = {}) {
  const kind = kindOf(schema, depth);
  if (value === undefined || value === null) return texts;
  if (kind === "object") {
    for (const [name, inner] of Object.entries(schema.properties)) textsOf(inner, value[name], path ? path + "." + name : name, depth + 1, texts);
  } else if (kind === "choice") {
    const i = schema.enum.indexOf(value);
    if (i >= 0) texts[path] = String(i);
  } else texts[path] = kind === "json" ? JSON.stringify(value) : String(value);
  return texts;
}

// schemaOf returns the schema of a tool's arguments. A tool without one takes anything.
export const schemaOf = (tool) => tool?.parameters ?? {};

function Field({ name, path, schema, required, texts, set, depth }) {
  const kind = kindOf(schema, depth);
  const id = "f-" + path;
  if (kind === "object") {
    return html`<fieldset class="group"><legend>${safe(name, 80)}</legend><${Fields} schema=${schema} path=${path} texts=${texts} set=${set} depth=${depth} /></fieldset>`;
  }
  const value = texts[path] ?? "";
  const common = { id, value, "aria-required": required ? "true" : undefined, onInput: (e) => set(path, e.currentTarget.value),
    "aria-describedby": schema.description ? id + "-d" : undefined };
  const hint = schema.default !== undefined ? JSON.stringify(schema.default) : schema.format ?? "";
  let field;
  if (kind === "choice") {
    field = html`<select ...${common}>${(!required || value === "") && html`<option value="">${say(required ? "choose" : "leaveOut")}</option>`}${schema.enum.map((v, i) => html`<option value=${String(i)}>${safe(v, 200)}</option>`)}</select>`;
  } else if (kind === "boolean") {
    field = html`<select ...${common}>${(!required || value === "") && html`<option value="">${say(required ? "choose" : "leaveOut")}</option>`}<option value="true">true</option><option value="false">false</option></select>`;
  } else if (kind === "number") {
    field = html`<input ...${common} type="text" inputmode="decimal" placeholder=${hint} autocomplete="off" />`;
  } else if (kind === "json" || kind === "long") {
    field = html`<textarea ...${common} rows="3" spellcheck="false" placeholder=${kind === "json" ? (schema.type === "array" ? "[ ]" : "JSON") : hint}></textarea>`;
  } else {
    field = html`<input ...${common} type="text" placeholder=${hint} autocomplete="off" />`;
  }
  return html`<div class="f"><label for=${id} data-k=${say(required ? "required" : "optional")}>${safe(name, 80)}</label>${field}
    ${schema.description && html`<p class="about" id=${id + "-d"}>${safe(schema.description, 400)}</p>`}</div>`;
}

function Fields({ schema, path, texts, set, depth }) {
  return Object.entries(schema.properties).map(([name, inner]) => html`<${Field} key=${name} name=${name} path=${path ? path + "." + name : name}
    schema=${inner} required=${(schema.required ?? []).includes(name)} texts=${texts} set=${set} depth=${depth + 1} />`);
}

// Form shows the fields of a tool. texts and set are the texts of its fields and the function that
// changes one.
export function Form({ tool, texts, set }) {
  const schema = schemaOf(tool);
  if (kindOf(schema, 0) === "object") return html`<${Fields} schema=${schema} path="" texts=${texts} set=${set} depth=${0} />`;
  if (schema.type === "object") return html`<p class="empty">${say("noParameters")}</p>`;
  return html`<${Field} name=${say("argumentsLabel")} path="" schema=${{ description: say("anyArguments") }} required=${false} texts=${texts} set=${set} depth=${0} />`;
}

// useForm keeps the texts of the form of each tool while the page is open.
const kept = new Map();
export function useForm(tool) {
  const [, again] = useState(0);
  const name = tool?.name ?? "";
  if (!kept.has(name)) kept.set(name, {});
  return {
    texts: kept.get(name),
    set(path, text) { kept.get(name)[path] = text; again((n) => n + 1); },
    fill(value) { kept.set(name, textsOf(schemaOf(tool), value)); again((n) => n + 1); },
    value() {
      const value = valueOf(schemaOf(tool), kept.get(name));
      return value === undefined ? {} : value;
    },
  };
}
