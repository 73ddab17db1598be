
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
