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
