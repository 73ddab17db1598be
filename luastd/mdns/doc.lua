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
