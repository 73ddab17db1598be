// A client of the TypeScript SDKs, for the tests of package mcp. Arguments: the client ("v1", or the mode of
// "v2": legacy, auto or 2026-07-28), the file of the script, the number of reloads, and the command of the server,
// or its URL and a token. If the server is not the command, SERVER_PID is its process. It prints what it sees as one
// JSON object.
import { rename, writeFile } from 'node:fs/promises';

const [, , kind, script, reloads, command, ...args] = process.argv;
const seen = { changes: 0, progress: [] };
let wake = () => {};
const onChanged = () => { seen.changes++; wake(); };

// newTransport returns the connection to the server, by the classes of one of the SDKs.
function newTransport(Stdio, HTTP) {
  if (!command.startsWith('http')) return new Stdio({ command, args, stderr: 'inherit', env: { ...process.env } });
  return new HTTP(new URL(command), { requestInit: { headers: { Authorization: `Bearer ${args[0]}` } } });
}

async function newClient() {
  if (kind === 'v1') {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const { ToolListChangedNotificationSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const client = new Client({ name: 'v1-test', version: '1' });
    client.setNotificationHandler(ToolListChangedNotificationSchema, onChanged);
    const call = (params, options) => client.callTool(params, undefined, options);
    return { client, call, transport: newTransport(StdioClientTransport, StreamableHTTPClientTransport) };
  }
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const mode = kind.startsWith('2') ? { pin: kind } : kind;
  const client = new Client({ name: 'v2-test', version: '1' },
    { versionNegotiation: { mode }, listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged } } });
  const call = (params, options) => client.callTool(params, options);
  return { client, call, transport: newTransport(StdioClientTransport, StreamableHTTPClientTransport) };
}

const { client, call, transport } = await newClient();
await client.connect(transport);
seen.server = client.getServerVersion()?.name;
const textOf = (result) => result.content[0].text;

seen.tools = (await client.listTools()).tools;
seen.result = await call({ name: 'set_light', arguments: { room: 'hall', on: true } });
seen.failed = await call({ name: 'break_it', arguments: {} });
seen.unfit = await call({ name: 'set_light', arguments: { room: 'attic' } });
seen.client = textOf(await call({ name: 'who', arguments: {} }));
try {
  await call({ name: 'set_lihgt', arguments: {} });
} catch (e) {
  seen.unknown = { message: e.message };
}
await call({ name: 'copy', arguments: {} }, { onprogress: (p) => seen.progress.push(p) });

const cancelled = new AbortController();
const hanging = call({ name: 'hang', arguments: {} }, { signal: cancelled.signal }).catch((e) => { seen.aborted = String(e); });
while (textOf(await call({ name: 'count', arguments: {} })) !== '1 0') await new Promise((r) => setTimeout(r, 10));
cancelled.abort('not needed');
await hanging;
while (textOf(await call({ name: 'count', arguments: {} })) !== '1 1') await new Promise((r) => setTimeout(r, 10));

// Reloads while calls are in progress: each call has its own answer, and there is one notification of each reload.
let calling = true, calls = 0;
const callers = [0, 1, 2, 3].map(async (caller) => {
  for (let i = 0; calling; i++) {
    const name = `${caller}-${i}`;
    const got = textOf(await call({ name: 'greet', arguments: { name } }));
    if (got !== `hello ${name}`) throw new Error(`call ${name}: got ${got}`);
    calls++;
  }
});
const source = await (await import('node:fs/promises')).readFile(script, 'utf8');
for (let n = 1; n <= Number(reloads); n++) {
  await writeFile(`${script}.new`, `${source}\nregister_tool("tool_${n}", function() end)\n`);
  await rename(`${script}.new`, script);
  process.kill(Number(process.env.SERVER_PID ?? transport.pid), 'SIGHUP');
  while (seen.changes < n) await new Promise((r) => { wake = r; });
}
calling = false;
await Promise.all(callers);
seen.calls = calls > 0;
seen.toolsAfter = (await client.listTools()).tools.map((t) => t.name).filter((name) => name.startsWith('tool_'));
seen.changesAfter = seen.changes;
await client.close();
console.log(JSON.stringify(seen));
