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
