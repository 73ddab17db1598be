// The blocks of the document as elements. Everything that comes from scripts becomes text, never HTML.
import { html, useEffect, useState } from "../web/html.js";
import { settings, lost, touched, send } from "./store.js";
import { Chart } from "./chart.js";

const press = (key) => () => { if (touched(true)) send("press", key); };
const picture = (hash) => "screen/image?h=" + encodeURIComponent(hash);

export function Key({ button }) {
  return html`<button class=${button.primary ? "key first" : "key"} disabled=${lost.value || button.old} onClick=${press(button.key)}>${button.text}</button>`;
}

function Timer({ block }) {
  const left = () => Math.max(0, Math.ceil(block.until - Date.now() / 1000));
  const [seconds, set] = useState(left);
  useEffect(() => {
    set(left());
    const timer = setInterval(() => set(left()), 1000);
    return () => clearInterval(timer);
  }, [block.until]);
  const pad = (n) => String(n).padStart(2, "0");
  const h = Math.floor(seconds / 3600), m = Math.floor(seconds / 60) % 60, s = seconds % 60;
  return html`<div class="timer" role="timer"><b class="num">${h ? h + ":" + pad(m) : m}:${pad(s)}</b>${block.text && html`<span>${block.text}</span>`}</div>`;
}

function Card({ item }) {
  const inside = html`${item.image && html`<img src=${picture(item.image)} alt=${item.alt} />`}<b>${item.text}</b>${item.detail && html`<span>${item.detail}</span>`}`;
  return html`<li>${item.key
    ? html`<button class="tile" disabled=${lost.value || item.old} onClick=${press(item.key)}>${inside}</button>`
    : html`<div class="tile">${inside}</div>`}</li>`;
}

const kinds = {
  text: ({ block }) => block.style === "title" ? html`<h2 class="title">${block.text}</h2>` : html`<p class=${block.style}>${block.text}</p>`,
  big: ({ block }) => html`<p class=${"big" + (block.text.length > 8 ? " long" : "")}>${block.text}${block.badge && html`<em>${block.badge}</em>`}</p>`,
  list: ({ block }) => html`${block.title && html`<h2 class="head">${block.title}</h2>`}<ul class=${block.items.length > 4 ? "list rows" : "list"}>${block.items.map((item) =>
    html`<li><b>${item.text}</b>${item.detail && html`<span>${item.detail}</span>`}</li>`)}</ul>`,
  cards: ({ block }) => html`${block.title && html`<h2 class="head">${block.title}</h2>`}<ul class="cards">${block.items.map((item) => html`<${Card} item=${item} />`)}</ul>`,
  image: ({ block }) => html`<figure class="image"><img src=${picture(block.image)} alt=${block.alt} />${block.caption && html`<figcaption>${block.caption}</figcaption>`}</figure>`,
  chart: ({ block }) => html`<${Chart} chart=${block.chart} title=${block.title} alt=${block.alt} settings=${settings.value} />`,
  qr: ({ block }) => html`<section class="take"><svg class="qr" viewBox=${`0 0 ${block.code.size} ${block.code.size}`} role="img" aria-label=${"QR: " + block.alt} shape-rendering="crispEdges">
      <path d=${block.code.path} fill="#0a0d12" /></svg>${block.caption && html`<p>${block.caption}${block.detail && html`<span>${block.detail}</span>`}</p>`}</section>`,
  buttons: ({ block }) => html`<div class="keys inline">${block.buttons.map((b) => html`<${Key} key=${b.key} button=${b} />`)}</div>`,
  progress: ({ block }) => html`<div class="progress"><progress max="1" value=${block.value ?? 0} aria-label=${block.text || "…"}></progress>${block.text && html`<span>${block.text}</span>`}</div>`,
  timer: Timer,
  space: ({ block }) => html`<div class="space" style=${{ height: `calc(${block.value ?? 0} * var(--u))` }}></div>`,
  columns: ({ block }) => html`<div class="columns">${block.columns.map((column) => html`<div class="column"><${Blocks} blocks=${column} /></div>`)}</div>`,
};

// Blocks shows blocks. Blocks of the kinds text and big that follow each other stand close together.
export function Blocks({ blocks }) {
  const groups = [];
  for (const block of blocks) {
    const close = block.kind === "text" || block.kind === "big";
    const last = groups.at(-1);
    if (close && last?.close) last.blocks.push(block);
    else groups.push({ close, blocks: [block] });
  }
  return groups.map(({ close, blocks }, i) => html`<div key=${i} class=${close ? "group" : "group is-" + blocks[0].kind}>${blocks.map((block, j) => html`<${kinds[block.kind]} key=${block.id ?? j} block=${block} />`)}</div>`);
}

// rightKinds are the kinds of blocks that stand on the right.
const rightKinds = ["chart", "image", "qr"];

// split divides the blocks into those on the left, those on the right, and the buttons at the bottom.
export function split(blocks) {
  const keys = blocks.filter((b) => b.kind === "buttons").flatMap((b) => b.buttons);
  const rest = blocks.filter((b) => b.kind !== "buttons");
  if (rest.some((b) => b.kind === "columns") || !rest.some((b) => !rightKinds.includes(b.kind))) return { left: rest, right: [], keys };
  return { left: rest.filter((b) => !rightKinds.includes(b.kind)), right: rest.filter((b) => rightKinds.includes(b.kind)), keys };
}
