// The requests of the page. A request that fails throws an Error with a sentence for the user.
import * as stream from "../web/stream.js";
import { say } from "./texts.js";

// post sends a JSON body to a path beside /events, such as "say", and returns the answer.
export async function post(path, body) {
  try { return await stream.post(path, body); } catch (e) {
    if (e.unreachable) e.message = say("unreachable");
    throw e;
  }
}

// get returns the JSON of a path beside /events, such as "gpio".
export async function get(path) {
  let answer;
  try { answer = await fetch(new URL("../" + path, import.meta.url)); } catch { throw new Error(say("unreachable")); }
  const text = await answer.text();
  let body;
  try { body = JSON.parse(text); } catch { /* a proxy has answered */ }
  if (!answer.ok || body === undefined) throw new Error(body?.error || say("wrongAnswer", { status: answer.status, text: text.slice(0, 200) }));
  return body;
}
