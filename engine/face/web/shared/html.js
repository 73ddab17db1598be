// What a page needs of the libraries, in one import. html`<p>${text}</p>` makes elements; a value in it
// is always text, never HTML.
import { h, render, Fragment } from "./lib/preact.js";
import htm from "./lib/htm.js";
export const html = htm.bind(h);
export { h, render, Fragment };
export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback } from "./lib/hooks.js";
export { signal, computed, effect, batch, useSignal, useComputed, useSignalEffect } from "./lib/signals.js";
