// The requests of the page. A request that fails throws an Error with a sentence for the user.
import * as stream from "../web/stream.js";
import { say } from "./texts.js";

// post sends a JSON body to a path beside /events, such as "say", and returns the answer.
export const post = (path, body) => inWords(stream.post(path, body));

// get returns the JSON of a path beside /events, such as "gpio".
export const get = (path) => inWords(stream.get(path));

// inWords returns the answer. It says in the language of the page why there is none.
async function inWords(answer) {
  try { return await answer; } catch (e) {
    if (e.unreachable) e.message = say("unreachable");
    else if (e.wrongAnswer !== undefined) e.message = say("wrongAnswer", { status: e.status, text: e.wrongAnswer });
    throw e;
  }
}
