// Loads the page again after an uncaught error, and if the page has not started. The file imports nothing, so that it
// runs when another file cannot be loaded. Nothing is lost by a reload: the state is in the server.
const PAUSE = 60_000; // the shortest time between two reloads after errors
const START = 30_000; // how long the page may take to start

// go opens an address if the server answers, and returns false otherwise: without a server, the browser would show a
// page of its own, which does not come back.
export async function go(address, load = () => location.assign(address)) {
  try {
    if (!(await fetch(address, { cache: "no-store" })).ok) return false;
  } catch {
    return false;
  }
  load();
  return true;
}

// reload loads the page again if the server answers, and returns false otherwise.
export const reload = () => go(location.pathname, () => location.reload());

let timer = 0;
function again() {
  timer ||= setTimeout(async () => {
    timer = 0;
    try { sessionStorage.setItem("failed", Date.now()); } catch { /* not allowed: see pause */ }
    if (!await reload()) again();
  }, pause());
}

// pause returns after which time the page may be loaded again, at least one second.
function pause() {
  try {
    const last = sessionStorage.getItem("failed");
    return last ? Math.max(1000, Math.min(PAUSE, Number(last) + PAUSE - Date.now())) : 1000;
  } catch {
    return PAUSE;
  }
}

addEventListener("error", (e) => { if (e.error) again(); });
addEventListener("unhandledrejection", again);
setTimeout(() => { if (!document.querySelector("#app > *")) again(); }, START);
