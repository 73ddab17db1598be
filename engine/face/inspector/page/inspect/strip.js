// The strip below the conversation: one minute of sound, the user above and the agent below, with marks for
// the tools. It shows the last minute of a running agent, or the minute around the cursor of a recording.
import { html, useState, useEffect } from "../web/html.js";
import * as s from "./state.js";
import * as player from "./player.js";
import { say, fixed } from "./texts.js";

const MINUTE = 60_000;

// userPath returns the lines of the user's voice, above the middle. x maps a time to a position.
function userPath(points, x) {
  let d = "";
  for (const { t, size } of points) {
    const at = x(t);
    if (at < 0 || at > 1000) continue;
    d += `M${at.toFixed(1)} ${(20 - size).toFixed(1)}V${(20 + size).toFixed(1)}`;
  }
  return d;
}

// agentPath is like userPath, for the agent.
const agentPath = (points, x) => userPath(points, x).replace(/ (-?[\d.]+)V(-?[\d.]+)/g, (_, a, b) => ` ${(+a + 34).toFixed(1)}V${(+b + 34).toFixed(1)}`);

// fromLevels returns the levels of one side, "mic" or "speaker", since the page was opened.
const fromLevels = (side) => s.minute.map((p) => ({ t: p.t, size: Math.max(0.6, (p[side] + 72) / 72 * 17) }));

// fromPeaks returns the peaks of one side between two times.
function fromPeaks(peaks, side, from, to) {
  const step = peaks.interval * 1000, points = [];
  for (let i = Math.max(0, Math.floor((from - peaks.began) / step)); i < peaks[side].length && peaks.began + i * step < to; i++)
    points.push({ t: peaks.began + i * step, size: Math.max(0.4, peaks[side][i] * 0.17) });
  return points;
}

// summary returns the strip in words: how long each side spoke, and the tools.
function summary(spans, from, to) {
  const sum = (kind) => spans.filter((p) => p.kind === kind).reduce((n, p) => n + Math.max(0, Math.min(p.b || to, to) - Math.max(p.a, from)), 0) / 1000;
  const count = (...kinds) => spans.filter((p) => kinds.includes(p.kind) && p.a <= to && (p.b || to) >= from).length;
  return say("minuteIs", {
    you: fixed(sum("you"), 1), agent: fixed(sum("agent"), 1), calls: say("tool_calls", { n: count("tool", "bad") }), stops: say("interruptions", { n: count("stop") }),
  });
}

export function Strip() {
  const { speaker, microphone, replay, replay_sound: info } = s.snap.value ?? {};
  const [now, setNow] = useState(Date.now());
  const active = !!(microphone || speaker || replay);
  useEffect(() => {
    if (!active || replay) return;
    const t = setInterval(() => { if (!document.hidden) setNow(Date.now()); }, 1000);
    return () => clearInterval(t);
  }, [active, replay]);
  useEffect(() => { if (info) player.load(); }, [!!info]);
  if (!active) return null;
  const cursor = player.cursor.value, peaks = player.peaks.value;
  const [first, last] = replay ? player.bounds() : [0, now];
  const to = replay ? Math.max(first + MINUTE, Math.min(last, (cursor || first) + MINUTE / 2)) : now, from = to - MINUTE;
  const x = (t) => (t - from) / MINUTE * 1000;
  const spans = s.spans.filter((p) => (p.b || to) > from && p.a < to);
  const box = (p, y, h, fill) => html`<rect x=${x(p.a).toFixed(1)} width=${Math.max(1, x(p.b || to) - x(p.a)).toFixed(1)} y=${y} height=${h} rx="1.5" fill=${fill} />`;
  const line = (at, colour) => html`<line x1=${x(at)} x2=${x(at)} y1="2" y2="72" stroke=${colour} stroke-width="1.5" vector-effect="non-scaling-stroke" />`;
  const path = (d, colour) => html`<path d=${d} stroke=${colour} stroke-width="1.3" fill="none" stroke-linecap="round" vector-effect="non-scaling-stroke" />`;
  const onClick = replay ? (e) => { const r = e.currentTarget.getBoundingClientRect(); player.seek(from + (e.clientX - r.left) / r.width * MINUTE); } : undefined;
  const measured = s.minute[0]?.t ?? Infinity; // before that, only the times at which the agent spoke are known
  const words = summary(spans, from, to);
  return html`<section class="sound" aria-label=${say(replay ? "playback" : "soundOfMinute")}><header><h2>${say(replay ? "oneMinute" : "lastMinute")}</h2><span class="num you-word">${say("key_you")}</span><span class="num agent-word">${say("key_agent")}</span>
    ${replay && html`<button class="btn play" aria-pressed=${player.playing.value} onClick=${player.toggle}>${say(player.playing.value ? "pause" : "play")} <kbd>${say("space")}</kbd></button>
      <span class="num position" role="timer">${say("position", { at: fixed(Math.max(0, (cursor || first) - first) / 1000, 1), of: fixed((last - first) / 1000, 1) })}</span>`}</header>
    <svg viewBox="0 0 1000 74" preserveAspectRatio="none" role="img" aria-label=${words} onClick=${onClick}>
      ${[1, 2, 3, 4, 5].map((i) => html`<line x1=${i * 1000 / 6} x2=${i * 1000 / 6} y1="0" y2="74" stroke="var(--line)" vector-effect="non-scaling-stroke" />`)}
      ${path(userPath(peaks ? fromPeaks(peaks, "user", from, to) : fromLevels("mic"), x), "var(--you-fill)")}
      ${path(agentPath(peaks ? fromPeaks(peaks, "agent", from, to) : fromLevels("speaker"), x), "var(--agent-fill)")}
      ${spans.map((p) => p.kind === "agent" ? !peaks && p.a < measured && box({ a: p.a, b: Math.min(p.b || to, measured) }, 46, 16, "var(--agent-fill)") : p.kind === "you" ? replay && !peaks && box(p, 12, 16, "var(--you-fill)")
        : p.kind === "stop" ? line(p.a, "var(--bad)") : box(p, 35.5, 3, `var(--${p.kind}-fill)`))}
      ${replay && cursor > 0 && line(cursor, "var(--t1)")}
    </svg></section>`;
}
