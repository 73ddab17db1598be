// What the browser can do here. Each function finds out one thing; none of them draws.
import { CONSTRAINTS } from "../web/sound.js";

// secure says whether the browser gives the page the microphone and the wake lock.
export const secure = () => isSecureContext;

// permission returns "granted", "denied" or "prompt" for the microphone, and "unavailable" without a secure context.
export async function permission() {
  if (!navigator.mediaDevices) return "unavailable";
  try { return (await navigator.permissions.query({ name: "microphone" })).state; } catch { return "prompt"; }
}

const ms = (seconds) => seconds === undefined ? undefined : Math.round(seconds * 1000);

// output returns the state of the sound without a touch, "running" or "suspended", the rate in Hz and the latency in
// ms.
export async function output() {
  if (!globalThis.AudioContext) return { state: "unavailable" };
  const context = new AudioContext();
  try {
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 1000))]);
    return { state: context.state, rate: context.sampleRate, latency: ms((context.baseLatency ?? 0) + (context.outputLatency ?? 0)) };
  } finally {
    context.close();
  }
}

// listen opens the microphone for a while, and calls onLevel with its loudness in dBFS some times a second. It
// returns what the browser says about the microphone, or throws.
export async function listen(onLevel, duration = 15_000) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
  const track = stream.getAudioTracks()[0], settings = track.getSettings();
  let context, analyser;
  try {
    context = new AudioContext();
    analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
  } catch (error) {
    track.stop();
    context?.close();
    throw error;
  }
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    onLevel(Math.max(-96, Math.round(10 * Math.log10(power + 1e-10))));
  }, 100);
  setTimeout(() => {
    clearInterval(timer);
    track.stop();
    context.close();
    onLevel(null);
  }, duration);
  return { label: track.label, rate: settings.sampleRate ?? context.sampleRate, latency: ms(settings.latency), aec: settings.echoCancellation === true };
}

// wakeLock returns "granted", "refused" or "unavailable".
export async function wakeLock() {
  if (!navigator.wakeLock) return "unavailable";
  try {
    await (await navigator.wakeLock.request("screen")).release();
    return "granted";
  } catch {
    return "refused";
  }
}

// graphics returns the name of what draws, and whether it is software.
export function graphics() {
  const gl = document.createElement("canvas").getContext("webgl");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl ? String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return { name, software: !name || /swiftshader|llvmpipe|software|basic render/i.test(name) };
}

// frames returns the median and the longest time between two frames in ms, over one or two seconds.
export function frames(count = 60) {
  return new Promise((done) => {
    const times = [];
    let last = 0;
    requestAnimationFrame(function step(time) {
      if (last) times.push(time - last);
      last = time;
      if (times.length < count) return requestAnimationFrame(step);
      times.sort((a, b) => a - b);
      done({ median: times[count >> 1], longest: times[count - 1] });
    });
  });
}

// scaleFor returns the smallest theme.scale with which a button is at least size pixels high, or null if the greatest
// one is too small. root is the element that has the variable --theme, probe an element with the height of a button.
export function scaleFor(size, root, probe) {
  const before = root.style.getPropertyValue("--theme");
  root.style.setProperty("--theme", 3);
  const greatest = probe.getBoundingClientRect().height; // the height grows with the scale
  root.style.setProperty("--theme", before);
  return size > greatest ? null : Math.ceil(20 * 3 * size / greatest) / 20;
}
