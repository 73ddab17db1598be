// The requests of the page. A request that fails throws an Error with a sentence for the user.
import * as stream from "../web/stream.js";
import { say } from "./texts.js";

// post sends a JSON body to a path of the server, such as "fleet/command", and returns the answer. It says in the
// language of the page why there is none.
export async function post(path, body) {
  try { return await stream.post(path, body); } catch (e) {
    if (e.unreachable) e.message = say("unreachable");
    else if (e.wrongAnswer !== undefined) e.message = say("wrongAnswer", { status: e.status, text: e.wrongAnswer });
    throw e;
  }
}
