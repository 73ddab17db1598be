// The page that is shown when nobody is there: the moon of today over a still sea.
import { html, useState, useEffect, useMemo } from "../web/html.js";
import { doc, settings, lost, drift, touched, send } from "./store.js";
import { Disc, today, seeded } from "./moon.js";
import { say, quote } from "./texts.js";

function Sea({ portrait, climb, moon }) {
  const light = useMemo(() => {
    const rnd = seeded(5);
    return Array.from({ length: 330 }, () => {
      const t = rnd() ** 1.7, y = 671 + t * 222, w = (14 + 130 * t) * (.2 + .8 * rnd() * rnd()), spread = 140 + 80 * t;
      const x = 1170 + (rnd() + rnd() - 1) * spread - w / 2;
      return html`<rect x=${x.toFixed(1)} y=${y.toFixed(1)} width=${w.toFixed(1)} height=${(1 + 2.2 * t).toFixed(2)} rx="1.6" fill="#f7e3b4" opacity=${((.8 - .5 * t) * (.2 + .8 * rnd())).toFixed(2)} />`;
    });
  }, []);
  return html`<svg class="sea" viewBox=${portrait ? "770 -480 800 1422" : "0 0 1600 900"} preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    <defs>
      <radialGradient id="glow"><stop offset=".4" stop-color="#fff4dd" stop-opacity=".13" /><stop offset=".6" stop-color="#cfdfee" stop-opacity=".05" /><stop offset="1" stop-color="#9fc0dd" stop-opacity="0" /></radialGradient>
      <linearGradient id="water" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#16212c" /><stop offset=".5" stop-color="#0c1219" /><stop offset="1" stop-color="#06080c" /></linearGradient>
      <radialGradient id="shine"><stop offset="0" stop-color="#f1d9a4" stop-opacity=".24" /><stop offset="1" stop-color="#f1d9a4" stop-opacity="0" /></radialGradient>
      <clipPath id="below"><rect x="-400" y="668" width="2400" height="600" /></clipPath>
    </defs>
    <g transform=${`translate(0 ${-climb})`}>
      <circle cx="1170" cy="420" r="620" fill="url(#glow)" />
      <svg x="870" y="120" width="600" height="600" viewBox="0 0 200 200"><${Disc} c=${100} r=${97} lit=${moon.lit} left=${moon.left} id="b" /></svg>
    </g>
    <rect x="-400" y="668" width="2400" height="600" fill="url(#water)" />
    <ellipse cx="1170" cy="668" rx="640" ry="190" fill="url(#shine)" clip-path="url(#below)" />
    ${light}
  </svg>`;
}

export function Idle() {
  const [portrait, setPortrait] = useState(() => innerHeight > innerWidth);
  const [hour, setHour] = useState(() => new Date().getHours());
  useEffect(() => {
    const resized = () => setPortrait(innerHeight > innerWidth);
    addEventListener("resize", resized);
    const timer = setInterval(() => setHour(new Date().getHours()), 60_000);
    return () => { removeEventListener("resize", resized); clearInterval(timer); };
  }, []);
  const page = doc.value.idle, s = settings.value;
  const wake = () => { if (touched(true)) send("wake"); };
  const ask = (key) => (e) => { e.stopPropagation(); if (touched(true)) send("press", key); };
  return html`<main class="idle" aria-label=${say(s, "welcome")} onClick=${wake}>
    <${Sea} portrait=${portrait} climb=${16 * (hour % 8)} moon=${useMemo(() => today(), [hour])} />
    <div class="words" style=${{ translate: drift.value }}>
    <h1>${page.title || s.title || say(s, "welcome")}</h1>
    <p class="hint">${lost.value ? say(s, "unreachable") : page.hint || say(s, "touch")}</p>
    <div class="asks">
      ${(page.asks ?? []).map((a) => html`<button key=${a.key} class="ask" disabled=${lost.value} onClick=${ask(a.key)}>${quote(s, a.text)}</button>`)}
      <button class="ask begin" onClick=${(e) => { e.stopPropagation(); wake(); }}>${say(s, "touch")}</button>
    </div></div>
  </main>`;
}
