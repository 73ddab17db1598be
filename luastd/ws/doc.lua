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
