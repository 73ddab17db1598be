// The playback of a recording: a cursor that runs over the strip, the conversation and the waterfall, with
// the sound of the recording, or by the times of the events if there is none.
import { signal } from "../web/html.js";
import * as s from "./state.js";

export const cursor = signal(0);       // the time of the recording that is played, in ms; 0 before the first use
export const playing = signal(false);
export const peaks = signal(null);     // { began, interval, user, agent } of the sound

let sound = null, soundBegan = 0, timer = 0, lastTick = 0;

// load loads the sound of the recording, once.
export async function load() {
  const info = s.snap.value?.replay_sound;
  if (!info || sound) return;
  soundBegan = Date.parse(info.began);
  sound = new Audio(new URL("../replay/sound.wav", import.meta.url));
  sound.preload = "metadata";
  sound.addEventListener("ended", () => { cursor.value = Math.max(cursor.value, soundEnd()); }); // tick goes on by the times of the events
  try {
    const answer = await fetch(new URL("../replay/peaks", import.meta.url));
    if (answer.ok) { const p = await answer.json(); peaks.value = { ...p, began: Date.parse(p.began) }; }
  } catch { /* the strip shows only the marks then */ }
}

// bounds returns the times of the first and the last event of the recording, in ms.
export function bounds() {
  const list = s.events;
  const from = list.length ? Date.parse(list[0].e.time) : 0, to = list.length ? Date.parse(list[list.length - 1].e.time) : 0;
  const info = s.snap.value?.replay_sound;
  return info ? [Math.min(from || Infinity, Date.parse(info.began)), Math.max(to, Date.parse(info.began) + info.seconds * 1000)] : [from, to];
}

const soundEnd = () => soundBegan + s.snap.value.replay_sound.seconds * 1000;
const hasSound = (t) => sound && t >= soundBegan && t < soundEnd();

// seek moves the cursor to a time of the recording.
export function seek(t) {
  const [from, to] = bounds();
  cursor.value = Math.min(to, Math.max(from, t));
  if (hasSound(cursor.value)) {
    sound.currentTime = (cursor.value - soundBegan) / 1000;
    if (playing.value && sound.paused) sound.play().catch(() => {});
  } else sound?.pause();
}

// tick moves the cursor, with the sound or by the time that has passed.
function tick() {
  const now = performance.now(), passed = now - lastTick;
  lastTick = now;
  const before = cursor.value;
  if (sound && !sound.paused && !sound.seeking) cursor.value = soundBegan + sound.currentTime * 1000;
  else {
    cursor.value = before + passed;
    if (hasSound(cursor.value) && sound.paused) seek(cursor.value);
  }
  if (cursor.value >= bounds()[1]) { cursor.value = bounds()[1]; pause(); }
}

// pause stops the playback at the cursor.
export function pause() {
  playing.value = false;
  clearInterval(timer);
  sound?.pause();
}

// toggle plays or pauses. At the end, it begins again.
export function toggle() {
  if (playing.value) { pause(); return; }
  const [from, to] = bounds();
  playing.value = true;
  lastTick = performance.now();
  seek(!cursor.value || cursor.value >= to ? from : cursor.value);
  timer = setInterval(tick, 100);
}

// turnAt returns the turn that is played at a time, or undefined before the first.
export const turnAt = (t) => (t ? s.turns.findLast((turn) => begins(turn) <= t) : undefined);

const begins = (turn) => Math.min(turn.t0, ...turn.lines.map((l) => l.from || l.at));

// step moves the cursor to the beginning of the next turn (1) or of the one before (-1).
export function step(direction) {
  const starts = s.turns.filter((t) => t.no > 0).map(begins);
  const t = cursor.value || bounds()[0] - 1;
  const next = direction > 0 ? starts.find((at) => at > t + 1) : starts.findLast((at) => at < t - 500);
  if (next !== undefined) seek(next);
}
