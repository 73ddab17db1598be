// Has a conversation with a server through the SDK of its vendor: a question, one call of a tool, its
// result, and the answer. Prints what the SDK makes of each reply, as a line of JSON.
//
//     node sdk.mjs NODE_MODULES completions|responses|messages URL

import { createRequire } from "node:module";

const [folder, api, url] = process.argv.slice(2);
const require = createRequire(folder + "/sdk.js");

const question = { role: "user", content: "Switch on the light" };
const system = "Be brief.";
const name = "light";
const description = "Switches the light";
const parameters = { type: "object", properties: { on: { type: "boolean" } }, required: ["on"] };
const result = "the light is on";

const print = (text, calls) => console.log(JSON.stringify({ text, calls }));

const conversations = {
  async completions() {
    const { OpenAI } = require("openai");
    const client = new OpenAI({ apiKey: "key", baseURL: url, maxRetries: 0 });
    const messages = [{ role: "system", content: system }, question];
    const tools = [{ type: "function", function: { name, description, parameters } }];
    for (;;) {
      const stream = client.chat.completions.stream({ model: "tiny", messages, tools });
      const message = await stream.finalMessage();
      const calls = message.tool_calls ?? [];
      print(message.content ?? "", calls.map((c) => ({ id: c.id, name: c.function.name, arguments: JSON.parse(c.function.arguments) })));
      if (calls.length === 0) return;
      messages.push(message, ...calls.map((c) => ({ role: "tool", tool_call_id: c.id, content: result })));
    }
  },

  async responses() {
    const { OpenAI } = require("openai");
    const client = new OpenAI({ apiKey: "key", baseURL: url, maxRetries: 0 });
    const input = [question];
    const tools = [{ type: "function", name, description, parameters, strict: false }];
    for (;;) {
      const stream = client.responses.stream({
        model: "tiny", instructions: system, input, tools, store: false, include: ["reasoning.encrypted_content"],
      });
      const response = await stream.finalResponse();
      const calls = response.output.filter((item) => item.type === "function_call");
      print(response.output_text, calls.map((c) => ({ id: c.call_id, name: c.name, arguments: JSON.parse(c.arguments) })));
      if (calls.length === 0) return;
      for (const item of response.output) {
        delete item.parsed_arguments; // the SDK adds it
        input.push(item);
      }
      input.push(...calls.map((c) => ({ type: "function_call_output", call_id: c.call_id, output: result })));
    }
  },

  async messages() {
    const Anthropic = require("@anthropic-ai/sdk").default;
    const client = new Anthropic({ apiKey: "key", baseURL: url.replace(/\/v1$/, ""), maxRetries: 0 });
    const messages = [question];
    const tools = [{ name, description, input_schema: parameters }];
    for (;;) {
      const stream = client.messages.stream({ model: "tiny", max_tokens: 4096, system, messages, tools });
      const message = await stream.finalMessage();
      const calls = message.content.filter((block) => block.type === "tool_use");
      const texts = message.content.filter((block) => block.type === "text").map((block) => block.text);
      print(texts.join(""), calls.map((c) => ({ id: c.id, name: c.name, arguments: c.input })));
      if (calls.length === 0) return;
      messages.push({ role: "assistant", content: message.content });
      messages.push({ role: "user", content: calls.map((c) => ({ type: "tool_result", tool_use_id: c.id, content: result })) });
    }
  },
};

await conversations[api]();
