---@meta
-- What a Moonlark script can call, for editors with the Lua language server.
-- The file is made from the doc.lua of each module below luastd: see luastd/modules.
-- moonlark help lua NAME explains each of these functions. To use the file, put a file .luarc.json
-- with this content beside your script:
--
--     { "runtime.version": "Lua 5.1", "workspace.library": ["path/to/scripts/types"] }

---@alias moonlark.Type "string"|"number"|"integer"|"boolean"|"array"|"object"

---@class moonlark.Parameter
---@field type moonlark.Type
---@field description? string what the parameter means, for the agent
---@field optional? boolean true if a call may leave the parameter out; not beside a list of required ones that has it
---@field default? any the value if a call leaves the parameter out
---@field enum? (string|number)[] for a string or a number: the values that it may have
---@field minimum? number for a number: the smallest value
---@field maximum? number for a number: the largest value
---@field minLength? integer for a string: the smallest number of characters
---@field maxLength? integer for a string: the largest number of characters
---@field format? "date"|"time"|"date-time"|"email"|"uri"|"hostname"|"ipv4"|"ipv6"|"uuid" for a string
---@field pattern? string for a string: a regular expression that a part of it must match
---@field items? moonlark.Type|moonlark.Parameter for an array: the type of its items
---@field minItems? integer for an array: the smallest number of items
---@field maxItems? integer for an array: the largest number of items
---@field properties? table<string, moonlark.Type|moonlark.Parameter> for an object: its properties
---@field required? string[] for an object: the properties that must be there; default: all that are not optional and have no default

---@class moonlark.Call the call of a tool, or a request for a resource or a prompt
---@field id string
---@field name string the name of the tool or the prompt, or the URI of the resource
---@field client string the name of the program that calls, "agent" in a conversation, "moonlark call" for that command
---@field params? table<string, string> for a resource: the values of the parameters in its URI
local Call = {}

---Returns whether the result is not needed any more.
---@return boolean
function Call:cancelled() end

---Tells the caller how much of the work is done. Does nothing in a conversation.
---@param done number what is done so far; a value that is not greater than the one before is left out
---@param total? number what is to be done in all, in the same unit
---@param message? string what is done now, for people
function Call:progress(done, total, message) end

---@alias moonlark.Handler fun(args: table, call: moonlark.Call): any, string?, string?

---@class moonlark.Tool
---@field name? string
---@field title? string the name of the tool for people
---@field description? string what the tool does, for the agent
---@field parameters? table<string, moonlark.Type|moonlark.Parameter> the arguments of the tool
---@field required? string[] the parameters that must be there; default: all that are not optional and have no default
---@field returns? moonlark.Parameter the results of the tool, which are objects
---@field read_only? boolean true if a call changes nothing
---@field destructive? boolean true if a call may delete or overwrite something
---@field idempotent? boolean true if a second call with the same arguments changes nothing more
---@field open_world? boolean true if a call reaches the outside world, such as the web
---@field timeout? number maximum time of a call in seconds, up to 120; default: 15
---@field where? "worker" "worker" if a worker of the fleet carries out the calls; default: this program does
---@field job? boolean true if a call starts a job and is answered at once; the result becomes the event job_done
---@field expires? number for a job: seconds after which its result is of no use any more; default: 3600
---@field phrases? string[] what people say to use the tool: "turn {on} the {room} light"
---@field handler? moonlark.Handler

---Offers a tool to the agent. Works only while the script loads.
---@param name string
---@param fn moonlark.Handler
---@overload fun(name: string, spec: moonlark.Tool, fn: moonlark.Handler?)
---@overload fun(spec: moonlark.Tool)
function register_tool(name, fn) end

---@class moonlark.Content the content of a resource, either text or bytes
---@field text? string
---@field bytes? string bytes that are not text, such as a picture
---@field mime? string the media type; default: that of the resource

---@class moonlark.Resource
---@field uri string such as "notes://all"; parameters are in braces: "notes://{id}"
---@field name? string default: the URI
---@field title? string the name for people
---@field description? string what the resource has, for a language model
---@field mime? string the media type of the content, such as "text/markdown"
---@field timeout? number maximum time of a read in seconds, up to 120; default: 15
---@field read fun(uri: string, call: moonlark.Call): string|moonlark.Content|table|nil, string? returns the content

---Offers a resource to MCP clients. Works only while the script loads.
---@param spec moonlark.Resource
function register_resource(spec) end

---@class moonlark.PromptArgument a text that a person gives to a prompt
---@field name? string
---@field title? string the name for people
---@field description? string what the argument means, for people
---@field required? boolean default: true
---@field optional? boolean true means the same as required = false
---@field type? "string"

---@class moonlark.Message
---@field role? "user"|"assistant" default: "user"
---@field text string

---@class moonlark.Prompt
---@field name string
---@field title? string the name for people
---@field description? string what the prompt is for
---@field arguments? (string|moonlark.PromptArgument)[]|table<string, "string"|moonlark.PromptArgument>
---@field timeout? number maximum time of the handler in seconds, up to 120; default: 15
---@field handler fun(args: table<string, string>, call: moonlark.Call): string|(string|moonlark.Message)[]|nil, string? returns the messages

---Offers a prompt to MCP clients. Works only while the script loads.
---@param spec moonlark.Prompt
function register_prompt(spec) end

---@class moonlark.Agent settings that replace those of the agent; a field that is left out changes nothing
---@field prompt? string
---@field first_message? string an empty string lets the user begin
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

---Changes the agent's settings for the conversation. Works only while the script loads.
---@param settings moonlark.Agent
function agent(settings) end

---Runs fn when the script has been loaded and is in use.
---@param fn fun()
function on_start(fn) end

---Runs fn when the script is replaced or the program ends. fn cannot wait.
---@param fn fun()
function on_unload(fn) end

---@class moonlark.Event
---@field type string the name of the event

---An event that a script or another program has sent, or a message of the server that Moonlark does not know.
---@class moonlark.event: moonlark.Event
---@field data? any what emit, or the other program, has sent
---@field [string] any

-- The overloads are made from engine/bus: go test ./engine/bus -update
---@overload fun(event: "conversation_initiation_metadata", fn: fun(e: moonlark.event.conversation_initiation_metadata))
---@overload fun(event: "user_transcript", fn: fun(e: moonlark.event.user_transcript))
---@overload fun(event: "tentative_user_transcript", fn: fun(e: moonlark.event.tentative_user_transcript))
---@overload fun(event: "agent_response", fn: fun(e: moonlark.event.agent_response))
---@overload fun(event: "agent_response_correction", fn: fun(e: moonlark.event.agent_response_correction))
---@overload fun(event: "agent_chat_response_part", fn: fun(e: moonlark.event.agent_chat_response_part))
---@overload fun(event: "agent_response_complete", fn: fun(e: moonlark.event.agent_response_complete))
---@overload fun(event: "agent_response_metadata", fn: fun(e: moonlark.event.agent_response_metadata))
---@overload fun(event: "agent_reasoning_response_part", fn: fun(e: moonlark.event.agent_reasoning_response_part))
---@overload fun(event: "interruption", fn: fun(e: moonlark.event.interruption))
---@overload fun(event: "audio", fn: fun(e: moonlark.event.audio))
---@overload fun(event: "vad_score", fn: fun(e: moonlark.event.vad_score))
---@overload fun(event: "ping", fn: fun(e: moonlark.event.ping))
---@overload fun(event: "client_tool_call", fn: fun(e: moonlark.event.client_tool_call))
---@overload fun(event: "agent_tool_request", fn: fun(e: moonlark.event.agent_tool_request))
---@overload fun(event: "agent_tool_response", fn: fun(e: moonlark.event.agent_tool_response))
---@overload fun(event: "agent_tool_response_full_payload", fn: fun(e: moonlark.event.agent_tool_response_full_payload))
---@overload fun(event: "mcp_tool_call", fn: fun(e: moonlark.event.mcp_tool_call))
---@overload fun(event: "mcp_connection_status", fn: fun(e: moonlark.event.mcp_connection_status))
---@overload fun(event: "guardrail_triggered", fn: fun(e: moonlark.event.guardrail_triggered))
---@overload fun(event: "context_usage", fn: fun(e: moonlark.event.context_usage))
---@overload fun(event: "rich_content", fn: fun(e: moonlark.event.rich_content))
---@overload fun(event: "agent_typing", fn: fun(e: moonlark.event.agent_typing))
---@overload fun(event: "external_agent_connected", fn: fun(e: moonlark.event.external_agent_connected))
---@overload fun(event: "external_agent_disconnected", fn: fun(e: moonlark.event.external_agent_disconnected))
---@overload fun(event: "dtmf_request", fn: fun(e: moonlark.event.dtmf_request))
---@overload fun(event: "asr_initiation_metadata", fn: fun(e: moonlark.event.asr_initiation_metadata))
---@overload fun(event: "internal_turn_probability", fn: fun(e: moonlark.event.internal_turn_probability))
---@overload fun(event: "internal_tentative_agent_response", fn: fun(e: moonlark.event.internal_tentative_agent_response))
---@overload fun(event: "error", fn: fun(e: moonlark.event.error))
---@overload fun(event: "client_error", fn: fun(e: moonlark.event.client_error))
---@overload fun(event: "status", fn: fun(e: moonlark.event.status))
---@overload fun(event: "reconnected", fn: fun(e: moonlark.event.reconnected))
---@overload fun(event: "idle", fn: fun(e: moonlark.event.idle))
---@overload fun(event: "speaking", fn: fun(e: moonlark.event.speaking))
---@overload fun(event: "spoken", fn: fun(e: moonlark.event.spoken))
---@overload fun(event: "silent", fn: fun(e: moonlark.event.silent))
---@overload fun(event: "level", fn: fun(e: moonlark.event.level))
---@overload fun(event: "wake", fn: fun(e: moonlark.event.wake))
---@overload fun(event: "listening", fn: fun(e: moonlark.event.listening))
---@overload fun(event: "orphaned_result", fn: fun(e: moonlark.event.orphaned_result))
---@overload fun(event: "job_done", fn: fun(e: moonlark.event.job_done))
---@overload fun(event: "screen", fn: fun(e: moonlark.event.screen))
---@overload fun(event: "touch", fn: fun(e: moonlark.event.touch))
---@overload fun(event: "fleet", fn: fun(e: moonlark.event.fleet))
---Runs fn for each event of that type. Works only while the script loads.
---@param event string the name of an event, or "*" for all events
---@param fn fun(e: moonlark.event)
function on(event, fn) end

---Sends an event to all scripts of the agent, also to the one that sends it: on(event, fn) gets it with the field data.
---@param event string a letter, then letters, digits, "_", "." and "-"; not the name of an event of the conversation
---@param data? any a value that can be JSON, at most 64 KiB
---@return boolean heard whether a script handles the event
function emit(event, data) end

-- The events that on receives. This file is made from engine/bus: go test ./engine/bus -update

---The conversation has begun.
---@class moonlark.event.conversation_initiation_metadata: moonlark.Event
---@field type "conversation_initiation_metadata"
---@field conversation_id string
---@field agent_output_audio_format string format of the agent's sound, such as pcm_16000
---@field user_input_audio_format string

---What the user has said.
---@class moonlark.event.user_transcript: moonlark.Event
---@field type "user_transcript"
---@field user_transcript string
---@field event_id integer

---What has been recognised so far, while the user speaks; it may change.
---@class moonlark.event.tentative_user_transcript: moonlark.Event
---@field type "tentative_user_transcript"
---@field user_transcript string
---@field event_id integer

---What the agent is about to say.
---@class moonlark.event.agent_response: moonlark.Event
---@field type "agent_response"
---@field agent_response string
---@field event_id integer

---The user has interrupted the agent.
---@class moonlark.event.agent_response_correction: moonlark.Event
---@field type "agent_response_correction"
---@field original_agent_response string what the agent was about to say
---@field corrected_agent_response string what it has said
---@field event_id integer

---A piece of what the agent says, as it arrives.
---@class moonlark.event.agent_chat_response_part: moonlark.Event
---@field type "agent_chat_response_part"
---@field text string
---@field part "start"|"delta"|"stop" start, delta or stop
---@field event_id integer

---The whole text of a response has been generated.
---@class moonlark.event.agent_response_complete: moonlark.Event
---@field type "agent_response_complete"
---@field event_id integer

---Data that a language model of your own has added to its response.
---@class moonlark.event.agent_response_metadata: moonlark.Event
---@field type "agent_response_metadata"
---@field metadata table
---@field event_id integer

---A piece of the reasoning of the language model before it responds.
---@class moonlark.event.agent_reasoning_response_part: moonlark.Event
---@field type "agent_reasoning_response_part"
---@field text string
---@field part "start"|"delta"|"stop" start, delta or stop
---@field event_id string

---The user has interrupted the agent.
---@class moonlark.event.interruption: moonlark.Event
---@field type "interruption"
---@field event_id integer sound with this number or a smaller one is not played any more

---Sound of the agent.
---@class moonlark.event.audio: moonlark.Event
---@field type "audio"
---@field audio string the bytes, decoded
---@field event_id integer
---@field alignment? { chars: string[], char_start_times_ms: integer[], char_durations_ms: integer[] } the time of each character, in milliseconds from the beginning of the sound
---@field is_final boolean true if the response ends with this sound

---How probable it is that the user speaks.
---@class moonlark.event.vad_score: moonlark.Event
---@field type "vad_score"
---@field vad_score number from 0 to 1

---The server measures the connection; Moonlark has answered already.
---@class moonlark.event.ping: moonlark.Event
---@field type "ping"
---@field event_id integer
---@field ping_ms? integer how long an answer takes, as the server thinks

---The agent calls a tool of the scripts; Moonlark runs it.
---@class moonlark.event.client_tool_call: moonlark.Event
---@field type "client_tool_call"
---@field tool_name string
---@field tool_call_id string
---@field parameters table the arguments
---@field event_id integer
---@field expects_response? boolean whether the agent waits for the result

---The agent calls a tool of any kind.
---@class moonlark.event.agent_tool_request: moonlark.Event
---@field type "agent_tool_request"
---@field tool_name string
---@field tool_call_id string
---@field tool_type string such as client, webhook, mcp or system
---@field event_id integer
---@field expects_response? boolean
---@field disable_interruptions? boolean
---@field response_timeout_secs? integer
---@field execution_mode "immediate"|"post_tool_speech"|"async"|nil

---A tool of any kind has a result.
---@class moonlark.event.agent_tool_response: moonlark.Event
---@field type "agent_tool_response"
---@field tool_name string
---@field tool_call_id string
---@field tool_type string such as client, webhook, mcp or system
---@field is_error boolean
---@field is_blocked? boolean
---@field is_called boolean whether the call was started
---@field event_id integer

---The same, with the result.
---@class moonlark.event.agent_tool_response_full_payload: moonlark.Event
---@field type "agent_tool_response_full_payload"
---@field tool_name string
---@field tool_call_id string
---@field tool_type string such as client, webhook, mcp or system
---@field is_error boolean
---@field is_blocked? boolean
---@field is_called boolean whether the call was started
---@field event_id integer
---@field full_tool_result string the result, or its first 64 KB
---@field truncated? boolean

---The call of a tool on an MCP server has a new state.
---@class moonlark.event.mcp_tool_call: moonlark.Event
---@field type "mcp_tool_call"
---@field tool_name string
---@field tool_call_id string
---@field service_id string
---@field tool_description? string
---@field parameters table the arguments
---@field timestamp? string
---@field state "loading"|"awaiting_approval"|"success"|"failure" see session.approve
---@field approval_timeout_secs? integer how long the server waits for session.approve
---@field result? table[] with the state success
---@field error_message? string with the state failure

---Which MCP servers of the agent are connected.
---@class moonlark.event.mcp_connection_status: moonlark.Event
---@field type "mcp_connection_status"
---@field integrations { integration_id: string, integration_type: string, is_connected: boolean, tool_count: integer }[] the MCP servers of the agent

---The conversation has violated a guardrail of the agent.
---@class moonlark.event.guardrail_triggered: moonlark.Event
---@field type "guardrail_triggered"
---@field guardrail_name? string

---How much of its context the language model has used for a turn.
---@class moonlark.event.context_usage: moonlark.Event
---@field type "context_usage"
---@field event_id integer
---@field model string
---@field context_tokens integer
---@field context_limit_tokens integer

---Content to show on a screen.
---@class moonlark.event.rich_content: moonlark.Event
---@field type "rich_content"
---@field rich_content_id string
---@field component string the kind of content
---@field props table the content
---@field event_id integer

---A person who has replaced the agent starts or stops typing.
---@class moonlark.event.agent_typing: moonlark.Event
---@field type "agent_typing"
---@field is_typing boolean
---@field duration_ms? integer how long to show that somebody types

---A person talks to the user in place of the agent.
---@class moonlark.event.external_agent_connected: moonlark.Event
---@field type "external_agent_connected"

---The person has left, and the agent talks to the user again.
---@class moonlark.event.external_agent_disconnected: moonlark.Event
---@field type "external_agent_disconnected"

---The agent asks for tones of a telephone keypad.
---@class moonlark.event.dtmf_request: moonlark.Event
---@field type "dtmf_request"
---@field [string] any

---Speech recognition has started.
---@class moonlark.event.asr_initiation_metadata: moonlark.Event
---@field type "asr_initiation_metadata"
---@field [string] any

---How probable it is that the user has finished speaking; internal to ElevenLabs.
---@class moonlark.event.internal_turn_probability: moonlark.Event
---@field type "internal_turn_probability"
---@field turn_probability number from 0 to 1

---What the agent will perhaps say; internal to ElevenLabs.
---@class moonlark.event.internal_tentative_agent_response: moonlark.Event
---@field type "internal_tentative_agent_response"
---@field tentative_agent_response string

---The server reports an error, usually before it closes the conversation.
---@class moonlark.event.error: moonlark.Event
---@field type "error"
---@field code? integer the close code that will follow, if the server says it
---@field message? string
---@field error_type? string such as override_error
---@field reason? string
---@field debug_message? string
---@field details? table

---The same, from some servers.
---@class moonlark.event.client_error: moonlark.Event
---@field type "client_error"
---@field code integer
---@field error_name string
---@field message? string

---The state of the agent's life has changed.
---@class moonlark.event.status: moonlark.Event
---@field type "status"
---@field status "waiting"|"connecting"|"connected"|"reconnecting"|"ended" as session.status returns it
---@field reason string why the conversation ended or could not begin; or ""

---A conversation replaces one that was cut short.
---@class moonlark.event.reconnected: moonlark.Event
---@field type "reconnected"
---@field conversation_id string

---Nobody has said anything, and no tool has run; sent each second.
---@class moonlark.event.idle: moonlark.Event
---@field type "idle"
---@field seconds number for how long

---The sound of a reply begins to play.
---@class moonlark.event.speaking: moonlark.Event
---@field type "speaking"
---@field event_id integer

---Words of a reply have been heard; only if the agent sends the time of each character.
---@class moonlark.event.spoken: moonlark.Event
---@field type "spoken"
---@field event_id integer
---@field text string the words

---The sound of a reply has ended.
---@class moonlark.event.silent: moonlark.Event
---@field type "silent"
---@field event_id integer
---@field interrupted boolean true if the user has interrupted the reply

---How loud the microphone and the speaker are, 10 times a second while there is a microphone.
---@class moonlark.event.level: moonlark.Event
---@field type "level"
---@field level number of the microphone in dBFS, from -96 to 0
---@field speaker number level of the speaker, likewise
---@field voice boolean true while somebody speaks

---Somebody has said a wake word (--wake).
---@class moonlark.event.wake: moonlark.Event
---@field type "wake"
---@field word string
---@field score? number from 0 to 1, if the recogniser reports it

---Session.listen or the space bar has changed whether the agent hears the microphone.
---@class moonlark.event.listening: moonlark.Event
---@field type "listening"
---@field listening boolean

---A tool has a result, but its conversation was over before it could be sent.
---@class moonlark.event.orphaned_result: moonlark.Event
---@field type "orphaned_result"
---@field conversation_id string
---@field tool_call_id string
---@field tool_name string
---@field result string
---@field is_error boolean

---A job of a tool with job = true has its result; only the script of the tool receives it.
---@class moonlark.event.job_done: moonlark.Event
---@field type "job_done"
---@field tool string
---@field id string that of the job
---@field args table the arguments of the job
---@field result string
---@field is_error boolean

---A page that shows the screen of the kiosk has come or gone, or has begun or ceased to carry the sound.
---@class moonlark.event.screen: moonlark.Event
---@field type "screen"
---@field action "came"|"went"|"sound_on"|"sound_off" sound_off also if the page has lost its microphone
---@field pages integer how many are open now
---@field width integer in pixels
---@field height integer
---@field touch boolean true if the page has a touch screen
---@field sound boolean true if the page carries the sound (--mic browser, --speaker browser)

---Somebody has touched the screen of the kiosk.
---@class moonlark.event.touch: moonlark.Event
---@field type "touch"
---@field id string the id of the button or its block, or ""
---@field action "press"|"choose"|"dismiss"|"wake" see [screen](../screen/manual.md)
---@field value string the value of the button, or its text

---A bundle of scripts has come into another phase (--fleet-store).
---@class moonlark.event.fleet: moonlark.Event
---@field type "fleet"
---@field phase "ready"|"trial"|"good"|"back"|"refused"
---@field fleet string the fleet of the bundle, or ""
---@field version integer
---@field reason string why the bundle is not used; or ""

---Waits for that time. Other handlers of the script run meanwhile.
---@param seconds number
function sleep(seconds) end

---@class moonlark.Timer
local Timer = {}

---Prevents further runs. A run that has begun continues.
function Timer:cancel() end

---Starts the timer anew: the seconds begin now, or the next run is the next one of the schedule. Also after the last run and after cancel.
function Timer:restart() end

---Returns the time of the next run, in seconds since 1970. It is nil if there is none.
---@return number?
function Timer:next() end

---Runs fn once, after that time.
---@param seconds number
---@param fn fun()
---@return moonlark.Timer
function after(seconds, fn) end

---Runs fn each time that time has passed.
---@param seconds number
---@param fn fun()
---@return moonlark.Timer
function every(seconds, fn) end

---Runs fn(...) as a task of its own.
---@param fn fun(...)
---@param ... any
function spawn(fn, ...) end

---cron(expression, fn, options) runs fn(t) at the times of a cron expression; t is the time of the run, in seconds since 1970.
---expression: minute, hour, day, month, day of the week, such as "30 7 * * mon-fri"; or 6 fields with the second first; or @hourly, @daily, @weekly, @monthly, @yearly.
---options: zone, such as "Europe/Berlin", default the zone of the machine; name, for the log; missed, "run" makes up for a run that was missed while the program did not run.
---@class moonlark.cron
---@overload fun(expression: string, fn: fun(t: number), options?: { zone: string, name: string, missed: "skip"|"run" }): moonlark.Timer
cron = {}

---Returns the first time of a cron expression after from, in seconds since 1970. It is nil if there is none.
---@param expression string
---@param from? number default: now
---@param zone? string such as "Europe/Berlin"; default: the zone of the machine
---@return number?
function cron.next(expression, from, zone) end

---Returns true if cron accepts the expression.
---@param expression string
---@return true? ok nil when the expression is wrong
---@return string? reason
---@return string? code "invalid"
function cron.valid(expression) end

---Runs fn(t) each day; t is the time of the run, in seconds since 1970.
---@param time string "07:00", or "sunrise", "sunset", "dawn" or "dusk", possibly with an offset such as "sunset-00:30"
---@param fn fun(t: number)
---@param options? { zone: string, days: string, lat: number, lon: number, name: string, missed: "skip"|"run" } zone: such as "Europe/Berlin", default the zone of the machine; days: such as "mon-fri", default every day; lat, lon: the place in degrees, for the sun; name: for the log; missed: "run" makes up for a run that was missed while the program did not run
---@return moonlark.Timer
function daily(time, fn, options) end

---Runs fn(t) once, at time t. A time that has passed is never reached.
---@param time number|string seconds since 1970, or a text such as "2026-12-24 18:00"
---@param fn fun(t: number)
---@param options? { zone: string, name: string } zone: of a text without an offset, default the zone of the machine; name: for the log
---@return moonlark.Timer
function at(time, fn, options) end

---Returns a function. fn runs once, that long after the last call of the function, with the arguments of the last call.
---@param seconds number
---@param fn fun(...)
---@return fun(...)
function debounce(seconds, fn) end

---Returns a function that calls fn with its arguments and returns the results of fn. It does nothing if it has called fn less than so many seconds ago.
---@param seconds number
---@param fn fun(...): any
---@return fun(...): any
function throttle(seconds, fn) end

---A table that survives a reload of the script. It keeps values that can be JSON.
---@type table<string|number, any>
state = {}

---@class moonlark.module.session
session = {}

---Sends a user message.
---@param text string
---@return true? sent
---@return string? reason why it was not sent
function session.send(text) end

---Sends a file that was uploaded to the conversation.
---@param id string
---@param text? string
---@return true? sent
---@return string? reason why it was not sent
function session.send_file(id, text) end

---Tells the agent something. The agent does not answer it.
---@param text string
---@param id? string a later text with the same id replaces this one
---@return true? sent
---@return string? reason why it was not sent
function session.context(text, id) end

---Tells the agent that the user is present.
---@return true? sent
---@return string? reason why it was not sent
function session.activity() end

---Says what the user thinks of a response.
---@param event_id integer
---@param score? "like"|"dislike" nil withdraws an earlier one
---@return true? sent
---@return string? reason why it was not sent
function session.feedback(event_id, score) end

---Allows or refuses an MCP tool call of the agent.
---@param call_id string
---@param approved boolean
---@return true? sent
---@return string? reason why it was not sent
function session.approve(call_id, approved) end

---@class moonlark.Start: moonlark.Agent
---@field preroll? boolean also sends the sound that the microphone recorded just before, and until the agent is connected

---Asks for a conversation. Works when the program runs with --wait.
---@param settings? moonlark.Start
---@return true? asked
---@return string? reason why there will be no conversation
function session.start(settings) end

---Returns the state of the conversation. It is "waiting" before the first conversation, and if the script runs without an agent.
---@return "waiting"|"connecting"|"connected"|"reconnecting"|"ended"
function session.status() end

---Runs fn when nobody has said anything, and no tool has run, for that time. Works only while the script loads.
---@param seconds number
---@param fn fun(seconds: number)
function session.on_idle(seconds, fn) end

---Tells the agent the text that fn returns, after a lost conversation has been replaced by a new one.
---Works only while the script loads.
---@param fn fun(): string?
function session.resume_context(fn) end

---Ends the conversation after the results of running calls have been sent.
function session.stop() end

---Sets the volume of all sound.
---@param v number from 0 to 1
---@return true? done
---@return string? reason why it was not done
function session.volume(v) end

---Switches the microphone off and on.
---@param muted boolean
---@return true? done
---@return string? reason why it was not done
function session.mute(muted) end

---Decides whether the agent hears the microphone or silence.
---@param listening boolean
---@return true? done
---@return string? reason why it was not done
function session.listen(listening) end

---@class moonlark.module.audio
audio = {}

---@class AudioSay
---@field say string the text to speak
---@field voice? string name of a voice of the text to speech
---@field model? string
---@field language? string such as "en" or "pt-br"
---@field speed? number 1 is the normal speed

---@class AudioOptions
---@field volume? number from 0 to 1; default: 1
---@field fade_in? number seconds; default: 0
---@field duck? number|false its volume while somebody speaks, from 0 to 1; false: not lowered; default: 0.2
---@field loop? boolean begin again at the end
---@field speech? boolean it is speech: other sounds are lowered meanwhile

---@class AudioQueuedOptions: AudioOptions
---@field priority? integer from -100 to 100; a sound of a higher priority is played first; default: 0

---@class AudioQueueOptions: AudioOptions
---@field gap? number seconds between two sounds

---@class AudioToneOptions: AudioOptions
---@field seconds? number length of each note; default: 0.2
---@field shape? "sine"|"triangle"|"square"|"bell"

---@class AudioRecordOptions
---@field until_silence? number end the recording when somebody has spoken and has then been silent for so many seconds
---@field rate? integer samples per second; default: 16000

---A sound that plays, or waits in a queue.
---@class AudioSound
local AudioSound = {}

---Waits until the sound has ended.
---@param timeout? number seconds
---@return boolean? ended false if the sound was stopped
---@return string? reason
---@return string? code
function AudioSound:wait(timeout) end

---Ends the sound.
---@param fade? number seconds; default: 0.05
function AudioSound:stop(fade) end

---Interrupts the sound.
function AudioSound:pause() end

---Continues the sound.
function AudioSound:resume() end

---Sets the volume.
---@param volume number from 0 to 1
---@param fade? number seconds; default: 0.05
function AudioSound:volume(volume, fade) end

---Returns whether the sound is to be heard.
---@return boolean playing
function AudioSound:playing() end

---Returns how much of the sound has been played.
---@return number seconds
function AudioSound:position() end

---Sounds that are played one after the other.
---@class AudioQueue
local AudioQueue = {}

---Adds a sound at the end, or before those with a lower priority.
---@param source string|AudioSay path, bytes or URL of a sound file, or a text to speak
---@param options? AudioQueuedOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function AudioQueue:add(source, options) end

---Ends the sound that plays. The next one begins.
---@param fade? number seconds; default: 0.05
function AudioQueue:skip(fade) end

---Removes the sounds that wait.
function AudioQueue:clear() end

---Removes the sounds that wait, and ends the one that plays.
---@param fade? number seconds; default: 0.05
function AudioQueue:stop(fade) end

---Interrupts the queue.
function AudioQueue:pause() end

---Continues the queue.
function AudioQueue:resume() end

---Sets the volume of all sounds of the queue, which multiplies their own.
---@param volume number from 0 to 1
---@param fade? number seconds; default: 0.05
function AudioQueue:volume(volume, fade) end

---Returns how many sounds wait.
---@return integer
function AudioQueue:length() end

---Returns the sound that plays.
---@return AudioSound?
function AudioQueue:current() end

---Plays a sound, together with the agent's voice. Returns when the sound begins.
---@param source string|AudioSay path, bytes or URL of a sound file (WAV, MP3, Ogg Vorbis), or a text to speak
---@param options? AudioOptions
---@return AudioSound? sound
---@return string? reason why it does not play
---@return string? code
function audio.play(source, options) end

---Plays a sound or says a text when the agent is not speaking and no other announcement is. Other sounds are lowered meanwhile.
---@param source string|AudioSay
---@param options? AudioQueuedOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function audio.announce(source, options) end

---Makes a queue of sounds. The options are the defaults for its sounds.
---@param options? AudioQueueOptions
---@return AudioQueue
function audio.queue(options) end

---Plays notes: hertz, 0 for a pause, or {hertz, seconds}.
---@param notes number|(number|number[])[]
---@param options? AudioToneOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function audio.tone(notes, options) end

---Plays a short melody of bells.
---@param name "attention"|"doorbell"|"error"|"success"|"timer"
---@param options? AudioOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function audio.chime(name, options) end

---Plays a tone.
---@param hertz? number default: 880
---@param seconds? number default: 0.15
---@return true? playing
---@return string? reason why it does not play
---@return string? code
function audio.beep(hertz, seconds) end

---Ends all sounds of the script.
---@param fade? number seconds; default: 0.05
function audio.stop(fade) end

---Returns whether a sound of the script plays.
---@return boolean
function audio.playing() end

---Records with the microphone.
---@param seconds number at most 300
---@param options? AudioRecordOptions
---@return string? wav the bytes of a WAV file
---@return boolean|string spoke whether somebody spoke, or the reason why there is no recording
---@return string? code
function audio.record(seconds, options) end

---Returns how loud the speaker and the microphone are: 0 is -60 dBFS or less, 1 is the loudest sound.
---@return { speaker: number, microphone: number }? levels
---@return string? reason
---@return string? code
function audio.levels() end

---Returns the sound devices of the machine.
---@return { speakers: { name: string, description: string, default: boolean }[], microphones: { name: string, description: string, default: boolean }[] }? devices
---@return string? reason
---@return string? code
function audio.devices() end

---@class moonlark.module.tts
tts = {}

---@class TTSOptions: AudioOptions
---@field voice? string name of a voice of the text to speech
---@field model? string
---@field language? string such as "en" or "pt-br"
---@field speed? number from 0.25 to 4; 1 is the normal speed

---@class TTSFileOptions
---@field voice? string
---@field model? string
---@field language? string
---@field speed? number
---@field rate? integer samples per second; default: 24000
---@field timeout? number seconds; default: 60

---Speaks a text. Returns when the sound begins.
---@param text string
---@param options? TTSOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function tts.say(text, options) end

---Returns the sound of a text as a WAV file.
---@param text string
---@param options? TTSFileOptions
---@return string? wav the bytes of the file
---@return string? reason
---@return string? code
function tts.wav(text, options) end

---@class moonlark.module.stt
stt = {}

---@class STTOptions
---@field language? string a code such as "en" or "pt-br"
---@field vocabulary? string[] sentences and words that are likely, the likeliest first
---@field timeout? number seconds; default: 30

---Returns the text that is spoken in a sound file, "" if nothing is said.
---@param sound string the bytes of a WAV, MP3 or Ogg Vorbis file, such as those that audio.record returns
---@param options? STTOptions
---@return string? text
---@return string? reason
---@return string? code
function stt.transcribe(sound, options) end

---@class moonlark.module.json
json = {}

---Returns the JSON text of a value. Raises an error when the value cannot be JSON.
---@param v any
---@param options? { pretty: boolean } pretty: indented, with a line for each member
---@return string
function json.encode(v, options) end

---Returns the value of a JSON text.
---@param text string
---@param options? { big: "string" } big: whole numbers beyond 2^53 become strings of digits
---@return any value nil when text is not JSON
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function json.decode(text, options) end

---Returns an iterator of the values in lines: for v in json.lines(next) do ... end. Raises an error when a line is not JSON.
---@param next fun(): string? an iterator that returns lines with one JSON value each
---@param options? { big: "string" } as for json.decode
---@return fun(): any
function json.lines(next, options) end

---Returns the value at a path such as "a.b[1]" or 'a["b c"]'.
---@param v any
---@param path string
---@param default? any what to return if there is no value at the path, or null
---@return any
function json.get(v, path, default) end

---Tags a table as an array, so that it is written as [...] even if it is empty or has holes.
---@generic T: table
---@param t? T default: a new table
---@return T
function json.array(t) end

---Stands for JSON's null.
---@type userdata
json.null = nil

---@class moonlark.module.log
log = {}

---Logs a message that is shown only with --log-level debug.
---@param ... any values; a table is shown as JSON
function log.debug(...) end

---Logs a message.
---@param ... any values; a table is shown as JSON
function log.info(...) end

---Logs a warning.
---@param ... any values; a table is shown as JSON
function log.warn(...) end

---Logs an error.
---@param ... any values; a table is shown as JSON
function log.error(...) end

---@class moonlark.module.base64
base64 = {}

---Returns s in base64.
---@param s string
---@param options? { url: boolean, pad: boolean, lines: integer } url: - and _ in place of + and /, default false; pad: = at the end, default true; lines: characters in a line, default 0 for one line
---@return string
function base64.encode(s, options) end

---Returns the bytes of a text in base64. Accepts both alphabets, text with or without =, and white space.
---@param text string
---@return string? bytes nil when text is not base64
---@return string? reason
---@return string? code "invalid" or "too_large"
function base64.decode(text) end

---@class moonlark.module.hex
hex = {}

---Returns s in hexadecimal, with two lower-case digits for each byte.
---@param s string
---@return string
function hex.encode(s) end

---Returns the bytes of a text in hexadecimal. Accepts upper and lower case, and white space.
---@param text string
---@return string? bytes nil when text is not hexadecimal
---@return string? reason
---@return string? code "invalid" or "too_large"
function hex.decode(text) end

---@class moonlark.module.hash
hash = {}

---Returns the MD5 checksum of s in hexadecimal. MD5 is not secure.
---@param s string
---@param options? { raw: boolean } raw: returns the 16 bytes
---@return string
function hash.md5(s, options) end

---Returns the SHA-1 checksum of s in hexadecimal. SHA-1 is not secure.
---@param s string
---@param options? { raw: boolean } raw: returns the 20 bytes
---@return string
function hash.sha1(s, options) end

---Returns the SHA-256 checksum of s in hexadecimal.
---@param s string
---@param options? { raw: boolean } raw: returns the 32 bytes
---@return string
function hash.sha256(s, options) end

---Returns the SHA-384 checksum of s in hexadecimal.
---@param s string
---@param options? { raw: boolean } raw: returns the 48 bytes
---@return string
function hash.sha384(s, options) end

---Returns the SHA-512 checksum of s in hexadecimal.
---@param s string
---@param options? { raw: boolean } raw: returns the 64 bytes
---@return string
function hash.sha512(s, options) end

---Returns the CRC-32 checksum of s, as in zip files and PNG.
---@param s string
---@return integer
function hash.crc32(s) end

---Returns the HMAC of data: a checksum that only somebody who has the key can compute.
---@param algo "md5"|"sha1"|"sha256"|"sha384"|"sha512"
---@param key string|secret
---@param data string
---@param options? { raw: boolean } raw: returns the bytes instead of hexadecimal digits
---@return string
function hash.hmac(algo, key, data, options) end

---Returns the checksum of a file.
---@param algo "md5"|"sha1"|"sha256"|"sha384"|"sha512"
---@param path string as for fs.read
---@param options? { raw: boolean } raw: returns the bytes instead of hexadecimal digits
---@return string? checksum nil when the file cannot be read
---@return string? reason
---@return string? code "not_found", "denied", "not_a_file", "timeout" or "io"
function hash.file(algo, path, options) end

---Compares two strings. The time that this takes does not say at which byte they differ.
---@param a string|secret
---@param b string|secret
---@return boolean
function hash.equal(a, b) end

---@class moonlark.module.url
url = {}

---The parts of a URL. A part that the URL does not have is nil.
---@class moonlark.url
---@field scheme? string such as "https", in lower case
---@field user? string
---@field password? string
---@field host? string a name or an IP address, without brackets
---@field port? integer from 0 to 65535
---@field path? string with its escapes; "" if there is none
---@field query? table<string, string|number|boolean|(string|number|boolean)[]> a list for a name that occurs several times
---@field fragment? string the text after #

---Takes a URL apart.
---@param s string
---@return moonlark.url? parts nil when s is not a URL
---@return string? reason
---@return string? code "invalid" or "too_large"
function url.parse(s) end

---Returns the URL with these parts.
---@param parts moonlark.url
---@return string
function url.build(parts) end

---Returns the URL that a link means on a page.
---@param base string the complete URL of the page
---@param ref string the link, which may be relative
---@return string? url nil when one of them is not a URL
---@return string? reason
---@return string? code "invalid" or "too_large"
function url.join(base, ref) end

---Returns s with escapes for all bytes except letters, digits and - . _ ~; a space becomes %20.
---@param s string
---@return string
function url.encode(s) end

---Returns s without escapes such as %20. A + stays a +.
---@param s string
---@return string? text nil when s has a % that begins no escape
---@return string? reason
---@return string? code "invalid" or "too_large"
function url.decode(s) end

---Returns the query with these names and values, such as "a=1&b=2".
---@param t table<string, string|number|boolean|(string|number|boolean)[]>
---@return string
function url.query(t) end

---@class moonlark.module.utf8
utf8 = {}

---Returns the characters with these code points, as a string.
---@param ... integer from 0 to 0x10FFFF
---@return string
function utf8.char(...) end

---A pattern that matches one character.
---@type string
utf8.charpattern = nil

---Returns an iterator: for position, code in utf8.codes(s) do ... end
---@param s string
---@return fun(s: string, position: integer): integer, integer
---@return string s
---@return integer position
function utf8.codes(s) end

---Returns the code points of the characters that begin from byte i to byte j.
---@param s string
---@param i? integer default: 1
---@param j? integer default: i
---@return integer ...
function utf8.codepoint(s, i, j) end

---Returns the number of characters that begin from byte i to byte j.
---@param s string
---@param i? integer default: 1
---@param j? integer default: -1
---@return integer? count nil when s is not UTF-8
---@return integer? position of the first byte that is not UTF-8
function utf8.len(s, i, j) end

---Returns the position in bytes of the nth character, counted from byte i. A negative n counts backwards, and 0 means the character that contains byte i.
---@param s string
---@param n integer
---@param i? integer default: 1, or the end of s if n is negative
---@return integer? position nil when there is no such character
function utf8.offset(s, n, i) end

---@class moonlark.module.bit
bit = {}

---Returns the bits that are set in all arguments.
---@param x number
---@param ... number
---@return integer result from -2^31 to 2^31-1
function bit.band(x, ...) end

---Returns the bits that are set in any of the arguments.
---@param x number
---@param ... number
---@return integer result from -2^31 to 2^31-1
function bit.bor(x, ...) end

---Returns the bits that are set in an odd number of the arguments.
---@param x number
---@param ... number
---@return integer result from -2^31 to 2^31-1
function bit.bxor(x, ...) end

---Returns x with all its 32 bits inverted.
---@param x number
---@return integer result from -2^31 to 2^31-1
function bit.bnot(x) end

---Returns x shifted left by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from -2^31 to 2^31-1
function bit.lshift(x, n) end

---Returns x shifted right by n bits, filled with zeros.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from -2^31 to 2^31-1
function bit.rshift(x, n) end

---Returns x shifted right by n bits, filled with the sign bit of x.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from -2^31 to 2^31-1
function bit.arshift(x, n) end

---Returns x rotated left by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from -2^31 to 2^31-1
function bit.rol(x, n) end

---Returns x rotated right by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from -2^31 to 2^31-1
function bit.ror(x, n) end

---Returns the lowest 32 bits of x as a number.
---@param x number
---@return integer result from -2^31 to 2^31-1
function bit.tobit(x) end

---Returns the lowest digits of x in hexadecimal.
---@param x number
---@param n? integer number of digits, default 8; a negative number means upper case
---@return string
function bit.tohex(x, n) end

---@class moonlark.module.bit32
bit32 = {}

---Returns the bits that are set in all arguments.
---@param x number
---@param ... number
---@return integer result from 0 to 2^32-1
function bit32.band(x, ...) end

---Returns the bits that are set in any of the arguments.
---@param x number
---@param ... number
---@return integer result from 0 to 2^32-1
function bit32.bor(x, ...) end

---Returns the bits that are set in an odd number of the arguments.
---@param x number
---@param ... number
---@return integer result from 0 to 2^32-1
function bit32.bxor(x, ...) end

---Returns x with all its 32 bits inverted.
---@param x number
---@return integer result from 0 to 2^32-1
function bit32.bnot(x) end

---Returns x shifted left by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.lshift(x, n) end

---Returns x shifted right by n bits, filled with zeros.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.rshift(x, n) end

---Returns x shifted right by n bits, filled with the sign bit of x.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.arshift(x, n) end

---Returns x rotated left by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.rol(x, n) end

---Returns x rotated right by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.ror(x, n) end

---Returns the lowest 32 bits of x as a number.
---@param x number
---@return integer result from 0 to 2^32-1
function bit32.tobit(x) end

---Returns the lowest digits of x in hexadecimal.
---@param x number
---@param n? integer number of digits, default 8; a negative number means upper case
---@return string
function bit32.tohex(x, n) end

---@class moonlark.module.uuid
uuid = {}

---Returns a random UUID, such as "0b9f3c1e-7a52-4f0e-9c43-5d8f2a61b7e0".
---@return string
function uuid.v4() end

---Returns a UUID that begins with the time, so that later UUIDs are greater as strings.
---@return string
function uuid.v7() end

---Reports whether s is a UUID of any version, in upper or lower case.
---@param s string
---@return boolean
function uuid.valid(s) end

---@class moonlark.module.random
random = {}

---Returns n random bytes that cannot be guessed.
---@param n integer from 0 to 1048576
---@return string
function random.bytes(n) end

---Returns n random bytes in hexadecimal, which are 2n digits.
---@param n integer number of bytes, from 0 to 1048576
---@return string
function random.hex(n) end

---Returns a whole number from a to b, each with the same probability.
---@param a integer
---@param b integer
---@return integer
function random.integer(a, b) end

---Returns an element of a list. Raises an error if the list is empty.
---@generic T
---@param t T[]
---@return T
function random.choice(t) end

---Puts the elements of a list in a random order, and returns the list.
---@generic T
---@param t T[]
---@return T[]
function random.shuffle(t) end

---@class moonlark.module.csv
csv = {}

---Returns the rows of a text. All values are strings.
---@param s string
---@param options? { header: boolean, separator: string, lazy: boolean } header: the first row has the names of the columns, default true; separator: default ","; lazy: accepts misplaced quotes and rows of different lengths, default true
---@return table[]? rows tables by name, or lists if header is false; nil when the text is wrong
---@return string? reason
---@return string? code "invalid" or "too_large"
function csv.decode(s, options) end

---Returns the rows as text.
---@param rows table[] tables by name, or lists
---@param options? { columns: string[], separator: string, excel: boolean } columns: the names of the columns to write; separator: default ","; excel: writes ' before strings that a spreadsheet takes for formulas, default false
---@return string
function csv.encode(rows, options) end

---Returns an iterator of rows: for row in csv.lines(next) do ... end. Raises an error when a line is wrong.
---@param next fun(): string? an iterator that returns lines
---@param options? { header: boolean, separator: string, lazy: boolean } as for csv.decode
---@return fun(): table?
function csv.lines(next, options) end

---@class moonlark.module.toml
toml = {}

---Returns the table that a TOML text describes. Integers beyond 2^53 are strings of digits. Dates with an offset from UTC are Unix seconds, other dates and times are strings.
---@param s string
---@return table? t nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function toml.decode(s) end

---Returns a table as TOML. Raises an error when the table cannot be TOML.
---@param t table
---@return string
function toml.encode(t) end

---@class moonlark.module.yaml
yaml = {}

---Returns the value of a YAML text with one document. null is json.null, keys are strings, integers beyond 2^53 are strings of digits.
---@param s string
---@return any value nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function yaml.decode(s) end

---Returns the values of all documents in a YAML text.
---@param s string
---@return any[]? values nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function yaml.decode_all(s) end

---Returns a value as YAML. Raises an error when the value cannot be YAML.
---@param v any
---@return string
function yaml.encode(v) end

---@class moonlark.module.xml
xml = {}

---@class moonlark.XmlContent what becomes an element
---@field tag string the name of the element, with its prefix
---@field attrs? table<string, string|number|boolean> the attributes by name
---@field text? string|number|boolean
---@field children? moonlark.XmlContent[]

---@class moonlark.XmlNode: moonlark.XmlContent
---@field tag string the name of the element, with its prefix
---@field attrs table<string, string> the attributes by name
---@field text string the text of the element without that of its children, and without white space at both ends
---@field children moonlark.XmlNode[]
local XmlNode = {}

---Returns the first node at a path below this node.
---@param path string tags with / between them, such as "channel/item"; * stands for any tag
---@return moonlark.XmlNode?
function XmlNode:find(path) end

---Returns all nodes at a path below this node.
---@param path string tags with / between them, such as "channel/item"; * stands for any tag
---@return moonlark.XmlNode[]
function XmlNode:all(path) end

---Returns the root node of an XML text.
---@param s string
---@return moonlark.XmlNode? node nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid", "too_large" or "unsupported"
function xml.decode(s) end

---Returns a node as XML. Raises an error when it is not a node.
---@param node moonlark.XmlContent
---@param options? { pretty: boolean, declaration: boolean } pretty: each element on a line of its own, default false; declaration: begins with <?xml ...?>, default false
---@return string
function xml.encode(node, options) end

---@class moonlark.module.feed
feed = {}

---@class moonlark.FeedItem
---@field title string "" if there is none, like link and summary
---@field link string
---@field summary string text without tags
---@field date? number Unix seconds

---@class moonlark.Feed
---@field title string
---@field link string
---@field items moonlark.FeedItem[] in the order of the text

---Returns the content of a feed: RSS or Atom.
---@param text string
---@return moonlark.Feed? feed nil when the text is wrong
---@return string? reason
---@return string? code "invalid", "too_large" or "unsupported"
function feed.parse(text) end

---@class moonlark.module.struct
struct = {}

---Returns the values as bytes. The format is that of string.pack of Lua 5.3, such as "<I2 f z".
---@param fmt string
---@param ... number|string a whole number beyond 2^53 may be a string of digits
---@return string bytes
function struct.pack(fmt, ...) end

---Returns the values in bytes, and the position after them.
---@param fmt string as for struct.pack
---@param bytes string|integer[] a string, or a list of numbers from 0 to 255
---@param pos? integer position of the first byte, default 1
---@return any ... the values and the position; or nil, the reason and the code "invalid" when there are too few bytes
function struct.unpack(fmt, bytes, pos) end

---Returns the number of bytes that values with this format have. The format must not have s or z.
---@param fmt string as for struct.pack
---@return integer
function struct.size(fmt) end

---The same function as struct.pack.
---@param fmt string
---@param ... number|string
---@return string bytes
function string.pack(fmt, ...) end

---Like struct.unpack, but raises an error when there are too few bytes.
---@param fmt string
---@param bytes string
---@param pos? integer default: 1
---@return any ... the values and the position after them
function string.unpack(fmt, bytes, pos) end

---The same function as struct.size.
---@param fmt string
---@return integer
function string.packsize(fmt) end

---@class moonlark.module.re
re = {}

---The match of a pattern: m[0] is the match, m[1], m[2], ... are its groups, and m.name is the group (?P<name>...). A group that took no part is nil.
---@alias moonlark.Match table<integer|string, string>

---A replacement: a string with $1, $name, ${name} and $$; a table; or a function that gets the groups (the match, if the pattern has none).
---@alias moonlark.Replacement string|table<string, string|number|false>|fun(...: string): string|number|false|nil

---@class moonlark.Pattern a compiled pattern
local Pattern = {}

---Returns the first match in s, or nil.
---@param s string
---@return moonlark.Match?
function Pattern:match(s) end

---Returns the positions of the first byte and the last byte of the first match in s, and its groups.
---@param s string
---@return integer? from nil if there is no match
---@return integer? to
---@return string? ... groups
function Pattern:find(s) end

---Returns whether s contains a match.
---@param s string
---@return boolean
function Pattern:test(s) end

---Returns an iterator of the matches: for m in r:gmatch(s) do ... end.
---@param s string
---@return fun(): moonlark.Match?
function Pattern:gmatch(s) end

---Returns s with its matches replaced.
---@param s string
---@param repl moonlark.Replacement
---@param n? integer the maximal number of replacements; default: all
---@return string
---@return integer count number of replacements
function Pattern:gsub(s, repl, n) end

---Returns the parts of s between the matches.
---@param s string
---@return string[]
function Pattern:split(s) end

---Compiles a pattern. Raises an error if it is wrong.
---@param pattern string a regular expression of RE2, best in long brackets: [[\d+]]
---@param flags? string letters: i ignores case, m: ^ and $ match at line ends, s: . matches a line end, U exchanges x* and x*?
---@return moonlark.Pattern
function re.compile(pattern, flags) end

---Returns the first match in s, or nil. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string a regular expression of RE2, best in long brackets: [[\d+]]
---@param flags? string letters of i, m, s, U
---@return moonlark.Match?
function re.match(s, pattern, flags) end

---Returns the positions of the first byte and the last byte of the first match in s, and its groups. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return integer? from nil if there is no match
---@return integer? to
---@return string? ... groups
function re.find(s, pattern, flags) end

---Returns whether s contains a match. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return boolean
function re.test(s, pattern, flags) end

---Returns an iterator of the matches: for m in re.gmatch(s, pattern) do ... end. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return fun(): moonlark.Match?
function re.gmatch(s, pattern, flags) end

---Returns s with its matches replaced. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param repl moonlark.Replacement
---@param n? integer the maximal number of replacements; default: all
---@param flags? string letters of i, m, s, U
---@return string
---@return integer count number of replacements
function re.gsub(s, pattern, repl, n, flags) end

---Returns the parts of s between the matches. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return string[]
function re.split(s, pattern, flags) end

---Returns a pattern that matches s only.
---@param s string
---@return string
function re.escape(s) end

---@class moonlark.module.jwt
jwt = {}

---Makes a signed token.
---@param claims table what the token says, such as { sub = "ann", exp = os.time() + 60 }
---@param key string|secret the secret that both sides have, or a private key in PEM
---@param options? { alg: string, expires: number, header: table } alg: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512 or EdDSA, default: the first that fits the key; expires: seconds from now until the token expires; header: more fields of the header, such as kid
---@return string token
function jwt.sign(claims, key, options) end

---Returns the claims of a token if its signature is right, and it is valid now.
---@param token string
---@param key string|secret|table<string, string> the secret that both sides have, or a public key or certificate in PEM; or a table of keys by key id (kid)
---@param options? { algs: string[], issuer: string, audience: string, leeway: number } algs: the algorithms to accept, default: the first that fits the key; issuer, audience: what the token must have as iss and aud; leeway: seconds by which the clocks may differ, default 30
---@return table? claims nil if the token is refused
---@return string? reason
---@return string? code "invalid", "expired" or "too_large"
function jwt.verify(token, key, options) end

---Returns what a token says, without verifying it.
---@param token string
---@return table? claims nil if the text is not a token
---@return table|string header the header, or the reason
---@return string? code "invalid" or "too_large"
function jwt.peek(token) end

---@class moonlark.module.template
template = {}

---@class moonlark.TemplateOptions
---@field escape? "none"|"html"|"json"|"url" how values are written: "json" is for values between quotes, "url" for parts of a URL; default "none"
---@field missing? ""|"error" "error": a value that is missing raises an error; default "" writes nothing

---@class moonlark.Template
local Template = {}

---Returns the text with the values of data.
---@param data table
---@return string
function Template:render(data) end

---Reads a template. Raises an error if it is wrong.
---@param text string {{name}}, {{a.b}}, {{.}}, {{{raw}}}, {{#list}}...{{/list}}, {{^list}}...{{/list}}, {{! comment }}
---@param options? moonlark.TemplateOptions
---@return moonlark.Template
function template.compile(text, options) end

---Returns text with the values of data.
---@param text string {{name}}, {{a.b}}, {{.}}, {{{raw}}}, {{#list}}...{{/list}}, {{^list}}...{{/list}}, {{! comment }}
---@param data table
---@param options? moonlark.TemplateOptions
---@return string
function template.render(text, data, options) end

---@class moonlark.module.text
text = {}

---Returns s without white space at both ends.
---@param s string
---@return string
function text.trim(s) end

---Returns the parts of s between the separators; without a separator, the parts between white space.
---@param s string
---@param sep? string
---@param options? { max: integer } max: maximal number of parts; the last part is the rest of s
---@return string[]
function text.split(s, sep, options) end

---Returns an iterator of the lines of s, without their ends.
---@param s string
---@return fun(): string?
function text.lines(s) end

---Returns the words in s, without punctuation.
---@param s string
---@return string[]
function text.words(s) end

---Returns whether s begins with prefix.
---@param s string
---@param prefix string
---@return boolean
function text.starts(s, prefix) end

---Returns whether s ends with suffix.
---@param s string
---@param suffix string
---@return boolean
function text.ends(s, suffix) end

---Returns s in lines of at most n characters.
---@param s string
---@param n integer
---@return string
function text.wrap(s, n) end

---Cuts s at a word to at most max characters.
---@param s string
---@param max integer
---@param options? { ending: string } ending: put after a text that was cut, such as "..."; max includes it
---@return string
function text.shorten(s, max, options) end

---Returns s without the indentation that all its lines have.
---@param s string
---@return string
function text.dedent(s) end

---Returns s in lower case, also letters beyond ASCII.
---@param s string
---@param options? { language: string } language: uses the rules of a language, such as "tr"
---@return string
function text.lower(s, options) end

---Returns s in upper case, also letters beyond ASCII.
---@param s string
---@param options? { language: string } language: uses the rules of a language, such as "tr"
---@return string
function text.upper(s, options) end

---Returns s with the first letter of each word in upper case, and the others in lower case.
---@param s string
---@param options? { language: string } language: uses the rules of a language, such as "nl"
---@return string
function text.title(s, options) end

---Returns s without accents.
---@param s string
---@return string
function text.fold(s) end

---Returns s in a normal form of Unicode.
---@param s string
---@param form? "NFC"|"NFD"|"NFKC"|"NFKD" default: "NFC"
---@return string
function text.normalize(s, form) end

---Returns s as a name for URLs and files, such as "creme-brulee".
---@param s string
---@param options? { separator: string, language: string } separator: put between words, default "-"; language: "de" writes ae, oe and ue for ä, ö and ü
---@return string
function text.slug(s, options) end

---Returns the number of characters to insert, delete or replace to get b from a.
---@param a string
---@param b string
---@return integer
function text.levenshtein(a, b) end

---Returns how similar two texts are, from 0 to 1, without regard to case and accents.
---@param a string
---@param b string
---@return number
function text.similar(a, b) end

---Returns the number that s means: "twenty one" is 21.
---@param s string
---@param options? { language: "en"|"de"|"fr"|"es" } default: "en"
---@return number? n nil when s is not a number
---@return string? reason
---@return string? code "invalid" or "too_large"
function text.number(s, options) end

---Returns the words for a number: 21 is "twenty-one".
---@param x number|string a number, or a string of digits
---@param options? { language: "en"|"de"|"fr"|"es", form: "cardinal"|"ordinal"|"year"|"digits", gender: "masculine"|"feminine", decimals: integer } decimals: maximal number of digits after the point, default 6
---@return string
function text.spoken(x, options) end

---Returns the time of day that s means: "half past seven" is "07:30".
---@param s string
---@param options? { language: "en"|"de"|"fr"|"es" } default: "en"
---@return string? time nil when s is not a time of day
---@return string? reason
---@return string? code "invalid" or "too_large"
function text.time(s, options) end

---Returns the words for a time of day: "07:30" is "half past seven".
---@param t string|{ hour: integer, min: integer } such as "07:30", or a table like that of os.date("*t")
---@param options? { language: "en"|"de"|"fr"|"es", hours: 12|24, part: boolean } hours: default 12; part: adds the part of the day, such as "in the morning", default false
---@return string
function text.spoken_time(t, options) end

---@class moonlark.i18n the texts of a script in several languages
---@overload fun(key: string, vars?: table<string, string|number|boolean>, options?: { language: string }): string
i18n = {}

---Adds texts, by language and key. A text is a string, a table of plural forms, or a group of texts.
---With the path of a folder, adds the texts of the files in it, such as de.toml and en.json.
---@param texts table<string, table>
---@overload fun(folder: string)
function i18n.load(texts) end

---Returns whether a language has a text for key.
---@param key string
---@param options? { language: string }
---@return boolean
function i18n.has(key, options) end

---Returns the language of the script. With a code, such as "de-AT", sets it first.
---@param code? string
---@return string
function i18n.language(code) end

---Returns a number as people write it in the language: "1,234.5".
---@param x number|string a number, or a string of digits
---@param options? { decimals: integer, language: string } decimals: maximal number of digits after the point, default 3
---@return string
function i18n.number(x, options) end

---Returns the elements of a list as people write them in the language: "a, b, and c".
---@param t (string|number)[]
---@param options? { kind: "and"|"or", language: string } kind: default "and"
---@return string
function i18n.list(t, options) end

---@class moonlark.module.time
time = {}

---Returns the time of day, in seconds since 1970 with fractions.
---@return number
function time.now() end

---Returns the seconds of a clock that is never set, with fractions. Use it to measure how long something takes.
---@return number
function time.monotonic() end

---Returns a time as text.
---@param t? number seconds since 1970; default: now
---@param format string conversions as for os.date, such as "%Y-%m-%d %H:%M", or "iso" or "http"
---@param zone? string such as "Europe/Berlin"; default: the zone of the machine
---@return string
function time.format(t, format, zone) end

---Returns the time that a text means.
---@param text string
---@param format? string conversions as for os.date, or "iso" or "http"; default: "iso", which is ISO 8601
---@param zone? string the zone of a text without an offset; default: the zone of the machine
---@return number? t seconds since 1970; nil when the text is wrong
---@return string? reason
---@return string? code "invalid"
function time.parse(text, format, zone) end

---Returns a time as text in ISO 8601, in the zone of the machine: "2026-12-24T18:00:00+01:00".
---@param t? number seconds since 1970; default: now
---@return string
function time.iso(t) end

---@class moonlark.Date
---@field year integer
---@field month integer 1 to 12
---@field day integer
---@field hour integer
---@field min integer
---@field sec integer
---@field wday integer 1 is Sunday
---@field yday integer 1 is the 1st of January
---@field isdst boolean it is summer time
---@field zone string name of the time zone
---@field offset integer difference to UTC in seconds; positive in the east

---Returns the parts of a time.
---@param t? number seconds since 1970; default: now
---@param zone? string such as "Europe/Berlin"; default: the zone of the machine
---@return moonlark.Date
function time.date(t, zone) end

---Returns the time of a date.
---@param date { year: integer, month: integer, day: integer, hour: integer, min: integer, sec: number, zone: string, offset: integer } month and day: default 1; hour, min and sec: default 0; a result of time.date is accepted
---@param zone? string default: the field zone, or else the zone of the machine
---@return number t seconds since 1970
function time.of(date, zone) end

---Returns t, moved by so many years, months and so on; negative numbers move it back.
---@param t? number seconds since 1970; default: now
---@param by { years: integer, months: integer, weeks: integer, days: integer, hours: number, minutes: number, seconds: number }
---@param zone? string whose clocks show the same time of day after a move by days, weeks, months or years; default: the zone of the machine
---@return number
function time.add(t, by, zone) end

---Returns the name of the time zone of the machine, such as "Europe/Berlin".
---@return string
function time.zone() end

---Returns what the sun does on the day of t. Times are in seconds since 1970, and nil if they do not occur.
---@param lat number latitude in degrees, north is positive
---@param lon number longitude in degrees, east is positive
---@param t? number seconds since 1970; default: now
---@return { rise: number?, set: number?, noon: number, dawn: number?, dusk: number?, up: "always" | "never" | nil }
function time.sun(lat, lon, t) end

---Returns a duration as text for people, such as "2 h 5 min".
---@param seconds number
---@return string
function time.human(seconds) end

---Reports whether the clock of the machine has been set, so that its time of day is right.
---@return boolean
function time.synced() end

---@class moonlark.HTMLNode an element of a page, or the document
local Node = {}

---Returns the elements in the node that a CSS selector matches.
---@param css string
---@return moonlark.HTMLNode[]
function Node:select(css) end

---Returns the first element in the node that a CSS selector matches.
---@param css string
---@return moonlark.HTMLNode?
function Node:first(css) end

---Returns the name of the element, such as "a".
---@return string
function Node:name() end

---Returns the value of an attribute.
---@param name string
---@return string?
function Node:attr(name) end

---Returns the text in the node that people read.
---@return string
function Node:text() end

---Returns the element as HTML.
---@param options? { inner: boolean } inner: only the content of the element, default false
---@return string
function Node:html(options) end

---Returns the element that contains the element.
---@return moonlark.HTMLNode?
function Node:parent() end

---Returns the elements that are directly in the node.
---@return moonlark.HTMLNode[]
function Node:children() end

---@class moonlark.module.html
html = {}

---Returns the document in s.
---@param s string
---@return moonlark.HTMLNode? document nil when s is too large
---@return string? reason
---@return string? code "too_large"
function html.parse(s) end

---Returns the text of a page that people read.
---@param page string|moonlark.HTMLNode
---@return string? text nil when the page is too large
---@return string? reason
---@return string? code "too_large"
function html.text(page) end

---Returns a page as Markdown.
---@param page string|moonlark.HTMLNode
---@param options? { base: string } base: the URL of the page, to make links absolute
---@return string? markdown nil when the page is too large
---@return string? reason
---@return string? code "too_large"
function html.markdown(page, options) end

---Returns the links of a page.
---@param page string|moonlark.HTMLNode
---@param base? string the URL of the page, to make links absolute
---@return { url: string, text: string }[]? links nil when the page is too large
---@return string? reason
---@return string? code "too_large"
function html.links(page, base) end

---Returns s with references such as &lt; in place of the characters & < > " and '.
---@param s string
---@return string
function html.escape(s) end

---Returns s with characters in place of references such as &lt;.
---@param s string
---@return string
function html.unescape(s) end

---@class moonlark.module.qr
qr = {}

---@class QROptions
---@field size? integer width and height in pixels, up to 2048; default: 256
---@field level? "L"|"M"|"Q"|"H" how much of the code may be damaged: 7, 15, 25 or 30 %; default: "M"
---@field format? "png"|"svg"|"text" default: "png"
---@field border? integer width of the white border, in modules; default: 4

---Returns a QR code that holds a text.
---@param text string
---@param options? QROptions
---@return string? code bytes of a PNG image, an SVG image, or lines for a terminal
---@return string? reason
---@return string? code
function qr.encode(text, options) end

---@class moonlark.module.image
image = {}

---@class ImageScaleOptions
---@field fit? "inside"|"cover"|"stretch" default: "inside"
---@field format? "png"|"jpeg" default: "png"
---@field quality? integer of JPEG, from 1 to 100; default: 85

---Returns the size of a picture: PNG, JPEG, GIF or WebP.
---@param bytes string
---@return integer? width in pixels, or nil
---@return integer|string height in pixels, or the reason
---@return string kind "png", "jpeg", "gif" or "webp", or the code
function image.size(bytes) end

---Scales a picture.
---@param bytes string
---@param width integer at most 4096
---@param height integer at most 4096
---@param options? ImageScaleOptions
---@return string? bytes of the scaled picture
---@return string? reason
---@return string? code
function image.scale(bytes, width, height, options) end

---@class moonlark.module.calendar
calendar = {}

---@class CalendarEvent
---@field uid? string
---@field title string
---@field start number in seconds since 1970
---@field finish number in seconds since 1970; the end of the last day of an event of whole days
---@field all_day boolean the event lasts whole days
---@field location? string
---@field description? string
---@field url? string
---@field status string "confirmed", "tentative" or "cancelled"
---@field recurring boolean
---@field incomplete? true some repetitions are missing

---@class CalendarParseOptions
---@field from? number default: now
---@field to? number default: 30 days after from
---@field zone? string time zone of times that have none; default: that of the machine
---@field limit? integer up to 10000; default: 1000

---@class CalendarNewEvent
---@field title string
---@field start number
---@field finish? number
---@field all_day? boolean
---@field uid? string
---@field location? string
---@field description? string
---@field url? string
---@field status? string
---@field repeats? string a rule such as "FREQ=WEEKLY;BYDAY=MO"
---@field zone? string default: UTC

---Returns the events of a calendar in a time, sorted. Events that repeat are expanded.
---@param ics string
---@param options? CalendarParseOptions
---@return CalendarEvent[]? events
---@return string? reason
---@return string? code
function calendar.parse(ics, options) end

---Returns the text of a calendar.
---@param events CalendarNewEvent[]
---@param options? { name: string? }
---@return string ics
function calendar.build(events, options) end

---@class moonlark.module.exec
exec = {}

---@class moonlark.ExecResult
---@field code? integer the exit code; nil if a signal has ended the program
---@field signal? string the signal that has ended the program, such as "TERM"
---@field ok boolean whether the exit code is 0
---@field stdout string
---@field stderr string
---@field truncated boolean whether output was dropped
---@field elapsed number seconds from the start to the end of the program

---@class moonlark.ExecOptions
---@field cwd? string the folder in which the program runs; default: the data folder of the script
---@field env? table<string, string|number> environment variables
---@field stdin? string what the program reads from its standard input
---@field timeout? number seconds after which the program is killed, default 30, at most 3600
---@field max_output? integer bytes that are kept of each output, default 1048576, at most 67108864
---@field stderr? "capture"|"stdout"|"discard" default "capture"

---@class moonlark.ExecStartOptions
---@field cwd? string the folder in which the program runs; default: the data folder of the script
---@field env? table<string, string|number> environment variables
---@field stdin? string a text, or "pipe" for process:write
---@field max_output? integer bytes that are kept of each output, default 1048576, at most 67108864
---@field stderr? "capture"|"stdout"|"discard" default "capture"
---@field on_line? fun(line: string, stream: "stdout"|"stderr") is called with each line
---@field on_exit? fun(result: moonlark.ExecResult) is called after the end of the program

---Runs a program and waits for its end. An exit code that is not 0 is a result, not a failure.
---@param argv (string|number)[] the program and its arguments, and perhaps the options as fields
---@param options? moonlark.ExecOptions
---@return moonlark.ExecResult? result
---@return string? reason
---@return string? code "not_found", "denied", "invalid", "too_large", "busy", "timeout", "io" or "failed"
---@return moonlark.ExecResult? partial what there was at the timeout
function exec.run(argv, options) end

---Starts a program that runs beside the script.
---@param argv (string|number)[] the program and its arguments, and perhaps the options as fields
---@param options? moonlark.ExecStartOptions
---@return moonlark.Process? process
---@return string? reason
---@return string? code "not_found", "denied", "invalid", "too_large", "busy", "io" or "failed"
function exec.start(argv, options) end

---Returns the path of a program.
---@param name string
---@return string? path
---@return string? reason
---@return string? code "not_found", "denied" or "invalid"
function exec.which(name) end

---Returns the words as one line for people to read.
---@param ... string|number
---@return string
---@overload fun(argv: (string|number)[]): string
function exec.line(...) end

---@class moonlark.Process
---@field pid integer
local Process = {}

---Writes s to the standard input of the program. Waits if the program does not read it, up to 30 s.
---@param s string
---@return true?
---@return string? reason
---@return string? code "closed", "timeout" or "failed"
function Process:write(s) end

---Closes the standard input of the program.
---@return true
function Process:close_stdin() end

---Waits for the next line of stdout.
---@param timeout? number seconds; default: no limit
---@return string? line without its end
---@return string? reason
---@return string? code "closed" at the end of the output, "timeout" or "too_large"
function Process:read_line(timeout) end

---Returns an iterator of the lines of stdout: for line in process:lines() do ... end.
---@return fun(): string?
function Process:lines() end

---Waits for the end of the program.
---@param timeout? number seconds, default and maximum 3600
---@return moonlark.ExecResult? result
---@return string? reason
---@return string? code "timeout"
function Process:wait(timeout) end

---Sends a signal to the program and to all programs that it has started.
---@param signal? "TERM"|"KILL"|"INT"|"HUP"|"QUIT"|"USR1"|"USR2"|"STOP"|"CONT" default "TERM"
---@return true?
---@return string? reason
---@return string? code "closed" if the program has ended
function Process:kill(signal) end

---Reports whether the program is running.
---@return boolean
function Process:running() end

---@class moonlark.module.task
task = {}

---@class moonlark.Task
local Task = {}

---Waits until the task has ended.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return any ... what the function returned; or nil, a reason, and "failed", "cancelled" or "timeout"
function Task:wait(timeout) end

---Ends the task at its next instruction, or ends its wait. pcall does not catch that.
function Task:cancel() end

---Returns the state of the task.
---@return "running" | "done" | "failed" | "cancelled"
function Task:status() end

---@class moonlark.Queue
local Queue = {}

---Puts a value into the queue. Waits while the queue is full.
---@param v any not nil
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return true?
---@return string? reason
---@return string? code "timeout" or "closed"
function Queue:put(v, timeout) end

---Takes the oldest value out of the queue. Waits while the queue is empty.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return any v nil after the timeout, and when the queue is closed and empty
---@return string? reason
---@return string? code "timeout" or "closed"
function Queue:get(timeout) end

---Puts a value into the queue without waiting. Returns false if the queue is full or closed.
---@param v any not nil
---@return boolean
function Queue:try(v) end

---Returns an iterator of the values: for v in q:items() do ... end. Ends when the queue is closed and empty.
---@return fun(): any
function Queue:items() end

---Closes the queue. The values in it can still be taken.
function Queue:close() end

---Returns the number of values in the queue.
---@return integer
function Queue:size() end

---@class moonlark.Mutex
local Mutex = {}

---Waits until no other task holds the mutex, and locks it.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return true?
---@return string? reason
---@return string? code "timeout"
function Mutex:lock(timeout) end

---Unlocks the mutex, which the running task has locked.
function Mutex:unlock() end

---Calls fn(...) while it holds the mutex.
---@param fn fun(...): ...
---@param ... any
---@return any ... what fn returned
function Mutex:with(fn, ...) end

---@class moonlark.Semaphore
local Semaphore = {}

---Waits until fewer than n acquisitions are held, and acquires the semaphore.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return true?
---@return string? reason
---@return string? code "timeout"
function Semaphore:acquire(timeout) end

---Releases the semaphore once, which the running task has acquired.
function Semaphore:release() end

---Calls fn(...) while it holds the semaphore.
---@param fn fun(...): ...
---@param ... any
---@return any ... what fn returned
function Semaphore:with(fn, ...) end

---@class moonlark.TaskEvent
local Event = {}

---Sets the event. The tasks that wait for it go on.
---@param v? any what wait returns; default: true
function Event:set(v) end

---Makes the event not set.
function Event:clear() end

---Waits until the event is set.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return any v nil after the timeout
---@return string? reason
---@return string? code "timeout"
function Event:wait(timeout) end

---Runs fn(...) as a task.
---@param fn fun(...): ...
---@param ... any
---@return moonlark.Task
function task.spawn(fn, ...) end

---Returns the running task.
---@return moonlark.Task
function task.self() end

---Runs the functions at the same time and waits for all of them. The first failure cancels the others.
---@param list (moonlark.Task | fun(): ...)[] functions or tasks
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return any[]? results the first result of each, in order
---@return string? reason
---@return string? code "timeout", "failed", "cancelled", "full", or the code that the function returned
function task.all(list, options) end

---Runs the functions at the same time and waits for all of them. A failure does not cancel the others.
---@param list (moonlark.Task | fun(): ...)[] functions or tasks
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return { ok: boolean, value: any, reason: string?, code: string? }[]
function task.settle(list, options) end

---Runs the functions at the same time and waits for the first that succeeds. The others are cancelled.
---@param list (moonlark.Task | fun(): ...)[] functions or tasks
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return any value the first result; nil if all have failed
---@return integer | string index the index in the list, or the reason of the last failure
---@return string? code "timeout", "failed", "cancelled", "full", or the code that the function returned
function task.race(list, options) end

---Runs fn(value, index) for each value at the same time and waits for all. The first failure cancels the others.
---@param list any[]
---@param fn fun(value: any, index: integer): any
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return any[]? results the first result of each, in order
---@return string? reason
---@return string? code "timeout", "failed", "cancelled", "full", or the code that fn returned
function task.map(list, fn, options) end

---Runs fn(...) and cancels it if it has not ended after that time.
---@param seconds number from 0.01 to 600
---@param fn fun(...): ...
---@param ... any
---@return any ... what fn returned; or nil, a reason, and "timeout", "failed", "cancelled" or "full"
function task.timeout(seconds, fn, ...) end

---Calls fn() until it succeeds, at most n times.
---@param n integer from 1 to 1000
---@param fn fun(): ...
---@param options? { wait: number, factor: number } wait: seconds before the second call, default 1; factor: multiplies each wait to give the next, default 2
---@return any ... what fn returned; or nil, the reason and the code of the last failure
function task.retry(n, fn, options) end

---Makes a queue for values.
---@param size? integer from 1 to 100000; default 100
---@return moonlark.Queue
function task.queue(size) end

---Makes a mutex, which one task at a time can hold.
---@return moonlark.Mutex
function task.mutex() end

---Makes a semaphore, which can be held n times at the same time.
---@param n integer from 1 to 1000
---@return moonlark.Semaphore
function task.semaphore(n) end

---Makes an event, which tasks can wait for.
---@return moonlark.TaskEvent
function task.event() end

---Lets the other tasks run whose turn it is.
function task.yield() end

---Raises an error if the running task has been cancelled.
function task.check() end

---@class moonlark.module.fs
fs = {}

---The folder for the data of the script. It may not exist before the first write.
---@type string
fs.data = ""

---The folder of the script.
---@type string
fs.folder = ""

---Returns the content of a file.
---@param path string relative to the data folder, or to the script's folder if it begins with ./ or ../
---@param options? { max: integer } max: the maximal size in bytes, default 8 MiB, up to 64 MiB
---@return string? content nil when the file cannot be read
---@return string? reason
---@return string? code "not_found", "denied", "not_a_file", "too_large", "timeout" or "io"
function fs.read(path, options) end

---Writes a file. Replaces it in one step: other programs find the old file or the new one.
---@param path string missing folders are created
---@param data string
---@param options? { mode: string, sync: boolean } mode: such as "0600", default: that of the old file, or "0644"; sync: waits until the file is on the disk, default true
---@return boolean? done
---@return string? reason
---@return string? code "denied", "not_a_file", "too_large", "full", "timeout" or "io"
function fs.write(path, data, options) end

---Writes a text at the end of a file.
---@param path string the file and missing folders are created
---@param data string
---@return boolean? done
---@return string? reason
---@return string? code "denied", "not_a_file", "too_large", "full", "timeout" or "io"
function fs.append(path, data) end

---Returns an iterator of the lines of a file: for line in fs.lines(path) do ... end. Raises an error if the file cannot be read.
---@param path string
---@return fun(): string?
function fs.lines(path) end

---@class fs.File
local file = {}

---Reads from a file.
---@param what? "*l"|"*a"|integer a line (the default), the rest of the file, or a number of bytes
---@return string? text nil at the end of the file, and when the file cannot be read
---@return string? reason
---@return string? code
function file:read(what) end

---Returns an iterator of the rest of the lines.
---@return fun(): string?
function file:lines() end

---Writes to a file.
---@param data string
---@return boolean? done
---@return string? reason
---@return string? code "full", "too_large", "busy", "timeout" or "io"
function file:write(data) end

---Changes the position in a file, and returns it.
---@param whence? "set"|"cur"|"end" from the beginning, the present position (the default) or the end
---@param offset? integer bytes, default 0
---@return integer? position
---@return string? reason
---@return string? code
function file:seek(whence, offset) end

---Closes a file.
---@return boolean? done
---@return string? reason
---@return string? code
function file:close() end

---Opens a file.
---@param path string
---@param mode? "r"|"w"|"a"|"r+" read (the default), write a new file, append, or read and write
---@return fs.File? file
---@return string? reason
---@return string? code
function fs.open(path, mode) end

---@class fs.Entry
---@field name string
---@field path string
---@field type "file"|"dir"|"link"|"other"
---@field size integer bytes
---@field mtime number seconds since 1970

---Returns the files and folders in a folder, sorted by path.
---@param dir? string default: the data folder
---@param options? { recursive: boolean, limit: integer } recursive: lists the folders below it too; limit: the maximal number of entries, default 10000, up to 100000
---@return fs.Entry[]? entries
---@return string? reason
---@return string? code "not_found", "denied", "too_large", "timeout" or "io"
function fs.list(dir, options) end

---Returns the paths that match a pattern, sorted. * and ? stand for characters of a name, [abc] for one of them, ** for any folders.
---@param pattern string
---@return string[]? paths
---@return string? reason
---@return string? code "denied", "too_large", "timeout" or "io"
function fs.glob(pattern) end

---@class fs.Stat
---@field type "file"|"dir"|"other"
---@field size integer bytes
---@field mtime number seconds since 1970
---@field mode string octal digits, such as "0644"

---Describes a file or folder.
---@param path string
---@return fs.Stat? stat
---@return string? reason
---@return string? code "not_found", "denied", "timeout" or "io"
function fs.stat(path) end

---Reports whether there is a file or folder.
---@param path string
---@return boolean? exists nil when that cannot be found out
---@return string? reason
---@return string? code "denied", "timeout" or "io"
function fs.exists(path) end

---Creates a folder, and missing folders above it.
---@param path string
---@return boolean? done
---@return string? reason
---@return string? code "exists" if there is a file, "denied", "full", "timeout" or "io"
function fs.mkdir(path) end

---Removes a file or folder.
---@param path string
---@param options? { recursive: boolean } recursive: removes a folder with everything in it
---@return boolean? removed false if there was nothing
---@return string? reason
---@return string? code "exists" if the folder is not empty, "denied", "timeout" or "io"
function fs.remove(path, options) end

---Renames or moves a file or folder. Replaces a file that is called to.
---@param from string
---@param to string
---@return boolean? done
---@return string? reason
---@return string? code "not_found", "exists", "denied", "full", "unsupported", "timeout" or "io"
function fs.rename(from, to) end

---Copies a file. Replaces a file that is called to in one step.
---@param from string
---@param to string
---@return boolean? done
---@return string? reason
---@return string? code "not_found", "not_a_file", "denied", "full", "timeout" or "io"
function fs.copy(from, to) end

---@class fs.Event
---@field path string
---@field event "create"|"change"|"remove"

---@class fs.Watch
local watch = {}

---Stops the watch.
---@return boolean
function watch:close() end

---Calls fn when a file, or a file in a folder, changes.
---@param path string
---@param fn fun(event: fs.Event)
---@param options? { recursive: boolean } recursive: watches the folders below it too
---@return fs.Watch? watch
---@return string? reason
---@return string? code "denied", "too_large", "timeout" or "io"
function fs.watch(path, fn, options) end

---Creates an empty file in the data folder, which is removed when the script is replaced or closed.
---@param suffix? string such as ".wav"
---@return string? path
---@return string? reason
---@return string? code "full", "timeout" or "io"
function fs.temp(suffix) end

---Returns how many bytes can be written to the disk that has path.
---@param path string
---@return integer? bytes
---@return string? reason
---@return string? code
function fs.free(path) end

---Joins paths. Raises an error if the result might not be below base.
---@param base string
---@param ... string
---@return string
function fs.join(base, ...) end

---Returns the folder of a path: "a" for "a/b", and "" (the data folder) for "a".
---@param path string
---@return string
function fs.dirname(path) end

---Returns the last name of a path.
---@param path string
---@param ext? string is cut off the end, such as ".txt"
---@return string
function fs.basename(path, ext) end

---Returns the extension of a path, such as ".txt", or "".
---@param path string
---@return string
function fs.extension(path) end

---Values by key that are still there after a restart. Failures return nil, a reason and a code: "full", "busy", "io", "corrupt", "readonly", "denied", "too_large", "timeout" or "closed".
---@class store
store = {}

---@class store.watch
local watch = {}

---Ends the watch. It may be called again.
function watch:close() end

---Returns the value of a key.
---@param key string UTF-8, 1 to 512 bytes
---@param default? any what to return if the key is not there
---@return any value
---@return string? reason
---@return string? code
function store.get(key, default) end

---Sets a key. nil deletes it.
---@param key string
---@param value any what json.encode can write, up to 1 MiB
---@param options? { ttl: number, lazy: boolean } ttl: seconds after which the key expires; lazy: writes the change to the disk within 5 seconds, default false
---@return true? ok
---@return string? reason
---@return string? code
function store.set(key, value, options) end

---Sets a key that is not there.
---@param key string
---@param value any
---@param options? { ttl: number, lazy: boolean } as for store.set
---@return boolean? added false if the key is there already
---@return string? reason
---@return string? code
function store.add(key, value, options) end

---Deletes a key.
---@param key string
---@return boolean? deleted false if there was no such key
---@return string? reason
---@return string? code
function store.delete(key) end

---Adds a number to the number of a key.
---@param key string
---@param by? number default 1
---@param options? { init: number, ttl: number, lazy: boolean } init: the number of a key that is not there, default 0; ttl: seconds, for a key that is not there
---@return number? sum
---@return string? reason
---@return string? code
function store.incr(key, by, options) end

---Returns in how many seconds a key expires.
---@param key string
---@return number? seconds nil: the key does not expire, or is not there
---@return string? reason
---@return string? code
function store.ttl(key) end

---Returns the keys that begin with prefix, sorted by their bytes.
---@param prefix? string
---@param options? { limit: integer, after: string, reverse: boolean } limit: default 1000, up to 10000; after: only keys after this one; reverse: begins with the last key
---@return string[]? keys
---@return string? reason
---@return string? code
function store.keys(prefix, options) end

---Returns the keys that begin with prefix and their values, sorted by the bytes of the keys.
---@param prefix? string
---@param options? { limit: integer, after: string, reverse: boolean } as for store.keys
---@return { key: string, value: any }[]? list
---@return string? reason
---@return string? code
function store.list(prefix, options) end

---Sets a key to what fn returns for its value. No other task changes the key meanwhile.
---@param key string
---@param fn fun(old: any): ...
---@param options? { ttl: number, lazy: boolean } ttl: seconds after which the key expires; lazy: has no effect
---@return any new
---@return string? reason
---@return string? code
function store.update(key, fn, options) end

---Calls fn. Its changes are made together, or not at all if it raises an error.
---@param fn fun(): ...
---@return any ... what fn returns
function store.transaction(fn) end

---Calls fn(key, value) after each change of a key that begins with prefix. value is nil if the key was deleted.
---@param prefix string
---@param fn fun(key: string, value: any)
---@return store.watch
function store.watch(prefix, fn) end

---Deletes the keys that begin with prefix, or all.
---@param prefix? string
---@return integer? count
---@return string? reason
---@return string? code
function store.clear(prefix) end

---Returns another store, which has the same functions.
---@param name string 1 to 64 letters, digits, _ or -
---@param options? { shared: boolean } shared: the store of this name that all scripts share, default false
---@return store
function store.open(name, options) end

---Keys of APIs, passwords and other texts that a script uses without seeing them.
---@class moonlark.module.secrets
secrets = {}

---A text that a script uses without seeing it. `..` makes another secret, `==` compares the texts, and
---tostring returns "secret(NAME)".
---@class secret
---@operator concat(string|secret): secret
local secret = {}

---Returns the text. The log says once that the script has read it, unless secrets.toml allows it.
---@return string
function secret:reveal() end

---Returns the secret with this name, from the file of this name in $CREDENTIALS_DIRECTORY, from
---secrets.toml beside the script, or from the variable MOONLARK_SECRET_NAME.
---@param name string
---@return secret? secret nil if there is none
---@return string? reason
---@return string? code "not_found"
function secrets.get(name) end

---Returns the names of all secrets, sorted.
---@return string[]
function secrets.names() end

---Databases of SQLite. Failures return nil, a reason and a code: "constraint", "busy", "full", "readonly", "corrupt", "io", "timeout", "too_large", "not_found", "denied" or "closed". Mistakes in the SQL raise an error.
---@class moonlark.module.db
db = {}

---json.null: a parameter that is NULL.
db.null = nil

---@class db.rows
---@field [integer] table a row: its values by column
---@field columns string[] the names of the columns

---@class db.database
local database = {}

---@class db.statement a prepared statement; its methods are those of a database without sql
local statement = {}

---Opens a database. A name without "/" is a file in the script's data folder; a path needs a permission. Can be called while the script loads; the file is then opened by the first use.
---@param name string
---@param options? { mode: "rwc"|"rw"|"ro"|"memory", busy_timeout: number, query_timeout: number, foreign_keys: boolean, migrations: string[], max_rows: integer } mode: default "rwc"; busy_timeout: seconds, default 5; query_timeout: seconds, default 30; foreign_keys: default true; migrations: SQL texts, each of which is run once in the life of the file; max_rows: default 10000
---@return db.database?
---@return string? reason
---@return string? code
function db.open(name, options) end

---Returns a parameter that is written as a BLOB.
---@param bytes string
---@return userdata
function db.blob(bytes) end

---Returns a parameter that is an integer of 64 bits.
---@param digits string
---@return userdata
function db.int(digits) end

---Returns the rows of a statement.
---@param sql string one statement
---@param ... any the values for ?, or one table with the values for :name
---@return db.rows? rows
---@return string? reason
---@return string? code
function database:query(sql, ...) end

---Returns the first row of a statement.
---@param sql string
---@param ... any
---@return table? row nil if there is none
---@return string? reason
---@return string? code
function database:first(sql, ...) end

---Returns the first column of the first row of a statement.
---@param sql string
---@param ... any
---@return string|number|nil value
---@return string? reason
---@return string? code
function database:value(sql, ...) end

---Returns an iterator over the rows of a statement that only reads: for row in database:rows(sql) do ... end. It reads up to 256 rows at once. Failures raise an error.
---@param sql string
---@param ... any
---@return fun(): table? iterator
function database:rows(sql, ...) end

---Runs a statement, or several if there are no parameters.
---@param sql string
---@param ... any
---@return integer? changes the number of changed rows
---@return any last_id the id of the last row that was inserted, or the reason after a failure
---@return string? code
function database:exec(sql, ...) end

---Calls fn. Its changes are made together, or not at all if it raises an error or returns nil and a reason.
---@param fn fun(): ...
---@return any ... what fn returns
function database:transaction(fn) end

---Returns a statement with the methods query, first, value, rows and exec.
---@param sql string
---@return db.statement
function database:prepare(sql) end

---Copies the database to a file.
---@param path string as for db.open
---@return true? ok
---@return string? reason
---@return string? code
function database:backup(path) end

---Returns the names of the tables.
---@return string[]? names
---@return string? reason
---@return string? code
function database:tables() end

---Closes the database. May be called again.
function database:close() end

---Returns the rows of the statement.
---@param ... any
---@return db.rows? rows
---@return string? reason
---@return string? code
function statement:query(...) end

---Returns the first row of the statement.
---@param ... any
---@return table? row
---@return string? reason
---@return string? code
function statement:first(...) end

---Returns the first column of the first row of the statement.
---@param ... any
---@return string|number|nil value
---@return string? reason
---@return string? code
function statement:value(...) end

---Returns an iterator over the rows of the statement, which only reads.
---@param ... any
---@return fun(): table? iterator
function statement:rows(...) end

---Runs the statement.
---@param ... any
---@return integer? changes
---@return any last_id
---@return string? code
function statement:exec(...) end

---@class moonlark.module.http
http = {}

---@class moonlark.HTTPOptions
---@field query? table<string, any> names and values that are added to the URL; a value may be a secret or a list
---@field headers? table<string, any> names and values of headers; a value may be a secret or a list
---@field body? string|secret|fun(): string? the body, or a function that returns it piece by piece and nil at the end
---@field json? any a value that is sent as JSON; it may contain secrets
---@field form? table<string, any> names and values that are sent as a form; a value may be a secret or a list
---@field multipart? table[] parts: {name, value}, {name, data, filename, type} or {name, file = path}
---@field timeout? number seconds for the whole call, 0.01 to 600, default 30
---@field connect_timeout? number seconds for the connection, default 10
---@field auth? (string|secret)[] {user, password}
---@field bearer? string|secret a token
---@field redirects? integer how many redirects are followed, 0 to 20, default 5
---@field max_bytes? integer the maximal length of the body, default 8 MiB, at most 64 MiB
---@field retries? integer how often the call is tried again when there is no connection, and after 429, 502, 503 and 504; 0 to 5, default 0
---@field retry_all? boolean tries again after POST and PATCH, too
---@field stream? boolean returns a response without body, which read, lines and events read
---@field tls? { ca?: string, cert?: string, key?: string, server_name?: string, min_version?: "1.2"|"1.3", verify?: boolean } paths of PEM files; verify = false accepts any certificate
---@field cookies? moonlark.HTTPCookies
---@field proxy? string URL of a proxy: http, https or socks5
---@field unix? string path of a Unix socket to connect to

---@class moonlark.HTTPResponse
---@field status integer
---@field ok boolean whether the status is from 200 to 299
---@field url string the URL that has answered, after redirects
---@field headers table<string, string> a lookup ignores the case; several values are joined by ", "
---@field body string bytes; nil with the option stream
---@field elapsed number seconds
local HTTPResponse = {}

---Returns all values of a header.
---@param name string
---@return string[]
function HTTPResponse:header(name) end

---Returns the body, which must be JSON, as a Lua value.
---@return any value nil when the body is not JSON
---@return string? reason
---@return string? code "invalid" or "too_large"
function HTTPResponse:json() end

---Returns the body in UTF-8, whatever its encoding is.
---@return string? text
---@return string? reason
---@return string? code "too_large"
function HTTPResponse:text() end

---Returns the next bytes of a stream; nil alone at the end.
---@param n? integer the maximal number of bytes, default 64 KiB
---@return string? bytes
---@return string? reason
---@return string? code
function HTTPResponse:read(n) end

---Returns an iterator of the lines of a stream. It raises an error when the connection fails.
---@return fun(): string?
function HTTPResponse:lines() end

---Returns an iterator of the server-sent events of a stream: tables with event, data, id and retry (seconds). It raises an error when the connection fails.
---@return fun(): { event: string, data: string, id: string?, retry: number? }?
function HTTPResponse:events() end

---Writes the rest of a stream to a file.
---@param path string
---@return integer? bytes
---@return string? reason
---@return string? code
function HTTPResponse:save(path) end

---Closes a stream.
function HTTPResponse:close() end

---@class moonlark.HTTPCookies
local HTTPCookies = {}

---Returns the cookies that a request for this URL would have.
---@param url string
---@return table<string, string>
function HTTPCookies:get(url) end

---Removes all cookies.
function HTTPCookies:clear() end

---Sends a GET request. A status such as 404 is not a failure.
---@param url string
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code such as "timeout", "refused" or "denied"
function http.get(url, options) end

---Sends a HEAD request. The response has no body.
---@param url string
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code
function http.head(url, options) end

---Sends a DELETE request.
---@param url string
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code
function http.delete(url, options) end

---Sends an OPTIONS request.
---@param url string
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code
function http.options(url, options) end

---Sends a POST request. To send a table, use the option json or form.
---@param url string
---@param body? string|secret|fun(): string?
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code
---@overload fun(url: string, options: moonlark.HTTPOptions): moonlark.HTTPResponse?, string?, string?
function http.post(url, body, options) end

---Sends a PUT request.
---@param url string
---@param body? string|secret|fun(): string?
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code
---@overload fun(url: string, options: moonlark.HTTPOptions): moonlark.HTTPResponse?, string?, string?
function http.put(url, body, options) end

---Sends a PATCH request.
---@param url string
---@param body? string|secret|fun(): string?
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code
---@overload fun(url: string, options: moonlark.HTTPOptions): moonlark.HTTPResponse?, string?, string?
function http.patch(url, body, options) end

---Sends a request with any method. The only argument may also be a table of options with method and url.
---@param method string
---@param url string
---@param options? moonlark.HTTPOptions
---@return moonlark.HTTPResponse? response
---@return string? reason
---@return string? code
---@overload fun(options: table): moonlark.HTTPResponse?, string?, string?
function http.request(method, url, options) end

---Downloads a file. The file appears when it is complete.
---@param url string
---@param path string
---@param options? moonlark.HTTPOptions max_bytes: default and maximum 1 GiB; timeout: default 600 s
---@return { status: integer, bytes: integer, sha256: string }? result
---@return string? reason
---@return string? code
function http.download(url, path, options) end

---Returns a client, which has these functions as methods: client:get(path). Its options apply to all of its calls.
---@param options { base: string, headers: table, query: table, timeout: number, cookies: boolean }|moonlark.HTTPOptions base: the URL to which paths are joined
---@return table
function http.client(options) end

---Returns a jar for the option cookies.
---@return moonlark.HTTPCookies
function http.cookies() end

---@class moonlark.HTTPServeOptions
---@field port integer 0 for a free port
---@field host? string address to accept connections at, default "127.0.0.1"; "lan" for local networks, "0.0.0.0" for all
---@field tls? { cert: string, key: string, min_version?: "1.2"|"1.3" } paths of PEM files
---@field max_body? integer the maximal length of a body in bytes, default 1 MiB, at most 64 MiB
---@field timeout? number seconds for the function of a request, 0.01 to 600, default 30
---@field auth? (string|secret)[] {user, password} that every request must have
---@field token? string|secret a token that every request must have: Authorization: Bearer TOKEN
---@field hosts? string[] more names under which the server is reached
---@field origins? string[] other sites whose pages may send requests, such as "https://example.com"
---@field name? string distinguishes servers with the port 0 when the script is loaded again

---@class moonlark.HTTPRequest
---@field method string
---@field path string
---@field params table<string, string> the parts of the path in braces
---@field query table<string, string> the first value of each name
---@field headers table<string, string> a lookup ignores the case; several values are joined by ", "
---@field body string bytes
---@field remote string address of the client
---@field id string a name for the log
local HTTPRequest = {}

---Returns the body, which must be JSON, as a Lua value.
---@return any value nil when the body is not JSON
---@return string? reason
---@return string? code "invalid" or "too_large"
function HTTPRequest:json() end

---Returns the fields of a form: strings, and tables for files.
---@return table<string, string|{ filename: string, type: string, data: string }>? fields
---@return string? reason
---@return string? code "invalid" or "too_large"
function HTTPRequest:form() end

---Returns the value of a cookie.
---@param name string
---@return string?
function HTTPRequest:cookie(name) end

---Returns whether a header has the HMAC of the body.
---@param secret string|secret
---@param options? { header: string, prefix: string, algo: "sha256"|"sha1"|"sha512", encoding: "hex"|"base64" } default: x-hub-signature-256, "sha256=", "sha256", "hex"
---@return boolean
function HTTPRequest:verify(secret, options) end

---@alias moonlark.HTTPHandler fun(request: moonlark.HTTPRequest): string|table|integer|nil, string|table|nil, table?

---@class moonlark.HTTPServer
---@field url string? nil while the port is not known
---@field port integer?
local HTTPServer = {}

---Calls a function for GET requests of a path such as "/hook/{id}". It returns nothing (204), a string (text), a table (JSON), or a status, a body and headers.
---@param path string
---@param fn moonlark.HTTPHandler
function HTTPServer:get(path, fn) end

---Calls a function for POST requests of a path.
---@param path string
---@param fn moonlark.HTTPHandler
function HTTPServer:post(path, fn) end

---Calls a function for PUT requests of a path.
---@param path string
---@param fn moonlark.HTTPHandler
function HTTPServer:put(path, fn) end

---Calls a function for PATCH requests of a path.
---@param path string
---@param fn moonlark.HTTPHandler
function HTTPServer:patch(path, fn) end

---Calls a function for DELETE requests of a path.
---@param path string
---@param fn moonlark.HTTPHandler
function HTTPServer:delete(path, fn) end

---Calls a function for all requests of a path.
---@param path string
---@param fn moonlark.HTTPHandler
function HTTPServer:any(path, fn) end

---Calls a function for requests of a method and a path.
---@param method string
---@param path string
---@param fn moonlark.HTTPHandler
function HTTPServer:on(method, path, fn) end

---Serves the files of a folder, without hidden files and lists of files.
---@param prefix string the beginning of the path, such as "/"
---@param folder string
---@param options? { index: string|false } the file for a folder, default "index.html"
function HTTPServer:static(prefix, folder, options) end

---Sends events to the browsers that open the path with EventSource.
---@param path string
---@return moonlark.HTTPFeed
function HTTPServer:events(path) end

---Calls a function for each WebSocket that is opened at a path. The WebSocket is closed when the function ends.
---@param path string
---@param fn fun(connection: moonlark.WebSocket, request: moonlark.HTTPRequest)
function HTTPServer:ws(path, fn) end

---Closes the server.
function HTTPServer:close() end

---@class moonlark.HTTPFeed
local HTTPFeed = {}

---Sends an event to all browsers.
---@param data string|table a table is sent as JSON
---@param event? string its name, default "message"
---@return integer browsers
function HTTPFeed:send(data, event) end

---Starts a web server. At the top level, it accepts connections when the script is in use.
---@param options moonlark.HTTPServeOptions
---@return moonlark.HTTPServer? server
---@return string? reason
---@return string? code such as "busy"
function http.serve(options) end

---@class moonlark.module.ws
ws = {}

---@class moonlark.TLSOptions
---@field ca? string path of a PEM file with the authorities to accept instead of those of the system
---@field cert? string path of the client's certificate
---@field key? string path of the key of the client's certificate
---@field server_name? string the name in the server's certificate, if it is not that of the host
---@field min_version? "1.2"|"1.3" default "1.2"
---@field verify? boolean false accepts any certificate, and logs a warning

---@class moonlark.WebSocketOptions
---@field headers? table<string, string|number|secret> more headers of the request
---@field subprotocols? string[] the protocols that the script understands
---@field timeout? number seconds until the connection must be open, default 10
---@field ping? number|false seconds between two pings, default 30; false: none
---@field max_message? integer maximal length of a message that is received, in bytes, default 1048576, at most 16777216
---@field tls? moonlark.TLSOptions
---@field compression? boolean true: compress messages, if the server can

---@class moonlark.WebSocketKeepOptions: moonlark.WebSocketOptions
---@field on_message? fun(data: string, kind: "text"|"binary", connection: moonlark.WebSocket)
---@field on_open? fun(connection: moonlark.WebSocket)
---@field on_close? fun(code: integer, reason: string)
---@field backoff? number[] seconds before the first new attempt, and at most before a later one, default {1, 60}

---Opens a WebSocket.
---@param url string begins with ws:// or wss://
---@param options? moonlark.WebSocketOptions
---@return moonlark.WebSocket? connection
---@return string? reason
---@return string? code "timeout", "refused", "unreachable", "not_found", "closed", "denied", "too_large", "invalid", "io" or "failed"
function ws.connect(url, options) end

---Keeps a WebSocket: opens it again whenever it has ended. May be called while the script loads.
---@param url string begins with ws:// or wss://
---@param options? moonlark.WebSocketKeepOptions
---@return moonlark.WebSocketKeeper
function ws.keep(url, options) end

---@class moonlark.WebSocket
---@field url string the URL without its query
---@field protocol string the protocol that the server has chosen, or ""
---@field close_code? integer nil while the connection is open; 1006 if it was lost
---@field close_reason? string nil while the connection is open
local WebSocket = {}

---Sends a text. Does not wait.
---@param text string|secret UTF-8, at most 16 MiB
---@return true?
---@return string? reason
---@return string? code "busy" if too many messages wait to be sent, "closed" or "too_large"
function WebSocket:send(text) end

---Sends bytes. Does not wait.
---@param bytes string|secret at most 16 MiB
---@return true?
---@return string? reason
---@return string? code "busy", "closed" or "too_large"
function WebSocket:send_binary(bytes) end

---Sends a value as JSON. Does not wait.
---@param value any
---@return true?
---@return string? reason
---@return string? code "busy", "closed" or "too_large"
function WebSocket:send_json(value) end

---Waits for the next message. A timeout leaves the connection open.
---@param timeout? number seconds, 0 to 600; default: no limit
---@return string? data
---@return string? kind "text" or "binary"; the reason if data is nil
---@return string? code "timeout", "closed", "too_large", "full" or "invalid"
function WebSocket:receive(timeout) end

---Returns an iterator of the messages: for data, kind in connection:messages() do ... end. It ends when the connection is closed.
---@return fun(): string?, string?
function WebSocket:messages() end

---Sends the messages that wait, and closes the connection. Does not wait.
---@param code? integer 1000 or from 3000 to 4999, default 1000
---@param reason? string at most 123 bytes
---@return true
function WebSocket:close(code, reason) end

---@class moonlark.WebSocketKeeper
---@field url string the URL without its query
---@field connected boolean
local WebSocketKeeper = {}

---Sends a text over the connection that there is now. Does not wait.
---@param text string|secret UTF-8, at most 16 MiB
---@return true?
---@return string? reason
---@return string? code "offline" if there is no connection now, "busy", "closed" or "too_large"
function WebSocketKeeper:send(text) end

---Sends bytes over the connection that there is now. Does not wait.
---@param bytes string|secret at most 16 MiB
---@return true?
---@return string? reason
---@return string? code "offline", "busy", "closed" or "too_large"
function WebSocketKeeper:send_binary(bytes) end

---Sends a value as JSON over the connection that there is now. Does not wait.
---@param value any
---@return true?
---@return string? reason
---@return string? code "offline", "busy", "closed" or "too_large"
function WebSocketKeeper:send_json(value) end

---Closes the connection and opens no other.
---@return true
function WebSocketKeeper:close() end

---@class moonlark.module.tcp
tcp = {}

---@class moonlark.TCPOptions
---@field timeout? number seconds until the connection must be open, default 10
---@field tls? boolean|moonlark.TLSOptions true: TLS with the usual checks
---@field keepalive? number|false seconds between two probes of an idle connection, default 15; false: none

---Connects to a port of a host.
---@param host string a name or an address
---@param port integer
---@param options? moonlark.TCPOptions
---@return moonlark.TCPConnection? connection
---@return string? reason
---@return string? code "timeout", "refused", "unreachable", "not_found", "closed", "denied", "invalid", "too_large", "io" or "failed"
function tcp.connect(host, port, options) end

---@class moonlark.TCPListenOptions
---@field port integer 0 is a free port
---@field host? string the address of this machine, "localhost", "lan", or "0.0.0.0" for all; default "127.0.0.1": only this machine can connect
---@field tls? { cert: string, key: string, min_version?: "1.2"|"1.3" } paths of the certificate of the server and of its key

---Accepts connections at a port. After a reload, the new copy of the script gets the port of the copy before.
---@param options moonlark.TCPListenOptions
---@return moonlark.TCPServer? server
---@return string? reason
---@return string? code "busy" if the port is in use, "not_found", "denied", "invalid", "too_large", "io" or "failed"
function tcp.listen(options) end

---@class moonlark.TCPServer
---@field port integer
local TCPServer = {}

---Waits for a connection.
---@param timeout? number seconds, 0 to 600; default: no limit
---@return moonlark.TCPConnection? connection
---@return string? reason
---@return string? code "timeout" or "closed"
function TCPServer:accept(timeout) end

---Calls fn in a task of its own for each connection, and closes the connection when fn has returned.
---@param fn fun(connection: moonlark.TCPConnection)
---@return true
function TCPServer:on_connection(fn) end

---Closes the server. The connections that it has accepted stay open. May be called more than once.
---@return true
function TCPServer:close() end

---@class moonlark.TCPConnection
---@field host string as the script has named it
---@field port integer the port of the other end
---@field local_port integer the port of this end
local TCPConnection = {}

---Sends all bytes of data. After a timeout in the middle, the connection is closed.
---@param data string|secret
---@param timeout? number seconds, default 10
---@return true?
---@return string? reason
---@return string? code "timeout", "closed" or "failed"
function TCPConnection:send(data, timeout) end

---Receives a line without its end ("*l", the default), everything until the other end closes the connection ("*a"), what there is ("*s"), or a number of bytes. What has come before a timeout stays for the next call.
---@param what? "*l"|"*a"|"*s"|integer
---@param timeout? number seconds, 0 to 600, default 30
---@return string? data
---@return string? reason
---@return string? code "timeout", "closed", "too_large", "full" or "failed"
---@return string? partial what had come when the connection ended in the middle
function TCPConnection:receive(what, timeout) end

---Returns an iterator of the lines: for line in connection:lines() do ... end. It ends with the connection.
---@param timeout? number seconds for each line; default: no limit
---@return fun(): string?
function TCPConnection:lines(timeout) end

---Begins TLS over the connection, for protocols in which both ends agree on that. Closes the connection if that fails.
---@param tls? true|moonlark.TLSOptions
---@param timeout? number seconds, default 10
---@return true?
---@return string? reason
---@return string? code "timeout", "closed", "invalid", "too_large", "io" or "failed"
function TCPConnection:starttls(tls, timeout) end

---Closes the connection. May be called more than once.
---@return true
function TCPConnection:close() end

---@class moonlark.module.udp
udp = {}

---@class moonlark.UDPOptions
---@field host? string the address of this machine; default: all addresses
---@field port? integer the port of this machine; default 0: a free one
---@field broadcast? boolean true: datagrams may be sent to all machines of a network
---@field multicast? string the address of a group to join, which needs a port
---@field interface? string the network interface for groups, such as "eth0"

---Opens a socket for datagrams. After a reload, the new copy of the script gets the socket with a certain port of the copy before.
---@param options? moonlark.UDPOptions
---@return moonlark.UDPSocket? socket
---@return string? reason
---@return string? code "busy" if the port is in use, "not_found", "denied" or "failed"
function udp.open(options) end

---@class moonlark.UDPSocket
---@field port integer the port of this machine
---@field dropped integer how many datagrams were dropped because the script did not receive them
local UDPSocket = {}

---Sends a datagram. That it has been sent does not mean that it arrives.
---@param data string|secret at most 65507 bytes
---@param host string a name or an address
---@param port integer
---@return true?
---@return string? reason
---@return string? code "too_large", "not_found", "unreachable", "timeout", "denied", "closed" or "failed"
function UDPSocket:send(data, host, port) end

---Waits for a datagram.
---@param timeout? number seconds, 0 to 600; default: no limit
---@return string? data
---@return string? host the address of the sender; the reason if data is nil
---@return integer|string|nil port the port of the sender; the code if data is nil: "timeout" or "closed"
function UDPSocket:receive(timeout) end

---Closes the socket. May be called more than once.
---@return true
function UDPSocket:close() end

---@class moonlark.module.dns
dns = {}

---@class moonlark.DNSService
---@field host string "." if there is no server
---@field port? integer nil for MX
---@field priority integer the lowest is the best
---@field weight? integer nil for MX

---Looks up the records of a name: its addresses ("A", "AAAA", or both kinds if the type is left out), its texts ("TXT"), its mail servers ("MX") or a service ("SRV"). "PTR" looks up the names of an address.
---@param name string a name, or an address for "PTR"
---@param type? "A"|"AAAA"|"SRV"|"TXT"|"MX"|"PTR"
---@param options? { timeout?: number } timeout: seconds, 0.01 to 60, default 5
---@return string[]|moonlark.DNSService[]|nil list
---@return string? reason
---@return string? code "not_found", "timeout", "unreachable", "busy" or "failed"
function dns.lookup(name, type, options) end

---@class moonlark.module.serial
serial = {}

---@class moonlark.SerialOptions
---@field baud? integer bits per second, 50 to 4000000; default 115200
---@field bits? integer bits of a character, 5 to 8; default 8
---@field parity? "none"|"even"|"odd"|"mark"|"space" default "none"
---@field stop? number stop bits: 1 (the default), 2, or 1.5 with 5 bits
---@field flow? "none"|"rts" "rts": the lines RTS and CTS say who may send; default "none"
---@field dtr? boolean the level of the line DTR; default true
---@field rts? boolean the level of the line RTS; default true
---@field ending? string the end of a line, 1 to 8 bytes; default "\n", which is also found as "\r\n"
---@field reconnect? boolean false: the port is not opened again when the device comes back; default true

---Opens a serial port. At the top level of the script, the port is opened when the script comes into use, and whenever the device is plugged in. After a reload, the new copy of the script gets the open port.
---@param device string such as "/dev/ttyUSB0", "/dev/serial/by-id/...", "usb:0403:6001" or "COM3"
---@param options? moonlark.SerialOptions
---@return moonlark.SerialPort? port
---@return string? reason
---@return string? code "not_found", "busy", "denied", "invalid", "unsupported" or "io"
function serial.open(device, options) end

---@class moonlark.SerialPortInfo
---@field path string
---@field by_id? string a path that is always the same for this device
---@field vid? string the number of the maker at USB: four hexadecimal digits
---@field pid? string the number of the product
---@field serial? string the serial number
---@field product? string the name of the product

---Returns the ports that the script may use.
---@return moonlark.SerialPortInfo[]? ports
---@return string? reason
---@return string? code "io"
function serial.ports() end

---@class moonlark.SerialPort
---@field path string? the path of the device that was opened last
---@field connected boolean whether the port is open
---@field dropped integer how many received bytes were dropped because the script did not read them
local SerialPort = {}

---Sends bytes. Returns when the system has taken all of them.
---@param data string at most 1 MiB
---@param timeout? number seconds, 0.01 to 600; default 5
---@return true?
---@return string? reason
---@return string? code "timeout", "lost" or "closed"
function SerialPort:write(data, timeout) end

---Waits for a line.
---@param timeout? number seconds, 0 to 600; default: no limit
---@return string? line without its end
---@return string? reason
---@return string? code "timeout", "lost", "closed" or "too_large"
function SerialPort:read_line(timeout) end

---Returns n bytes, or without n what has been received, which may be "".
---@param n? integer
---@param timeout? number seconds, 0 to 600; without n: how long to wait for the first byte
---@return string? bytes
---@return string? reason
---@return string? code "timeout", "lost" or "closed"
function SerialPort:read(n, timeout) end

---Returns an iterator over the lines. It waits also while the device is unplugged.
---@return fun(): string?
function SerialPort:lines() end

---Drops what has been received, sends data and returns the next line.
---@param data string
---@param timeout? number seconds, 0.01 to 600; default 1
---@return string? line
---@return string? reason
---@return string? code "timeout", "lost", "closed" or "too_large"
function SerialPort:request(data, timeout) end

---Calls a function for each line.
---@param fn fun(line: string)
function SerialPort:on_line(fn) end

---Calls a function when the port has been opened, or when the device has been unplugged.
---@param event "connect"|"disconnect"
---@param fn fun()
function SerialPort:on(event, fn) end

---Drops what has been received and not read.
---@return true
function SerialPort:discard() end

---Sets the line DTR.
---@param level boolean
---@return true?
---@return string? reason
---@return string? code
function SerialPort:dtr(level) end

---Sets the line RTS.
---@param level boolean
---@return true?
---@return string? reason
---@return string? code
function SerialPort:rts(level) end

---Holds the line at the break level.
---@param seconds? number 0.01 to 3; default 0.25
---@return true?
---@return string? reason
---@return string? code
function SerialPort:send_break(seconds) end

---Closes the port. May be called more than once.
---@return true
function SerialPort:close() end

---@class moonlark.module.keys
keys = {}

---@class moonlark.KeyEvent
---@field key string the name of the key, such as "a", "volume_up" or "key_240"
---@field code integer its number in Linux
---@field action "press"|"release"|"repeat"|"hold"
---@field device string the name of the device
---@field time number seconds since 1970

---Calls a function each time a key is pressed on one of the granted devices.
---@param key string such as "volume_up", "ctrl+alt+q" or "*"
---@param fn fun(e: moonlark.KeyEvent)
---@return moonlark.KeyHandle? handle
---@return string? reason
---@return string? code "unsupported"
function keys.on(key, fn) end

---@class moonlark.KeyDeviceOptions
---@field name? string a part of the name of the device
---@field path? string such as "/dev/input/by-id/..."
---@field kind? "keyboard"|"remote"|"scanner"|"buttons"
---@field grab? boolean true: no other program gets the keys of the device; default false

---Opens one device. At the top level of the script, it is opened when the script comes into use, and whenever it is plugged in.
---@param options moonlark.KeyDeviceOptions one of name, path and kind is needed
---@return moonlark.KeyDevice? device
---@return string? reason
---@return string? code "not_found", "denied", "busy", "unsupported" or "io"
function keys.open(options) end

---Reports whether a key is pressed on one of the granted devices.
---@param key string
---@return boolean? pressed
---@return string? reason
---@return string? code "unsupported"
function keys.pressed(key) end

---Returns the granted devices that have keys.
---@return { name: string, path: string, phys: string, kind: string }[]? devices
---@return string? reason
---@return string? code "unsupported"
function keys.devices() end

---@class moonlark.KeyHandle
local KeyHandle = {}

---Ends the calls of the function. May be called more than once.
---@return true
function KeyHandle:close() end

---@class moonlark.KeyDevice
---@field name string? the name of the device, nil while it is not there
---@field path string? the path of the device, nil while it is not there
---@field connected boolean
local KeyDevice = {}

---@class moonlark.KeyOptions
---@field key? string only this key; default: all
---@field hold? number for "hold": how many seconds the key must be pressed, 0.01 to 60; default 1

---Calls a function at each action of a key.
---@param action "press"|"release"|"repeat"|"hold"
---@param fn fun(e: moonlark.KeyEvent)
---@param options? moonlark.KeyOptions
---@return moonlark.KeyHandle
function KeyDevice:on(action, fn, options) end

---Calls a function with what a scanner has typed before the key Enter.
---@param fn fun(text: string)
---@return moonlark.KeyHandle
function KeyDevice:on_code(fn) end

---Waits until a key is pressed.
---@param key? string default: any key
---@param timeout? number seconds, 0 to 600; default: no limit
---@return moonlark.KeyEvent? event
---@return string? reason
---@return string? code "timeout" or "closed"
function KeyDevice:wait(key, timeout) end

---Closes the device. May be called more than once.
---@return true
function KeyDevice:close() end

---@class moonlark.module.system
system = {}

---Returns what identifies the machine. Needs --allow-sys=info.
---@return { host: string, os: string, arch: string, model: string?, kernel: string? }? info
---@return string? reason
---@return string? code
function system.info() end

---@class moonlark.NetworkInterface
---@field name string
---@field up boolean
---@field kind "wifi"|"ethernet"|"other"
---@field addresses string[]
---@field signal? number the strength of the signal in dBm

---Returns the network interfaces. Needs --allow-sys=info.
---@return moonlark.NetworkInterface[]? interfaces
---@return string? reason
---@return string? code
function system.network() end

---Reports whether the machine has an address in a network.
---@return boolean? online
---@return string? reason
---@return string? code
function system.online() end

---Returns the temperature of the processor.
---@return number? degrees Celsius
---@return string? reason
---@return string? code "unsupported"
function system.temperature() end

---Returns the mean number of processes that wanted to run in the last minute.
---@return number? load
---@return number|string|nil load5 of the last 5 minutes; the reason if load is nil
---@return number|string|nil load15 of the last 15 minutes; the code if load is nil
function system.load() end

---Returns how much memory there is, in bytes.
---@return { total: number, available: number, swap_total: number, swap_free: number }? memory
---@return string? reason
---@return string? code "unsupported"
function system.memory() end

---Returns the room on the disk, in bytes.
---@param path? string a file or a folder that the script may read; default: the data folder
---@return { total: number, free: number }? disk
---@return string? reason
---@return string? code "not_found"
function system.disk(path) end

---Returns the seconds since the machine was started.
---@return number? seconds
---@return string? reason
---@return string? code "unsupported"
function system.uptime() end

---Returns the state of the battery.
---@return { percent: number, status: string }? battery
---@return string? reason
---@return string? code "not_found" or "unsupported"
function system.battery() end

---Returns the brightness of the screen, or sets it. Setting it needs --allow-sys=brightness.
---@param value? number 0 to 1
---@return number|true|nil brightness true if it has been set
---@return string? reason
---@return string? code "not_found", "unsupported" or "denied"
function system.brightness(value) end

---Restarts the machine. Needs --allow-sys=reboot.
---@return true?
---@return string? reason
---@return string? code "unsupported", "denied", "timeout" or "failed"
function system.reboot() end

---Switches the machine off. Needs --allow-sys=reboot.
---@return true?
---@return string? reason
---@return string? code "unsupported", "denied", "timeout" or "failed"
function system.poweroff() end

---@class moonlark.module.fleet
fleet = {}

---Returns the name of the device in its fleet.
---@return string? name
---@return string? reason
---@return string? code "unsupported"
function fleet.name() end

---Returns the groups of the device.
---@return string[]? groups
---@return string? reason
---@return string? code "unsupported"
function fleet.groups() end

---Returns the bundle of scripts that runs.
---@return string? name such as "shop 17"
---@return integer|string|nil version the reason if there is no bundle
---@return string? code "unsupported" or "not_found"
function fleet.bundle() end

---Asks the device not to switch to another bundle for a while. A later call takes the place of this one.
---@param seconds number 0 to 3600; 0 ends an earlier call
---@return true?
---@return string? reason
---@return string? code "unsupported"
function fleet.defer(seconds) end

---Has a value shown in the centre of the fleet, beside the state of the device.
---@param name string 1 to 64 letters, digits, "_", "." and "-"
---@param value any what can be JSON, of at most 4 KB; nil removes the name
---@return true?
---@return string? reason
---@return string? code "unsupported" or "failed"
function fleet.report(name, value) end

---@class moonlark.module.gpio
gpio = {}

---@class moonlark.OutputOptions
---@field initial? boolean|0|1 the first value; default: false
---@field active_low? boolean true: the value true is the low level
---@field drive? "push_pull"|"open_drain"|"open_source"
---@field at_close? boolean|0|1 a value that is written before the pin is closed
---@field chip? string the name, the label or the path of a chip; default: that of the header

---@class moonlark.InputOptions
---@field pull? "up"|"down"|"none" default: as it is; of a button: "up"
---@field active_low? boolean true: the value is true at the low level; default of a button: true
---@field debounce? number how many seconds the level must be stable, 0 to 10; default: 0.02
---@field chip? string the name, the label or the path of a chip; default: that of the header

---@class moonlark.PinEvent
---@field edge "rising"|"falling" of the value
---@field value boolean
---@field time number seconds, on the clock of time.monotonic
---@field seq integer the number of the change since the pin was opened
---@field lost integer how many changes before this one were dropped

---@class moonlark.PinHandler
local PinHandler = {}

---Ends the calls of the function.
function PinHandler:cancel() end

---@class moonlark.Pin
local Pin = {}

---Switches an output on.
---@return true? done
---@return string? reason
---@return string? code
function Pin:on() end

---Switches an output off.
---@return true? done
---@return string? reason
---@return string? code
function Pin:off() end

---Sets an output.
---@param v boolean|0|1
---@return true? done
---@return string? reason
---@return string? code
function Pin:write(v) end

---Switches an output on if it is off, and off if it is on.
---@return boolean? value the new value
---@return string? reason
---@return string? code
function Pin:toggle() end

---Returns the present value.
---@return boolean? value
---@return string? reason
---@return string? code
function Pin:read() end

---Switches an output on and off, again and again. Returns at once.
---@param on_s number seconds
---@param off_s number seconds
---@param times? integer how often; default: until the next call of on, off, write, toggle, blink or pulse
---@return true? begun
---@return string? reason
---@return string? code
function Pin:blink(on_s, off_s, times) end

---Switches an output on for a time. Returns at once.
---@param s number seconds
---@return true? begun
---@return string? reason
---@return string? code
function Pin:pulse(s) end

---Calls fn at each change of an input.
---@param fn fun(value: boolean, event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_change(fn) end

---Calls fn when the value of an input becomes true.
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_press(fn) end

---Calls fn when the value of an input becomes false.
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_release(fn) end

---Calls fn when the value of an input has been true for a time.
---@param s number seconds, up to 600
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_hold(s, fn) end

---Calls fn after exactly n presses, each within 0.4 s after the one before.
---@param n integer 1 to 10
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_click(n, fn) end

---Waits for the next change of an input.
---@param what "press"|"release"|"both"|"rising"|"falling"
---@param timeout? number seconds, 0.01 to 600
---@return moonlark.PinEvent? event
---@return string? reason
---@return string? code
function Pin:wait(what, timeout) end

---Closes the pin.
function Pin:close() end

---Opens an output.
---@param line integer|string the number or the name of a line
---@param options? moonlark.OutputOptions
---@return moonlark.Pin? pin
---@return string? reason
---@return string? code
function gpio.output(line, options) end

---Opens an input.
---@param line integer|string the number or the name of a line
---@param options? moonlark.InputOptions
---@return moonlark.Pin? pin
---@return string? reason
---@return string? code
function gpio.input(line, options) end

---Opens an input for a button between the line and ground.
---@param line integer|string the number or the name of a line
---@param options? moonlark.InputOptions
---@return moonlark.Pin? pin
---@return string? reason
---@return string? code
function gpio.button(line, options) end

---@class moonlark.PinGroup
local PinGroup = {}

---Sets all outputs at once.
---@param values (boolean|0|1)[] one for each line
---@return true? done
---@return string? reason
---@return string? code
function PinGroup:write(values) end

---Returns the present values.
---@return boolean[]? values
---@return string? reason
---@return string? code
function PinGroup:read() end

---Closes the outputs.
function PinGroup:close() end

---Opens outputs that are set at once. The options initial and at_close may be lists.
---@param lines (integer|string)[]
---@param options? moonlark.OutputOptions
---@return moonlark.PinGroup? group
---@return string? reason
---@return string? code
function gpio.group(lines, options) end

---@class moonlark.PWM
local PWM = {}

---Sets the part of the time in which the level is high, and switches the channel on.
---@param d number the part of the time in which the level is high, 0 to 1
---@return true? done
---@return string? reason
---@return string? code
function PWM:duty(d) end

---Sets the frequency.
---@param hz number hertz, 1 to 1000000
---@return true? done
---@return string? reason
---@return string? code
function PWM:frequency(hz) end

---Switches the channel off.
---@return true? done
---@return string? reason
---@return string? code
function PWM:off() end

---Closes the channel.
function PWM:close() end

---Opens a PWM channel.
---@param options { chip?: integer, channel?: integer, frequency?: number, duty?: number }
---@return moonlark.PWM? pwm
---@return string? reason
---@return string? code
function gpio.pwm(options) end

---@class moonlark.Servo
local Servo = {}

---Turns the servo to an angle.
---@param degrees number 0 to max_angle
---@return true? done
---@return string? reason
---@return string? code
function Servo:angle(degrees) end

---Switches the servo off, so that it holds no position.
---@return true? done
---@return string? reason
---@return string? code
function Servo:off() end

---Closes the channel of the servo.
function Servo:close() end

---Opens a servo at a PWM channel. min_pulse and max_pulse are in seconds, max_angle and angle in degrees.
---@param options { chip?: integer, channel?: integer, min_pulse?: number, max_pulse?: number, max_angle?: number, angle?: number }
---@return moonlark.Servo? servo
---@return string? reason
---@return string? code
function gpio.servo(options) end

---Returns the chips and their lines.
---@return { chip: string, label: string, lines: { offset: integer, name?: string, used: boolean, consumer?: string, direction: "input"|"output" }[] }[]? chips
---@return string? reason
---@return string? code
function gpio.info() end

---@class moonlark.module.i2c
i2c = {}

---@class moonlark.I2CDevice
local I2CDevice = {}

---Writes bytes.
---@param bytes string|integer[]
---@return true? written
---@return string? reason
---@return string? code
function I2CDevice:write(bytes) end

---Reads bytes.
---@param n integer number of bytes
---@return string? bytes
---@return string? reason
---@return string? code
function I2CDevice:read(n) end

---Writes bytes, and reads n bytes after a repeated start.
---@param bytes string|integer[]
---@param n integer
---@return string? bytes
---@return string? reason
---@return string? code
function I2CDevice:transfer(bytes, n) end

---Reads bytes of a register.
---@param reg integer 0 to 255
---@param n? integer number of bytes; default: 1
---@return string? bytes
---@return string? reason
---@return string? code
function I2CDevice:read_reg(reg, n) end

---Writes bytes, or one number, to a register.
---@param reg integer 0 to 255
---@param bytes string|integer[]|integer
---@return true? written
---@return string? reason
---@return string? code
function I2CDevice:write_reg(reg, bytes) end

---Reads a register as a number of 8 bits without a sign.
---@param reg integer
---@return integer? number 0 to 255
---@return string? reason
---@return string? code
function I2CDevice:read_u8(reg) end

---Reads a register as a number of 8 bits with a sign.
---@param reg integer
---@return integer? number -128 to 127
---@return string? reason
---@return string? code
function I2CDevice:read_s8(reg) end

---Reads a register as a number of 16 bits without a sign.
---@param reg integer
---@param order? "be"|"le" which byte comes first, the high ("be", the default) or the low one
---@return integer? number 0 to 65535
---@return string? reason
---@return string? code
function I2CDevice:read_u16(reg, order) end

---Reads a register as a number of 16 bits with a sign.
---@param reg integer
---@param order? "be"|"le"
---@return integer? number -32768 to 32767
---@return string? reason
---@return string? code
function I2CDevice:read_s16(reg, order) end

---Closes the device.
function I2CDevice:close() end

---Opens a device at an I2C bus.
---@param bus integer|string the number of the bus, or its path
---@param address integer 0x03 to 0x77
---@param options? { timeout?: number } timeout of a transfer in seconds; default: 1
---@return moonlark.I2CDevice? device
---@return string? reason
---@return string? code
function i2c.open(bus, address, options) end

---Looks for devices.
---@param bus? integer|string default: 1
---@param timeout? number seconds; default: 5
---@return { address: integer, driver: boolean }[]? devices driver: a driver of the kernel uses it
---@return string? reason
---@return string? code
function i2c.scan(bus, timeout) end

---@class moonlark.module.spi
spi = {}

---@class moonlark.SPIOptions
---@field bus? integer default: 0
---@field cs? integer the chip select; default: 0
---@field speed? integer hertz; default: 1000000
---@field mode? 0|1|2|3 default: 0
---@field bits? 8|16|32 bits of a word; default: 8
---@field lsb_first? boolean true: the lowest bit comes first
---@field cs_high? boolean true: the chip select is active at the high level
---@field timeout? number of a transfer, in seconds; default: 1

---@class moonlark.SPIDevice
local SPIDevice = {}

---Writes bytes, and reads as many at the same time.
---@param bytes string|integer[]
---@return string? bytes
---@return string? reason
---@return string? code
function SPIDevice:transfer(bytes) end

---Writes bytes.
---@param bytes string|integer[]
---@return true? written
---@return string? reason
---@return string? code
function SPIDevice:write(bytes) end

---Reads bytes.
---@param n integer number of bytes
---@return string? bytes
---@return string? reason
---@return string? code
function SPIDevice:read(n) end

---Closes the device.
function SPIDevice:close() end

---Opens a device at an SPI bus.
---@param options moonlark.SPIOptions
---@return moonlark.SPIDevice? device
---@return string? reason
---@return string? code
function spi.open(options) end

---@class moonlark.module.screen
screen = {}

---@class moonlark.ScreenTheme
---@field accent? string a colour such as "#f1d08a"; it is made lighter or darker until it can be read
---@field scheme? "dark"|"light" default: "dark"
---@field scale? number size of everything, 0.5 to 3; default: 1

---@class moonlark.ScreenSettings
---@field title? string at the top of the page
---@field lang? string language of the texts of the page, such as "de"; default: "en"
---@field dir? "ltr"|"rtl" direction of the texts; default: that of lang
---@field theme? moonlark.ScreenTheme
---@field captions? "both"|"agent"|"user"|"none" whose words are shown; default: "both"
---@field idle? number seconds without a touch or a word until the idle page comes, 5 to 86400; default: 45
---@field linger? number seconds that blocks stay without a touch or a word; 0: until the script clears them; default: 60
---@field wake? boolean a touch of the idle page begins a conversation; default: true
---@field night? string hours in which only a dark clock is shown while nobody is there, such as "22:00-06:00"; default: "", none
---@field reach? "low"|"full" "low": all buttons are in the lower part of the screen; default: "full"
---@field texts? table<string, string> other words for texts of the page

---@class moonlark.TouchEvent
---@field id string the id of the button or its block, or ""
---@field action "press"|"choose"|"dismiss"|"wake"
---@field value string the value of the button, or its text

---@class moonlark.ScreenButton
---@field [1] string the text
---@field text? string in place of the first item
---@field on_press? fun(e: moonlark.TouchEvent)
---@field say? string what a touch says for the user, in place of on_press
---@field primary? boolean
---@field id? string
---@field value? string

---@class moonlark.ScreenItem
---@field [1] string the text
---@field [2]? string the detail
---@field text? string
---@field detail? string

---@class moonlark.ScreenCard: moonlark.ScreenItem
---@field image? string the name of a file, or the bytes of a picture
---@field alt? string what the image shows
---@field on_press? fun(e: moonlark.TouchEvent)
---@field say? string
---@field id? string
---@field value? string

---@class moonlark.ScreenChart
---@field kind? "bars"|"line" default: "bars"
---@field x (string|number)[] names of the values
---@field y number[]
---@field unit? string

---@class moonlark.ScreenBlock
---@field id? string a name for screen.update
---@field text? string
---@field style? "eyebrow"|"title"|"lead"|"body"|"small"
---@field big? string|number
---@field badge? string
---@field list? (moonlark.ScreenItem|string)[]
---@field cards? moonlark.ScreenCard[]
---@field title? string of a list, cards or a chart
---@field image? string the name of a file, or the bytes of a picture
---@field chart? moonlark.ScreenChart
---@field alt? string what the image or the chart shows
---@field qr? string
---@field caption? string of an image or a QR code
---@field detail? string of a QR code
---@field buttons? moonlark.ScreenButton[]
---@field columns? moonlark.ScreenBlock[][]
---@field progress? number 0 to 1
---@field until_? number the end of a timer, in seconds since 1970
---@field timer? number the same as until_
---@field space? number

---Sets the title, the language, the colours and what the page does. What is left out stays as it is.
---@param options moonlark.ScreenSettings
function screen.setup(options) end

---Shows blocks in place of what is shown.
---@param blocks moonlark.ScreenBlock[]
function screen.show(blocks) end

---Changes a block that is shown. Fields that are left out keep their values.
---@param id string
---@param block moonlark.ScreenBlock
---@return true? done
---@return string? reason
---@return string? code
function screen.update(id, block) end

---Shows a short message over what is there.
---@param text string
---@param seconds? number 1 to 60; default: 6
function screen.note(text, seconds) end

---Asks the person before the screen, and waits for the answer.
---@param question { title: string, text?: string, choices: string[], timeout?: number }
---@return string? choice
---@return string? reason
---@return string? code
function screen.ask(question) end

---Sets the page that is shown when nobody is there.
---@param options { title?: string, hint?: string, asks?: string[] }
function screen.idle(options) end

---Removes what the script shows.
---@return true? done
---@return string? reason
---@return string? code
function screen.clear() end

---Returns the open pages.
---@return { width: integer, height: integer, touch: boolean, sound: boolean }[]
function screen.pages() end

---Registers a tool with which the agent shows blocks.
---@param name string
---@param kinds ("text"|"big"|"list"|"cards"|"chart"|"qr"|"buttons"|"progress")[]
---@param options? { description?: string }
function screen.tool(name, kinds, options) end

---@class moonlark.module.mail
mail = {}

---@class MailAttachment
---@field name? string name of the file; that of the file by default
---@field data? string the content
---@field file? string path of the file with the content
---@field type? string such as "image/png"; by the name by default

---@class Mail
---@field server string such as "smtp://mail.example.com:587" or "smtps://mail.example.com"
---@field user? string
---@field password? string|secret
---@field from string such as "Ann <ann@example.com>"
---@field to? string|string[]
---@field cc? string|string[]
---@field bcc? string|string[]
---@field reply_to? string
---@field subject? string
---@field text? string
---@field html? string
---@field attachments? MailAttachment[]
---@field headers? table<string, string>
---@field insecure? boolean send the mail even if the server does not offer TLS
---@field tls? table as for http.get
---@field timeout? number seconds; default: 30

---Sends a mail.
---@param mail Mail
---@return true? sent
---@return string? reason
---@return string? code
function mail.send(mail) end

---@class moonlark.module.mqtt
mqtt = {}

---@class moonlark.MQTTOptions
---@field user? string
---@field password? string|secret
---@field client_id? string default: a name for this machine and this script, which stays the same
---@field keepalive? number seconds after which a silent connection is tested, 1 to 600, default 30
---@field version? 4|5 of the protocol; 4 is MQTT 3.1.1. Default: 5, and 4 if the broker knows only that
---@field clean? boolean false: the broker keeps the session, with subscriptions and messages, for the time in session
---@field session? integer seconds, default 3600, with clean = false
---@field will? { topic: string, payload?: any, qos?: 0|1|2, retain?: boolean, delay?: number } what the broker sends when the connection is lost
---@field status? string a topic that has the message "online" or "offline"
---@field tls? boolean|moonlark.TLSOptions
---@field max_message? integer maximal length of a received message, in bytes, default 1048576, at most 16777216
---@field timeout? number seconds for connecting, and for an answer to a message, default 10

---@class moonlark.MQTTPlace: moonlark.MQTTOptions
---@field url? string
---@field host? string
---@field port? integer default 1883, with tls 8883

---Connects to an MQTT broker. Returns at once, and connects again whenever the connection has ended. May be called while the script loads.
---@param url string begins with mqtt://, mqtts://, ws:// or wss://
---@param options? moonlark.MQTTOptions
---@return moonlark.MQTTClient? client
---@return string? reason
---@return string? code "busy" if another script of this program uses the client id
---@overload fun(options: moonlark.MQTTPlace): moonlark.MQTTClient?, string?, string?
function mqtt.connect(url, options) end

---Returns what the wildcards + and # of the filter stand for in the topic, or nil if it does not match.
---@param filter string
---@param topic string
---@return string[]?
function mqtt.match(filter, topic) end

---@class moonlark.MQTTMessage
---@field topic string
---@field payload string
---@field qos 0|1|2
---@field retained boolean the broker had kept the message
---@field levels string[] what + and # of the filter stand for
---@field content_type? string
---@field response_topic? string where a reply is expected
---@field correlation? string
---@field user table<string, string> more fields of the sender
local MQTTMessage = {}

---Returns the payload, which must be JSON.
---@return any value
---@return string? reason
---@return string? code "invalid"
function MQTTMessage:json() end

---Answers a request. Waits until the broker has the reply if the request had QoS 1 or 2.
---@param payload any
---@return true?
---@return string? reason "queued" if there is no connection now
---@return string? code "unsupported" if the message does not ask for a reply; else as for publish
function MQTTMessage:reply(payload) end

---@class moonlark.MQTTPublishOptions
---@field qos? 0|1|2 default 0
---@field retain? boolean true: the broker keeps the message for later subscribers
---@field expiry? integer seconds after which the broker drops the message
---@field content_type? string
---@field response_topic? string
---@field correlation? string
---@field user? table<string, string|number>

---@class moonlark.MQTTRequestOptions: moonlark.MQTTPublishOptions
---@field timeout? number seconds, default that of the client

---@class moonlark.MQTTClient
---@field id string the client id
---@field url string without user and password
local MQTTClient = {}

---Publishes a message. With QoS 1 and 2, waits until the broker has it.
---@param topic string
---@param payload any a table becomes JSON; nil is an empty message
---@param options? moonlark.MQTTPublishOptions
---@return true?
---@return string? reason "queued" after true: there is no connection now, and the message is sent later
---@return string? code "offline" (only QoS 0), "busy", "timeout", "denied", "too_large", "unsupported", "expired", "failed" or "closed"
function MQTTClient:publish(topic, payload, options) end

---Subscribes to messages. May be called while the script loads.
---@param filter string|string[]
---@param options? { qos?: 0|1|2, retained?: boolean, no_local?: boolean }
---@param fn? fun(msg: moonlark.MQTTMessage)
---@return moonlark.MQTTSubscription? subscription
---@return string? reason
---@return string? code "closed"
---@overload fun(self: moonlark.MQTTClient, filter: string|string[], fn: fun(msg: moonlark.MQTTMessage)): moonlark.MQTTSubscription?
function MQTTClient:subscribe(filter, options, fn) end

---Publishes a message and waits for the reply. Needs MQTT 5.
---@param topic string
---@param payload any
---@param options? moonlark.MQTTRequestOptions
---@return moonlark.MQTTMessage? reply
---@return string? reason
---@return string? code "timeout", "offline", "unsupported", "busy" or "closed"
function MQTTClient:request(topic, payload, options) end

---Waits for the connection.
---@param timeout? number seconds, default that of the client
---@return true?
---@return string? reason
---@return string? code why the last attempt has failed, such as "refused" or "denied"; or "timeout" or "closed"
function MQTTClient:wait(timeout) end

---Reports whether there is a connection.
---@return boolean
function MQTTClient:connected() end

---Calls fn when the client has connected or lost its connection. "connect" is also called for the connection that there is already.
---@param event "connect"|"disconnect"
---@param fn fun(info: { version?: 4|5, resumed?: boolean, reason?: string, code?: string })
function MQTTClient:on(event, fn) end

---Sends what waits, and disconnects. Does not wait.
---@return true
function MQTTClient:close() end

---Shows a device in Home Assistant. May be called while the script loads.
---@param device { name: string, id?: string, model?: string, manufacturer?: string, area?: string, prefix?: string }
---@return moonlark.MQTTDevice
function MQTTClient:home_assistant(device) end

---@class moonlark.MQTTSubscription
local MQTTSubscription = {}

---Waits for the next message.
---@param timeout? number seconds, 0 to 600; default: no limit
---@return moonlark.MQTTMessage? msg
---@return string? reason
---@return string? code "timeout", "closed" or "denied"
function MQTTSubscription:receive(timeout) end

---Returns an iterator of the messages: for msg in subscription:messages() do ... end. It ends when the subscription is closed.
---@return fun(): moonlark.MQTTMessage?
function MQTTSubscription:messages() end

---Ends the subscription.
---@return true
function MQTTSubscription:close() end

---@class moonlark.MQTTDevice
---@field id string
local MQTTDevice = {}

---@class moonlark.MQTTEntitySpec
---@field id string letters, digits, _ and -
---@field name? string default: the id
---@field icon? string such as "mdi:thermometer"
---@field class? string the device class of Home Assistant, such as "temperature"
---@field category? "config"|"diagnostic"

---@class moonlark.MQTTSensorSpec: moonlark.MQTTEntitySpec
---@field unit? string
---@field state_class? "measurement"|"total"|"total_increasing"
---@field expire? number seconds without a new value after which the state is unknown
---@field precision? integer digits behind the decimal point

---@class moonlark.MQTTSwitchSpec: moonlark.MQTTEntitySpec
---@field on_command? fun(on: boolean, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTLightSpec: moonlark.MQTTEntitySpec
---@field brightness? boolean
---@field color? boolean
---@field on_command? fun(command: { state: boolean, brightness?: number, color?: number[] }, entity: moonlark.MQTTEntity) brightness 0 to 1, color three numbers 0 to 255

---@class moonlark.MQTTButtonSpec: moonlark.MQTTEntitySpec
---@field on_press? fun(entity: moonlark.MQTTEntity)

---@class moonlark.MQTTNumberSpec: moonlark.MQTTEntitySpec
---@field min? number
---@field max? number
---@field step? number
---@field unit? string
---@field mode? "auto"|"box"|"slider"
---@field on_command? fun(n: number, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTSelectSpec: moonlark.MQTTEntitySpec
---@field options string[]
---@field on_command? fun(option: string, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTTextSpec: moonlark.MQTTEntitySpec
---@field min? integer
---@field max? integer
---@field pattern? string
---@field mode? "text"|"password"
---@field on_command? fun(text: string, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTEventSpec: moonlark.MQTTEntitySpec
---@field events string[]

---Adds a value that Home Assistant shows, such as a temperature.
---@param spec moonlark.MQTTSensorSpec
---@return moonlark.MQTTEntity
function MQTTDevice:sensor(spec) end

---Adds a value that is on or off, such as a door contact.
---@param spec moonlark.MQTTSensorSpec
---@return moonlark.MQTTEntity
function MQTTDevice:binary_sensor(spec) end

---Adds a switch that people can turn on and off in Home Assistant.
---@param spec moonlark.MQTTSwitchSpec
---@return moonlark.MQTTEntity
function MQTTDevice:switch(spec) end

---Adds a light.
---@param spec moonlark.MQTTLightSpec
---@return moonlark.MQTTEntity
function MQTTDevice:light(spec) end

---Adds a button that people can press in Home Assistant.
---@param spec moonlark.MQTTButtonSpec
---@return moonlark.MQTTEntity
function MQTTDevice:button(spec) end

---Adds a number that people can set in Home Assistant.
---@param spec moonlark.MQTTNumberSpec
---@return moonlark.MQTTEntity
function MQTTDevice:number(spec) end

---Adds a list of options of which people can choose one in Home Assistant.
---@param spec moonlark.MQTTSelectSpec
---@return moonlark.MQTTEntity
function MQTTDevice:select(spec) end

---Adds a text that people can enter in Home Assistant.
---@param spec moonlark.MQTTTextSpec
---@return moonlark.MQTTEntity
function MQTTDevice:text(spec) end

---Adds a source of events, such as a doorbell.
---@param spec moonlark.MQTTEventSpec
---@return moonlark.MQTTEntity
function MQTTDevice:event(spec) end

---Adds an entity of another platform of Home Assistant.
---@param platform string such as "cover"
---@param fields table the fields of Home Assistant's discovery, and id and on_command
---@return moonlark.MQTTEntity
function MQTTDevice:entity(platform, fields) end

---Makes Home Assistant forget the device.
---@return true
function MQTTDevice:remove() end

---@class moonlark.MQTTEntity
---@field id string
local MQTTEntity = {}

---Sets the state that Home Assistant shows. Does not wait.
---@param state any a boolean for switches, lights and binary sensors; { state, brightness, color } for lights; nil: unknown
---@param attributes? table
---@return true
function MQTTEntity:set(state, attributes) end

---Tells Home Assistant that an event has happened. Does not wait.
---@param event string one of the events of the entity
---@param fields? table
---@return true?
---@return string? reason
---@return string? code "offline", "busy" or "closed"
function MQTTEntity:fire(event, fields) end

---MCP servers of other people: their tools can be called, and offered to the agent.
---@class moonlark.module.mcp
mcp = {}

---@class moonlark.MCPBlock
---@field type "text"|"image"|"audio"|"resource"|"resource_link"
---@field text? string
---@field mime? string such as "image/png"
---@field data? string the bytes of an image, of sound, or of a resource that is not text
---@field uri? string of a resource
---@field name? string of a resource_link

---@class moonlark.MCPResult
---@field text string the texts of the result, at most 262144 bytes; "[image/png, 12 KB]" stands for an image
---@field data? any the structured content
---@field content moonlark.MCPBlock[]

---@class moonlark.MCPTool
---@field name string
---@field title? string
---@field description string
---@field parameters table the JSON Schema of the arguments, as the server describes it

---@class moonlark.MCPOffer
---@field allow? string[] patterns of the tools that the agent may call: a * stands for any text
---@field ask? string[] patterns of the tools that the agent may call if the event mcp_tool_call, or the person at the prompt, allows it
---@field prefix? string begins the names for the agent; default: the name of the server and _
---@field describe? table<string, string> other descriptions, by the name of the tool
---@field phrases? table<string, string[]> sentences in which people ask for a tool, by its name
---@field as? string offers one tool with this name, which calls all of them
---@field description? string of this one tool

---@class moonlark.MCPConnect
---@field command? string the name or the path of a program
---@field args? (string|number)[] its arguments
---@field env? table<string, string|number|secret> its environment variables
---@field url? string the address of a server that is reached by HTTP
---@field headers? table<string, string|number|secret>
---@field bearer? string|secret a token for the header Authorization
---@field name? string for messages and for the names of tools; default: from the command or the url
---@field allow? string[] patterns of the tools that may be called; default: all
---@field deny? string[] patterns of the tools that may not be called
---@field timeout? number seconds of a call, 0.01 to 600, default 20
---@field startup? number seconds until the server must have listed its tools, 0.01 to 600, default 10
---@field trust? boolean whether tools may change their definitions while the server runs; default false

---Returns a server that the operator has named with --mcp-servers. It is started when the script is in use.
---@param name string
---@return moonlark.MCPServer
function mcp.server(name) end

---Starts a server of the script, or connects to it. Needs --allow-run or --allow-net.
---@param options moonlark.MCPConnect
---@return moonlark.MCPServer? server
---@return string? reason
---@return string? code "not_found" or "invalid"
function mcp.connect(options) end

---@class moonlark.MCPServer
---@field name string
local MCPServer = {}

---Calls a tool of the server and waits for its result. A server that is being started is awaited.
---@param tool string
---@param arguments? table
---@param options? { timeout?: number } timeout: seconds, 0.01 to 600, default: that of the server
---@return moonlark.MCPResult? result
---@return string? reason why it has failed; the whole text of the tool if the tool says so
---@return string? code "failed", "timeout", "offline", "closed", "denied", "not_found", "invalid", "unsupported", "unreachable", "too_large", "busy" or "io"
function MCPServer:call(tool, arguments, options) end

---Returns the tools that may be called. There are none before the server has been ready.
---@return moonlark.MCPTool[]
function MCPServer:tools() end

---Offers tools of the server to the agent. Can be called only while the script loads.
---@param options moonlark.MCPOffer
---@return true
function MCPServer:offer(options) end

---Calls fn after the tools or the status of the server have changed.
---@param fn fun()
---@return true
function MCPServer:on_change(fn) end

---Returns whether the server can be called.
---@return "starting"|"ready"|"down" status
---@return string? why it is down
function MCPServer:status() end

---@class moonlark.module.mdns
mdns = {}

---@class moonlark.MDNSService
---@field name string such as "Office printer"
---@field host string such as "printer.local"
---@field port integer
---@field addresses string[]
---@field text table<string, string> what the service says about itself

---Looks up a machine in the local network.
---@param name string ends in ".local"
---@param options? { timeout?: number } seconds, 0.01 to 60, default 3
---@return string[]? addresses
---@return string? reason
---@return string? code "not_found", "unreachable" or "busy"
function mdns.lookup(name, options) end

---Searches for services in the local network. Waits for the whole timeout, unless there is on_found or on_lost: then it returns a browser at once, which searches until it is closed. Needs --allow-net=lan.
---@param kind string such as "_http._tcp"
---@param options? { timeout?: number, on_found?: fun(service: moonlark.MDNSService), on_lost?: fun(service: moonlark.MDNSService) } timeout in seconds, 0.01 to 60, default 3
---@return moonlark.MDNSService[]|moonlark.MDNSBrowser|nil services
---@return string? reason
---@return string? code "unreachable" or "busy"
function mdns.browse(kind, options) end

---Announces a service of this machine in the local network. May be called while the script loads. Needs --allow-net=lan.
---@param service { name: string, service: string, port: integer, text?: table<string, string|number|boolean> }
---@return moonlark.MDNSRegistration
function mdns.register(service) end

---@class moonlark.MDNSBrowser
local MDNSBrowser = {}

---Ends the search.
---@return true
function MDNSBrowser:close() end

---@class moonlark.MDNSRegistration
---@field name? string the name of the service, which has a number at its end if the name was taken; nil until it is announced
local MDNSRegistration = {}

---Withdraws the announcement.
---@return true
function MDNSRegistration:close() end
