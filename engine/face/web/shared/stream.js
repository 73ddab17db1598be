// The stream of events of a page: an EventSource that notices when its connection is dead, and connects again.
//
// openStream({ query, onSnapshot, onEvent, onLevel, onState }) opens /events and keeps it open. It
// returns { close, state }.
//   query       what to ask for, such as "since=0&levels=1" or "types=phase,agent"
//   onSnapshot  gets the state of the agent, at the beginning and whenever events were missed
//   onEvent     gets each event as an object, and its number. Events up to the snapshot's seq are
//               history: the snapshot has their effects already
//   onLevel     gets { mic, at } some times a second while sound runs
//   onState     gets "connecting", "live" or "lost", and the age of the last message in ms
const QUIET = 15_000;      // a beat comes every 5 s: after this time without a message, the stream is dead
const HIDDEN = 30_000;     // a page that has been hidden for this long closes its stream

export function openStream({ query = "", onSnapshot, onEvent, onLevel, onState = () => {} }) {
  let source = null, lastId = "", heard = 0, tries = 0, retry = 0, hiddenTimer = 0, closed = false, state = "";
  const own = new URL("../events", import.meta.url);

  const setState = (next) => { if (next !== state) { state = next; onState(next); } };
  const note = (e) => { heard = performance.now(); tries = 0; if (e.lastEventId) lastId = e.lastEventId; setState("live"); };

  function open() {
    clearTimeout(retry); retry = 0;
    if (closed || source) return;
    const url = new URL(own);
    url.search = query;
    if (lastId) url.searchParams.set("since", lastId);
    heard = performance.now();
    if (state !== "lost") setState("connecting");
    source = new EventSource(url);
    source.addEventListener("snapshot", (e) => { note(e); onSnapshot?.(JSON.parse(e.data)); });
    source.addEventListener("level", (e) => { note(e); onLevel?.(JSON.parse(e.data)); });
    source.addEventListener("beat", note);
    source.addEventListener("message", (e) => { note(e); onEvent?.(JSON.parse(e.data), Number(e.lastEventId.split(".")[1])); });
    // After some errors the browser tries again by itself, after others never: we always try again.
    source.addEventListener("error", again);
  }

  function drop() { source?.close(); source = null; }

  function again() {
    drop();
    setState("lost");
    if (closed || retry || document.hidden) return;
    const pause = Math.min(10_000, 500 * 2 ** tries++) * (0.75 + Math.random() / 2);
    retry = setTimeout(open, pause);
  }

  const watchdog = setInterval(() => { if (source && performance.now() - heard > QUIET) again(); }, 1000);

  function visibility() {
    clearTimeout(hiddenTimer);
    if (document.hidden) {
      hiddenTimer = setTimeout(drop, HIDDEN);
    } else if (!source) {
      tries = 0;
      open();
    }
  }
  document.addEventListener("visibilitychange", visibility);
  open();

  return {
    get state() { return state; },
    get age() { return performance.now() - heard; },
    close() {
      closed = true;
      clearInterval(watchdog); clearTimeout(retry); clearTimeout(hiddenTimer);
      document.removeEventListener("visibilitychange", visibility);
      drop();
    },
  };
}

// post sends a JSON body to a path beside /events, such as "say". It returns the answer, or throws an
// Error with the server's sentence and its status. If there is no answer, the error is unreachable.
export async function post(path, body = {}) {
  let answer;
  try {
    answer = await fetch(new URL("../" + path, import.meta.url), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw Object.assign(new Error("Moonlark cannot be reached"), { unreachable: true });
  }
  const text = await answer.text();
  let result;
  try { result = JSON.parse(text); } catch { result = { error: text.slice(0, 200) }; }
  if (!answer.ok) throw Object.assign(new Error(result.error || "status " + answer.status), { status: answer.status });
  return result;
}
