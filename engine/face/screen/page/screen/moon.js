// The moon, whose shape shows what the conversation is doing.
import { html, useRef, useSignalEffect } from "../web/html.js";
import { level } from "./store.js";

// maria are the dark plains of the moon, as ellipses: x and y of the centre, the two radii, and the opacity, with the radius
// of the moon as unit.
const maria = [[-.28, -.36, .40, .32, .9], [.16, -.34, .30, .24, .8], [.38, -.12, .30, .30, .8], [-.52, .02, .34, .50, .75],
  [.02, -.06, .34, .22, .55], [-.20, .34, .36, .28, .65], [.46, .22, .18, .20, .6], [.70, -.30, .11, .09, .7]];

// litPath returns the path of the lit part of a moon. lit goes from 0 to 1; left says on which side it is.
export function litPath(c, r, lit, left) {
  const k = 1 - 2 * lit, s = left ? 0 : 1;
  return `M${c} ${c - r}A${r} ${r} 0 0 ${s} ${c} ${c + r}A${Math.abs(k) * r} ${r} 0 0 ${k > 0 ? 1 - s : s} ${c} ${c - r}Z`;
}

// today returns how much of the real moon is lit, and whether it wanes (its left side is lit, in the north).
export function today(time = Date.now()) {
  const days = time / 86_400_000 - 10962.7590; // since the new moon of 2000-01-06 18:14 UTC
  const age = ((days / 29.530588853) % 1 + 1) % 1;
  return { lit: (1 - Math.cos(2 * Math.PI * age)) / 2, left: age > 0.5 };
}

export function Disc({ c, r, lit, left = false, id }) {
  const spots = maria.map(([x, y, a, b, o]) => html`<ellipse cx=${c + x * r} cy=${c + y * r} rx=${a * r} ry=${b * r} fill=${`url(#m${id})`} opacity=${o} />`);
  return html`<defs>
      <radialGradient id=${"d" + id} cx=".42" cy=".38" r=".72"><stop offset="0" stop-color="#fffaf0" /><stop offset=".55" stop-color="#f4e6c4" /><stop offset="1" stop-color="#dcc190" /></radialGradient>
      <radialGradient id=${"m" + id}><stop offset="0" stop-color="#a88d5e" stop-opacity=".42" /><stop offset=".45" stop-color="#a88d5e" stop-opacity=".3" /><stop offset="1" stop-color="#a88d5e" stop-opacity="0" /></radialGradient>
      <filter id=${"f" + id} x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation=${r * .035} /></filter>
      <clipPath id=${"c" + id}><circle cx=${c} cy=${c} r=${r} /></clipPath>
    </defs>
    <g clip-path=${`url(#c${id})`}>
      <circle cx=${c} cy=${c} r=${r} fill=${`url(#d${id})`} />${spots}
      ${lit < .98 && html`<path d=${litPath(c, r * 1.05, 1 - lit, !left)} fill="#161d26" filter=${`url(#f${id})`} />`}
    </g>`;
}

// litByState has how much of the moon is lit in each state.
const litByState = { speaking: 1, listening: .12, hearing: .12, thinking: .5, lost: .04, connecting: .3, waiting: .82, ended: .82 };
const ticks = Array.from({ length: 72 }, (_, i) => i / 72 * 2 * Math.PI);

// Moon is the moon of the voice band. state is the phase, or "lost".
export function Moon({ state }) {
  const ring = useRef(null), halo = useRef(null);
  useSignalEffect(() => {
    const { mic, speaker } = level.value;
    const loud = (db) => Math.max(0, Math.min(1, (db + 54) / 48));
    ring.current?.querySelectorAll("line").forEach((line, i) => {
      const a = ticks[i], n = 3 + 15 * loud(mic) * (.35 + .65 * Math.abs(Math.sin(a * 1.5 + i % 5)));
      line.setAttribute("x2", 100 + (84 + n) * Math.cos(a));
      line.setAttribute("y2", 100 + (84 + n) * Math.sin(a));
    });
    if (halo.current) halo.current.style.transform = `scale(${1 + .12 * loud(speaker)})`;
  });
  return html`<svg class="disc" viewBox="0 0 200 200" aria-hidden="true">
    ${state === "speaking" && html`<defs><radialGradient id="h"><stop offset=".48" stop-color="#f1d08a" stop-opacity=".3" /><stop offset=".72" stop-color="#f1d08a" stop-opacity=".09" /><stop offset="1" stop-color="#f1d08a" stop-opacity="0" /></radialGradient></defs>
      <circle ref=${halo} class="halo" cx="100" cy="100" r="150" fill="url(#h)" />`}
    <${Disc} c=${100} r=${74} lit=${litByState[state] ?? .82} id="a" />
    ${(state === "listening" || state === "hearing") && html`<g ref=${ring} class="ring">${ticks.map((a) => html`<line
      x1=${100 + 84 * Math.cos(a)} y1=${100 + 84 * Math.sin(a)} x2=${100 + 87 * Math.cos(a)} y2=${100 + 87 * Math.sin(a)} />`)}</g>`}
    ${(state === "thinking" || state === "connecting") && html`<circle class="arc" cx="100" cy="100" r="88" transform="rotate(-60 100 100)" />`}
    ${state === "lost" && html`<circle class="dotted" cx="100" cy="100" r="88" />`}
  </svg>`;
}

// seeded returns a generator of numbers from 0 to 1, which are the same at each start.
export function seeded(seed) {
  return () => (seed = (seed * 16807) % 2147483647) / 2147483647;
}

export function Stars() {
  const rnd = seeded(11);
  return html`<svg class="stars" viewBox="0 0 1600 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true">${Array.from({ length: 90 }, () => {
    const y = rnd() ** 1.5 * 620;
    return html`<circle cx=${(rnd() * 1600).toFixed(0)} cy=${y.toFixed(0)} r=${(.5 + rnd() * .8).toFixed(2)} fill="#fff" opacity=${((.08 + .4 * rnd()) * (1 - y / 760)).toFixed(2)} />`;
  })}</svg>`;
}
