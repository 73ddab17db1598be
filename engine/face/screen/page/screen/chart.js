// Charts of bars and lines, as SVG. A chart is one picture for assistive technology, with the script's alt; its
// values are in a table that only they read.
import { html } from "../web/html.js";
import { number as format } from "./texts.js";

const W = 620, H = 240, BASE = 206, TOP = 26;

// bounds returns the smallest and the largest value of the axis, which includes 0.
function bounds(values) {
  const low = Math.min(0, ...values), high = Math.max(0, ...values);
  return high === low ? [0, 1] : [low, high];
}

export function Chart({ chart, title, alt, settings }) {
  const { x, y, unit = "", kind } = chart;
  const [low, high] = bounds(y);
  const Y = (v) => BASE - (v - low) / (high - low) * (BASE - TOP);
  const step = W / x.length, X = (i) => (i + .5) * step;
  const number = (v) => format(settings, v) + (unit && (unit === "%" ? " %" : " " + unit));
  const highest = y.indexOf(Math.max(...y));
  const every = Math.ceil(x.length / 8); // names have room for eight
  const bars = kind === "bars";
  return html`<section class="card">
    ${title && html`<h2>${title}</h2>`}
    <div class="chart" role="img" aria-label=${alt}>
      <svg viewBox=${`0 0 ${W} ${H}`} preserveAspectRatio="none" aria-hidden="true">
        ${bars ? y.map((v, i) => html`<rect class=${i === highest ? "column-bar highest" : "column-bar"} x=${X(i) - step * .3} width=${step * .6}
            y=${Math.min(Y(v), Y(0))} height=${Math.max(Math.abs(Y(v) - Y(0)), 1)} rx="3" />`)
    : html`<path class="area" d=${`M${X(0)} ${Y(0)}` + y.map((v, i) => `L${X(i)} ${Y(v)}`).join("") + `L${X(y.length - 1)} ${Y(0)}Z`} />
            <path class="curve" d=${"M" + y.map((v, i) => `${X(i)} ${Y(v)}`).join("L")} />`}
        <line class="axis" x1="0" x2=${W} y1=${Y(0)} y2=${Y(0)} />
      </svg>
      <div class="labels" aria-hidden="true">
        ${x.map((name, i) => i % every === 0 && html`<span class="name" style=${{ insetInlineStart: X(i) / W * 100 + "%" }}>${name}</span>`)}
        <span class="value num" style=${{ insetInlineStart: X(highest) / W * 100 + "%", bottom: (H - Y(y[highest])) / H * 100 + "%" }}>${number(y[highest])}</span>
      </div>
    </div>
    <div class="sr"><table><caption>${alt}</caption><tbody>${x.map((name, i) => html`<tr><th scope="row">${name}</th><td>${number(y[i])}</td></tr>`)}</tbody></table></div>
  </section>`;
}
