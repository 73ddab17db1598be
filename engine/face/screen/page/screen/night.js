// The page of the night: a dark clock, which a touch wakes as it does the idle page.
import { html } from "../web/html.js";
import { settings, now, drift, lost, touched, send } from "./store.js";
import { say, clock, day } from "./texts.js";

export function Night() {
  const s = settings.value, minute = Math.floor(now.value / 60_000) * 60_000;
  const wake = (e) => { e.stopPropagation(); if (touched(true)) send("wake"); };
  return html`<main class="night" aria-label=${say(s, "welcome")} onClick=${wake}>
    <div class="hours" style=${{ translate: drift.value }}><h1 class="num">${clock(s, minute)}</h1><p>${day(s, minute)}</p>${lost.value && html`<p role="status">${say(s, "unreachable")}</p>`}</div>
    <button class="ask begin" onClick=${wake}>${say(s, "touch")}</button>
  </main>`;
}
