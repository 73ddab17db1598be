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
