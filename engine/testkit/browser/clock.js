// A clock that a test can advance. It replaces the clock and the timers of a page before its first script runs: real
// time goes on, and clock.advance(ms) lets more of it pass at once, with the timers that are due in their order.
(() => {
  const real = { Date, now: performance.now.bind(performance), setTimeout: setTimeout.bind(globalThis), clearTimeout: clearTimeout.bind(globalThis) };
  let ahead = 0, last = 0;
  const timers = new Map();
  const now = () => real.now() + ahead;

  function add(run, ms, interval) {
    const id = ++last;
    const timer = { id, run, due: now() + Math.max(0, ms || 0), interval };
    timers.set(id, timer);
    arm(timer);
    return id;
  }
  function arm(timer) {
    real.clearTimeout(timer.real);
    timer.real = real.setTimeout(() => { if (now() >= timer.due) fire(timer); else arm(timer); }, Math.max(0, timer.due - now()));
  }
  function fire(timer) {
    if (!timers.has(timer.id)) return;
    if (timer.interval) {
      timer.due += timer.interval;
      arm(timer);
    } else {
      clear(timer.id);
    }
    timer.run();
  }
  function clear(id) {
    real.clearTimeout(timers.get(id)?.real);
    timers.delete(id);
  }

  globalThis.Date = class extends real.Date {
    constructor(...args) { args.length ? super(...args) : super(real.Date.now() + ahead); }
    static now() { return real.Date.now() + ahead; }
  };
  performance.now = now;
  globalThis.setTimeout = (run, ms, ...args) => add(() => run(...args), ms);
  globalThis.setInterval = (run, ms, ...args) => add(() => run(...args), ms, Math.max(1, ms || 0));
  globalThis.clearTimeout = globalThis.clearInterval = clear;

  // A server sends its messages in real time, so the clock sends those that say that the connection works.
  const Source = EventSource;
  globalThis.EventSource = class extends Source {
    #beats = setInterval(() => {
      if (clock.beats && this.readyState === Source.OPEN) this.dispatchEvent(new MessageEvent("beat", { data: "{}" }));
    }, 5000);
    close() { clear(this.#beats); super.close(); }
  };

  globalThis.clock = {
    beats: true,
    advance(ms) {
      const end = now() + ms;
      for (;;) {
        let next = null;
        for (const timer of timers.values()) if (timer.due <= end && (!next || timer.due < next.due)) next = timer;
        if (!next) break;
        if (next.due > now()) ahead += next.due - now();
        fire(next);
      }
      if (end > now()) ahead += end - now();
      for (const timer of timers.values()) arm(timer);
    },
  };
})();
