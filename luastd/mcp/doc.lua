---MCP servers of other people: their tools can be called, and offered to the agent.
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
