// The voice band: the moon, and what is said.
import { html, useEffect, useState, useRef } from "../web/html.js";
import { doc, voice, lost, settings, scale } from "./store.js";
import { Moon } from "./moon.js";
import { say, clock } from "./texts.js";

const PACE = 14;  // characters a second, for a reply whose words have no times

// room returns how many characters the captions have room for, about two lines in landscape.
function room() {
  const full = innerHeight < innerWidth ? 110 : innerWidth < 600 ? 58 : 95;
  return full / Math.max(1, settings.value.scale * scale.value);
}

// parts cuts a text into parts that fit into the captions, at the ends of words.
export function parts(text, max = 110) {
  const list = [];
  let at = 0;
  while (text.length - at > max) {
    const sentence = Math.max(...[". ", "! ", "? ", "… "].map((end) => text.lastIndexOf(end, at + max)));
    const word = text.lastIndexOf(" ", at + max);
    const end = sentence > at + max * .55 ? sentence + 1 : word > at ? word : at + max;
    list.push([at, end]);
    at = end;
  }
  list.push([at, text.length]);
  return list;
}

// Reply shows the part of the reply that is being heard. The words that are to come are dim; those that will
// never come, because the user has interrupted, are struck out.
function Reply({ v }) {
  const text = (v.said ?? "") + (v.rest ?? ""), heard = (v.said ?? "").length;
  const [paced, setPaced] = useState(0);
  const began = useRef(0);
  const playing = v.phase === "speaking" && !v.rest;
  useEffect(() => {
    setPaced(0);
    began.current = performance.now();
  }, [v.turn]);
  useEffect(() => {
    if (!playing || text.length <= room()) return;
    const timer = setInterval(() => setPaced((performance.now() - began.current) / 1000 * PACE), 1000);
    return () => clearInterval(timer);
  }, [playing, v.turn, text.length > room()]);
  const all = parts(text, room());
  const at = v.rest ? heard : Math.min(paced, text.length);
  const [from, to] = all.find(([, end]) => at < end) ?? all.at(-1);
  const later = text.slice(Math.max(heard, from), to); // what has not been heard
  const more = all.length > 1 && to < text.length;
  return html`<p class="agent">${text.slice(from, Math.min(Math.max(heard, from), to))}${heard < to && (v.cut ? html`<del>${later}</del>` : html`<span class="rest">${later}</span>`)}${more && " …"}</p>`;
}

function Said() {
  const s = settings.value, v = voice.value;
  if (lost.value) {
    const at = clock(s, doc.value?.got ?? Date.now());
    return html`<p class="wait">${say(s, "unreachable")} ${doc.value?.blocks.length > 0 && say(s, "stale", { time: at })}</p>`;
  }
  const user = (s.captions === "both" || s.captions === "user") && v.user, agent = s.captions === "both" || s.captions === "agent";
  const reply = agent && (v.said || v.rest);
  if (v.phase === "hearing" && !reply) return html`<p class="wait mine"><i class="dots">…</i></p>`;
  if (v.phase === "thinking" || v.phase === "connecting") {
    return html`${user && html`<p class="user">${v.user}</p>`}<p class="wait">${v.tool || say(s, "thinking")}<i class="dots">…</i></p>`;
  }
  return html`${user && html`<p class=${reply ? "user" : "wait mine"}>${v.user}</p>`}${reply && html`<${Reply} v=${v} />`}`;
}

// Announcements has whole sentences for assistive technology, because the visible text changes with each word.
function Announcements() {
  const s = settings.value, v = voice.value;
  const [user, setUser] = useState(""), [agent, setAgent] = useState("");
  const complete = v.phase !== "speaking" && v.phase !== "thinking" && !v.rest;
  useEffect(() => { if (v.user && s.captions !== "none") setUser(say(s, "you", { text: v.user })); }, [v.user]);
  useEffect(() => { if (v.said && complete && s.captions !== "none") setAgent(say(s, "agent", { text: v.said })); }, [v.said, complete]);
  return html`<div class="sr" aria-live="polite"><p>${user}</p><p>${agent}</p></div>`;
}

const words = { listening: "listening", hearing: "hearing", thinking: "thinking", connecting: "thinking", speaking: "speaking" };

export function Voice() {
  const s = settings.value, v = voice.value;
  const state = lost.value ? "lost" : v.phase;
  const word = state === "lost" ? "offline" : words[state];
  return html`<footer class="voice" data-phase=${state}>
    <div class="moon"><${Moon} state=${state} /><div class="state" role="status">${word ? say(s, word) : ""}</div></div>
    <div class="said" aria-live="off"><${Said} /></div>
    <${Announcements} />
  </footer>`;
}
