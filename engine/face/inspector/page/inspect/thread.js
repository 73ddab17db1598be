// The middle: the conversation and, beside each line, when it happened: a waterfall whose zero is the
// moment at which the user stopped speaking. All turns have the same scale, so that slow turns stand out.
import { html, useState, useEffect, useLayoutEffect, useRef, useMemo } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe, pairs, inline, parsed, stamp } from "./text.js";
import { say, fixed } from "./texts.js";
import { showCall } from "./right.js";
import { Places } from "./places.js";
import { Strip } from "./strip.js";
import * as player from "./player.js";

const MAX_ROWS = 300;         // maximal number of lines of the conversation in the page
const LANE_END = 4;           // the end of the lane, in seconds after the zero of a turn
const KEYS = [["y", "you"], ["h", "heard"], ["w", "wait"], ["k", "tool"], ["g", "agent"]]; // the colours of the bars

// seconds returns a duration in ms as seconds with two digits.
const seconds = (ms) => fixed(ms / 1000, 2);

// Bar is one bar of the lane from a to b, in seconds after the zero of its turn.
function Bar({ kind, a, b, label, live }) {
  if (a > LANE_END || b < -2) return null;
  const cut = b > LANE_END ? " cut" : a < -2 ? " cutl" : "";
  return html`<i class=${kind + cut + (live ? " live" : "")} style=${{ "--a": Math.max(-2, a).toFixed(3), "--b": Math.min(LANE_END, b).toFixed(3) }}
    role=${label ? "img" : undefined} aria-label=${label}></i>`;
}

// bars returns the bars of a line.
function bars(line, turn, now) {
  const at = (t) => (t - turn.t0) / 1000;
  const all = [];
  switch (line.kind) {
    case "you":
      if (line.from && line.from < turn.t0) {
        all.push(html`<${Bar} kind="y" a=${at(line.from)} b=${0} label=${say("spokeFor", { s: seconds(turn.t0 - line.from) })} />`);
        all.push(html`<${Bar} kind="h" a=${0} b=${at(line.at)} label=${say("understoodAfter", { s: seconds(line.at - turn.t0) })} />`);
      }
      break;
    case "call": {
      const end = line.end ?? now;
      all.push(html`<${Bar} kind="w" a=${at(line.wait)} b=${at(line.at)} />`);
      all.push(html`<${Bar} kind=${line.isError || line.lost ? "x" : "k"} a=${at(line.at)} b=${at(end)} live=${!line.end}
        label=${say("toolTook", { tool: line.tool, time: s.ms((end - line.at) / 1000), s: seconds(Math.max(0, (turn.first || now) - turn.t0)) })} />`);
      if (at(end) < LANE_END - 0.6) all.push(html`<u class="num" style=${{ "--a": at(end).toFixed(3) }} aria-hidden="true">${s.ms(line.end ? line.seconds ?? 0 : (end - line.at) / 1000)}</u>`);
      break;
    }
    case "agent":
      all.push(html`<${Bar} kind="w" a=${at(line.wait)} b=${at(line.at)} />`);
      if (line.voice) {
        if (line.voice > line.at) all.push(html`<${Bar} kind="h" a=${at(line.at)} b=${at(line.voice)} />`);
        all.push(html`<${Bar} kind="g" a=${at(line.voice)} b=${at(line.silent ?? now)} live=${!line.silent} label=${say("spokeFor", { s: seconds((line.silent ?? now) - line.voice) })} />`);
        if (line.interrupted && line.silent) all.push(html`<${Bar} kind="stop" a=${at(line.silent)} b=${at(line.silent)} label=${say("interrupted")} />`);
      } else all.push(html`<${Bar} kind="g" a=${at(line.at)} b=${at(line.at) + 0.03} label=${say("answeredAfter", { s: seconds(line.at - turn.t0) })} />`);
  }
  return all;
}

function Words({ line }) {
  switch (line.kind) {
    case "you":
      return html`<div class="say"><span class="who">${say("you")}</span>${safe(line.text)}${line.typed && html`<span class="tag">${say("typed")}</span>`}</div>`;
    case "agent":
      return html`<div class="say"><span class="who">${say("agent")}</span>${safe(line.text)}${line.unsaid && html` <del>${safe(line.unsaid)}</del>`}${line.interrupted && html`<span class="tag">${say("interrupted")}</span>`}</div>`;
    case "call": {
      const value = line.result === undefined ? undefined : parsed(line.result);
      const result = line.result === undefined ? "" : value === undefined ? (line.isError ? line.result : JSON.stringify(line.result)) : inline(value);
      return html`<div class="say"><button class="call-name" aria-label=${say("showCall", { tool: line.tool })}>${safe(line.tool, 64)}</button>(${safe(pairs(line.args), 300)})${
        !line.end ? html`<span class="k"> …</span>` : line.lost ? html`<span class="arr">✗</span><span class="res">${say("overBefore")}</span>`
          : html`<span class="arr" role="img" aria-label=${say(line.isError ? "failed" : "returned")}>${line.isError ? "✗" : "→"}</span><span class="res">${safe(result, 300)}</span>`}</div>`;
    }
  }
  return html`<div class="say"><${Places} text=${line.text} />${line.bad && html` <b>${line.bad}</b>`}<${Places} text=${line.after} /></div>`;
}

function Line({ line, turn, now, start, cursor }) {
  const isSelected = s.selected.value === line;
  const open = line.kind === "call" ? () => showCall(line) : undefined;
  return html`<li class=${"line " + line.kind + (line.isError || line.lost ? " err" : "") + (isSelected ? " sel" : "")} onClick=${open} aria-current=${isSelected ? "true" : undefined}>
    <time class="t num">${stamp(line.at, start)}</time><${Words} line=${line} rev=${line.rev} /><div class="lane">${bars(line, turn, now)}${cursor > 0 && html`<${Bar} kind="cursor" a=${(cursor - turn.t0) / 1000} b=${(cursor - turn.t0) / 1000} />`}</div></li>`;
}

// parts returns the stages of a turn with their durations in seconds, which sum up to the time until the
// first word, or nothing before that is known.
function parts(turn) {
  const calls = turn.lines.filter((l) => l.kind === "call" && l.at < turn.first);
  return ["understand", "decide", "tools", "answer", "voice"].filter((name) => turn.latency?.[name] > 0)
    .map((name) => [name === "tools" && calls.length === 1 ? calls[0].tool : say("stage_" + name), turn.latency[name]]);
}

function Turn({ turn, now, start, selected, cursor }) {
  const live = turn.lines.some((l) => l.kind === "call" && !l.end || l.kind === "agent" && l.voice && !l.silent);
  return useMemo(() => {
    const stages = parts(turn);
    const waits = !turn.first && live;
    return html`<section class=${"turn" + (cursor ? " playing" : "")} aria-label=${turn.no ? say("turn", { no: turn.no }) : say("beforeTurns")}>
      ${turn.no > 0 && html`<div class="head"><span class="no num">${turn.no}</span>
        <span class="parts">${stages.map(([name, sec], i) => html`${i > 0 && " · "}<span class="stage">${safe(name, 64)}</span> <span class="num">${fixed(sec, 2)}</span>`)}${waits && " …"}</span>
        <span class="sum num">${turn.latency ? html`<b>${fixed(turn.latency.total, 2)} s <em>${say("toFirstWord")}</em></b>` : waits && html`<b>${seconds(now - turn.t0)} s <em>${say("soFar")}</em></b>`}</span></div>`}
      <ul>${turn.lines.map((l) => html`<${Line} key=${l.id} line=${l} rev=${l.rev + "." + turn.first} turn=${turn} now=${now} start=${start} cursor=${cursor} />`)}</ul></section>`;
  }, [turn.rev, selected, live ? now : 0, start, cursor]);
}

function Composer() {
  const [as, setAs] = useState("user"), [text, setText] = useState(""), [problem, setProblem] = useState("");
  const microphone = s.snap.value?.microphone;
  async function send(e) {
    e.preventDefault();
    const words = text.trim();
    if (!words) return;
    try {
      if (as === "user") await post("say", { text: words });
      else if (as === "context") await post("context", { text: words });
      else {
        const [, type, data] = words.match(/^(\S+)\s*([^]*)$/);
        let value;
        if (data) try { value = JSON.parse(data); } catch { throw new Error(say("wantEventJSON")); }
        await post("event", value === undefined ? { type } : { type, data: value });
      }
      setText(""); setProblem("");
    } catch (error) { setProblem(error.message); }
  }
  const listen = (on) => post("listen", { on }).catch((error) => setProblem(error.message));
  if (s.snap.value?.replay) return null;
  return html`<form class="composer" aria-label=${say("talk")} onSubmit=${send}>
    ${microphone && html`<button type="button" class="mic" aria-label=${say("hear")} aria-pressed=${s.listening.value} onClick=${() => listen(!s.listening.value)}>
      <svg viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" aria-hidden="true"><rect x="6.2" y="1.8" width="5.6" height="9" rx="2.8" /><path d="M3.2 8.6a5.8 5.8 0 0 0 11.6 0M9 14.4v2" /></svg></button>`}
    <div class="field"><input id="message" placeholder=${say("hint_" + as)} aria-label=${say("message")} value=${text} autocomplete="off" onInput=${(e) => setText(e.currentTarget.value)} />
      <select aria-label=${say("what")} value=${as} onChange=${(e) => setAs(e.currentTarget.value)}>${["user", "context", "event"].map((kind) => html`<option value=${kind}>${say("as_" + kind)}</option>`)}</select></div>
    <button class="btn solid send">${say("send")} <kbd>↵</kbd></button>
    ${problem && html`<p class="problem" role="alert">${safe(problem, 500)}</p>`}</form>`;
}

export function Thread() {
  const rev = s.changed.value;
  const selected = s.selected.value;
  const [now, setNow] = useState(Date.now()), [unseen, setUnseen] = useState(0);
  const box = useRef(null), atEnd = useRef(true), seen = useRef(0);
  const busy = s.isBusy() && !s.snap.value?.replay;
  useEffect(() => {
    if (!busy) return;
    const t = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(t);
  }, [busy]);
  const total = s.turns.reduce((n, t) => n + t.lines.length, 0);
  const played = player.turnAt(player.cursor.value);
  const end = played ? Math.min(s.turns.length, s.turns.indexOf(played) + 10) : s.turns.length;
  let rows = 0, first = end;
  while (first > 0 && rows + s.turns[first - 1].lines.length <= MAX_ROWS) rows += s.turns[--first].lines.length;
  useLayoutEffect(() => {
    if (atEnd.current) { box.current.scrollTop = box.current.scrollHeight; seen.current = total; if (unseen) setUnseen(0); }
    else if (total - seen.current !== unseen) setUnseen(Math.max(0, total - seen.current));
  }, [rev, total]);
  const toEnd = () => { box.current.scrollTop = box.current.scrollHeight; };
  const onScroll = () => {
    const b = box.current;
    atEnd.current = b.scrollHeight - b.scrollTop - b.clientHeight < 24;
    if (atEnd.current) { seen.current = total; if (unseen) setUnseen(0); }
  };
  const shown = s.turns.slice(first, end);
  useLayoutEffect(() => { if (played) box.current.querySelector(".turn.playing")?.scrollIntoView({ block: "nearest" }); }, [played]);
  const start = s.startOfConversation(), talked = s.turns.some((t) => t.lines.some((l) => l.kind !== "note"));
  return html`<main class="main" aria-label=${say("conversation")}>
    <div class="scale"><span></span>
      <div class="what"><b>${say("conversation")}</b>${KEYS.map(([kind, name]) => html`<span class="key"><i class=${kind}></i>${say("key_" + name)}</span>`)}</div>
      <div class="ticks num" aria-hidden="true">${[-1, 0, 1, 2, 3].map((n) => html`<span class=${n === 0 ? "zero" : ""} data-zero=${n === 0 ? say("zero") : undefined} style=${{ "--x": n }}>${n === 0 ? null : n < 0 ? "−" + -n : n}</span>`)}<span style=${{ "--x": 3.8 }}>s</span></div></div>
    <div class="thread" ref=${box} onScroll=${onScroll} tabindex="0" role="region" aria-label=${say("turns")}>
      <div class="sheet"><div class="grid"></div>
      ${first > 0 && html`<p class="empty">${say("earlier")}</p>`}
      ${shown.map((t) => html`<${Turn} key=${t.id} turn=${t} rev=${t.rev} now=${now} start=${start} selected=${selected?.turn === t ? selected.id : ""} cursor=${t === played ? player.cursor.value : 0} />`)}
      ${!talked && html`<p class="empty">${say("nothingSaid")} ${say(s.snap.value?.status === "waiting" ? "startAbove" : "sayBelow")}</p>`}</div></div>
    ${unseen > 0 && html`<button class="more btn" onClick=${toEnd}>${say("unseen", { n: unseen })}</button>`}
    <${Strip} /><${Composer} /></main>`;
}
