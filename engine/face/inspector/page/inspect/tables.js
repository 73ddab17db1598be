// The tables of events and of contents. The server describes them: there is no code for a particular one.
import { html, useState, useEffect } from "../web/html.js";
import * as s from "./state.js";
import { safe, clock, Tree } from "./text.js";
import { get } from "./requests.js";
import { say } from "./texts.js";

const ACTIVITY = "activity";

// title returns the title of a tab: a module names its own.
export const title = (id) => s.snap.value?.tabs?.find((t) => t.id === id)?.title ?? say("tab_" + id);

// shownTables returns the tabs of the server. Those of modules are shown when a module has done something.
export function shownTables() {
  const active = s.snap.value?.activities ?? [];
  return (s.snap.value?.tabs ?? []).filter((t) => !t.types.includes(ACTIVITY) || active.includes(t.id) || s.rows.has(t.id));
}

const valueOf = (e, path) => path.split(".").reduce((v, k) => v?.[k], e);
const show = (v, unit) => v === undefined || v === null ? "" : unit === "s" ? s.ms(v) : safe(typeof v === "object" ? JSON.stringify(v) : v, 200);

// A Row can be opened, to see the whole event.
function Row({ e, columns, isOpen, toggle }) {
  if (e.type === ACTIVITY && !e.fields) return html`<tr><td class="num">${clock(Date.parse(e.time))}</td><td colspan=${columns.length}>${say("moreRows", { n: e.count, script: safe(e.script, 80) })}</td></tr>`;
  return html`<tr><td class="num"><button class="link" aria-expanded=${isOpen} onClick=${toggle}>${clock(Date.parse(e.time))}</button></td>
      ${columns.map((c) => html`<td class=${c.unit ? "r num" : ""}>${show(valueOf(e, c.field), c.unit)}</td>`)}</tr>
    ${isOpen && html`<tr><td colspan=${columns.length + 1}><pre><${Tree} value=${e.fields ?? e} /></pre></td></tr>`}`;
}

function Rows({ table }) {
  s.changed.value;
  const [open, setOpen] = useState(0);
  const list = (s.rows.get(table.id) ?? []).slice(-200).reverse();
  if (list.length === 0) return html`<p class="empty">${table.about ?? say("about_" + table.id)}</p>`;
  const used = table.columns.filter((c) => list.some(({ e }) => valueOf(e, c.field) !== undefined));
  const sums = used.some((c) => c.unit === "sum");
  return html`<div class="wide"><table><thead><tr><th>${say("column_time")}</th>${used.map((c) => html`<th class=${c.unit ? "r" : ""}>${c.title ?? say("column_" + c.name)}</th>`)}</tr></thead>
    <tbody>${list.map(({ id, e }) => html`<${Row} key=${id} e=${e} columns=${used} isOpen=${open === id} toggle=${() => setOpen(open === id ? 0 : id)} />`)}</tbody>
    ${sums && html`<tfoot><tr><th>${say("sum")}</th>${used.map((c) => html`<td class="r num">${c.unit === "sum" ? Number(list.reduce((n, { e }) => n + (valueOf(e, c.field) ?? 0), 0).toPrecision(6)) : ""}</td>`)}</tr></tfoot>`}</table></div>`;
}

// ask returns the answer of GET /contents.
const ask = (query) => get("contents?" + new URLSearchParams(query));

const name = (source) => source.name + " · " + source.script;

// Contents shows what a module keeps for the scripts, a page of a table at a time. Nothing can be changed.
function Contents({ tab }) {
  const [sources, setSources] = useState([]), [chosen, setChosen] = useState(""), [place, setPlace] = useState({ table: "", offset: 0 });
  const [page, setPage] = useState(null), [problem, setProblem] = useState(""), [turn, setTurn] = useState(0);
  const source = sources.find((x) => name(x) === chosen) ?? sources[0];
  useEffect(() => {
    let current = true;
    ask({}).then((b) => current && setSources(b.contents.filter((x) => x.tab === tab)), (e) => current && setProblem(e.message));
    return () => { current = false; };
  }, [tab, turn]);
  useEffect(() => {
    let current = true;
    if (!source) return;
    ask({ ...source, ...place }).then((b) => { if (current) { setPage(b); setProblem(""); } }, (e) => { if (current) { setPage(null); setProblem(e.message); } });
    return () => { current = false; };
  }, [source && name(source), place, turn]);
  if (!source) return problem ? html`<p class="empty bad" role="alert">${safe(problem)}</p>` : null;
  const at = place.offset, rows = page?.rows ?? [];
  const choose = (id) => { setChosen(id); setPlace({ table: "", offset: 0 }); setPage(null); };
  return html`<section class="block contents"><div class="acts">
      <select class="pick" aria-label=${say("whatToShow")} value=${name(source)} onChange=${(e) => choose(e.currentTarget.value)}>${sources.map((x) => html`<option value=${name(x)}>${safe(name(x), 100)}</option>`)}</select>
      ${page?.tables.length > 0 && html`<select class="pick" aria-label=${say("table")} value=${page.table} onChange=${(e) => setPlace({ table: e.currentTarget.value, offset: 0 })}>${page.tables.map((x) => html`<option value=${x}>${safe(x, 100)}</option>`)}</select>`}
      <button class="btn" onClick=${() => setTurn(turn + 1)}>${say("readAgain")}</button></div>
    ${problem && html`<p class="empty bad" role="alert">${safe(problem)}</p>`}
    ${page && rows.length === 0 && html`<p class="empty">${say("noRow")}</p>`}
    ${rows.length > 0 && html`<div class="wide"><table><thead><tr>${page.columns.map((c) => html`<th>${safe(c, 80)}</th>`)}</tr></thead>
      <tbody>${rows.map((row, i) => html`<tr key=${at + i}>${row.map((v) => html`<td class=${typeof v === "number" ? "r num" : ""}>${v === null ? html`<span class="k">nil</span>` : safe(v, 200)}</td>`)}</tr>`)}</tbody></table></div>`}
    ${(at > 0 || page?.more) && html`<div class="acts"><button class="btn" disabled=${at === 0} onClick=${() => setPlace({ table: page?.table ?? place.table, offset: Math.max(0, at - 100) })}>${say("previous")}</button>
      <span class="num">${say("fromTo", { from: at + 1, to: at + rows.length })}</span><button class="btn" disabled=${!page?.more} onClick=${() => setPlace({ table: page.table, offset: at + 100 })}>${say("next")}</button></div>`}</section>`;
}

// Table shows the tab of the server: its contents, if it has some, and its events.
export function Table({ table }) {
  return html`${table.contents && !s.snap.value?.replay && html`<${Contents} tab=${table.id} />`}<${Rows} table=${table} />`;
}
