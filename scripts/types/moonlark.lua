---@meta
-- What a Moonlark script can call, for editors with the Lua language server.
-- docs/lua.md explains each of these. To use it, put beside your script a file
-- .luarc.json with
--
--     { "runtime.version": "Lua 5.1", "workspace.library": ["path/to/scripts/types"] }

---@class moonlark.Parameter
---@field type "string"|"number"|"integer"|"boolean"|"array"|"object"
---@field description? string what it means, for the agent
---@field enum? string[] of a string: what it may be
---@field items? moonlark.Parameter of an array: what its items are
---@field properties? table<string, moonlark.Parameter> of an object: what is in it
---@field required? string[] of an object: the properties that must be there; all, if left out

---@class moonlark.Call
---@field id string
---@field name string
local Call = {}

---@return boolean # true when nobody waits for the result any more
function Call:cancelled() end

---@alias moonlark.Handler fun(args: table, call: moonlark.Call): any, string?

---@class moonlark.Tool
---@field name? string
---@field description? string what it does, for the agent
---@field parameters? table<string, moonlark.Parameter> what it takes
---@field required? string[] the parameters that must be there; all, if left out
---@field timeout? number seconds a call may take, up to 120; 15, if left out
---@field phrases? string[] how people ask for it: "turn {on} the {room} light"
---@field handler? moonlark.Handler

---Offers a tool to the agent. Only while the script loads.
---@param name string
---@param fn moonlark.Handler
---@overload fun(name: string, spec: moonlark.Tool, fn: moonlark.Handler?)
---@overload fun(spec: moonlark.Tool)
function register_tool(name, fn) end

---Runs fn at each event of that type. Only while the script loads.
---@param event string
---@param fn fun(e: table)
function on(event, fn) end

---@class moonlark.Agent how an agent is to be different from what it is configured to be
---@field prompt? string
---@field first_message? string empty: the user begins
---@field language? string
---@field llm? string
---@field tool_ids? string[]
---@field voice_id? string
---@field model_id? string
---@field stability? number
---@field similarity_boost? number
---@field speed? number
---@field keywords? string[]
---@field soft_timeout_message? string
---@field max_duration_message? string
---@field max_duration_seconds? integer
---@field text_only? boolean
---@field client_events? string[]
---@field user_id? string
---@field branch_id? string
---@field environment? string
---@field starting_workflow_node_id? string
---@field dynamic_variables? table<string, any>
---@field custom_llm_extra_body? table<string, any>

---@class moonlark.Start: moonlark.Agent
---@field preroll? boolean begin with what the microphone heard just before, and until the agent is connected

---Says how the agent is to be different. Only while the script loads.
---@param settings moonlark.Agent
function agent(settings) end

---Runs fn once the script is the one in use.
---@param fn fun()
function on_start(fn) end

---Runs fn when the script is replaced or the program ends. It cannot wait.
---@param fn fun()
function on_unload(fn) end

---Waits; other handlers of the script run meanwhile.
---@param seconds number
function sleep(seconds) end

---@class moonlark.Timer
local Timer = {}

---No more runs; one that has begun goes on.
function Timer:cancel() end

---Runs fn once, that much later.
---@param seconds number
---@param fn fun()
---@return moonlark.Timer
function after(seconds, fn) end

---Runs fn again and again.
---@param seconds number
---@param fn fun()
---@return moonlark.Timer
function every(seconds, fn) end

---Runs fn(...) as a task of its own, soon.
---@param fn fun(...)
---@param ... any
function spawn(fn, ...) end

---Kept when the script is reloaded: values that can be JSON.
---@type table<string|number, any>
state = {}

session = {}

---Sends a user message.
---@param text string
---@return true? sent
---@return string? why not
function session.send(text) end

---Sends a file that was uploaded to the conversation.
---@param id string
---@param text? string
---@return true? sent
---@return string? why not
function session.send_file(id, text) end

---Tells the agent something without asking for an answer.
---@param text string
---@param id? string of several with the same id the newest counts
---@return true? sent
---@return string? why not
function session.context(text, id) end

---Tells the agent that the user is there.
---@return true? sent
---@return string? why not
function session.activity() end

---Says what the user thinks of a response; nil takes it back.
---@param event_id integer
---@param score? "like"|"dislike"
---@return true? sent
---@return string? why not
function session.feedback(event_id, score) end

---Says whether the agent may call an MCP tool.
---@param call_id string
---@param approved boolean
---@return true? sent
---@return string? why not
function session.approve(call_id, approved) end

---Asks for a conversation, where the program runs with --wait.
---@param settings? moonlark.Start
---@return true? asked
---@return string? why not
function session.start(settings) end

---@return "waiting"|"connecting"|"connected"|"reconnecting"|"ended"|""
function session.status() end

---Runs fn once the user has said nothing for so long. Only while the script loads.
---@param seconds number
---@param fn fun(seconds: number)
function session.on_idle(seconds, fn) end

---Tells the agent of a conversation that takes the place of another what fn
---returns. Only while the script loads.
---@param fn fun(): string?
function session.resume_context(fn) end

---Ends the conversation, once what is under way has been sent.
function session.stop() end

---How loud everything is, from 0 to 1.
---@param v number
---@return true? done
---@return string? why not
function session.volume(v) end

---Makes the microphone deaf, or not.
---@param muted boolean
---@return true? done
---@return string? why not
function session.mute(muted) end

---Says whether the agent hears the microphone, or silence.
---@param listening boolean
---@return true? done
---@return string? why not
function session.listen(listening) end

audio = {}

---Mixes in a WAV file that lies beside the script.
---@param file string
---@return true? done once it plays
---@return string? why not
function audio.play(file) end

---A tone: of 880 Hz for 0.15 s, if nothing else is said.
---@param hertz? number
---@param seconds? number
---@return true? done
---@return string? why not
function audio.beep(hertz, seconds) end

json = {}

---@param v any
---@param options? { pretty: boolean }
---@return string
function json.encode(v, options) end

---@param text string
---@return any value nil when text is not JSON
---@return string? why not
function json.decode(text) end

---Tags a table as an array, even when it is empty or has holes.
---@generic T: table
---@param t? T
---@return T
function json.array(t) end

---What stands for null.
---@type userdata
json.null = nil

log = {}

---@param ... any
function log.debug(...) end

---@param ... any
function log.info(...) end

---@param ... any
function log.warn(...) end

---@param ... any
function log.error(...) end
