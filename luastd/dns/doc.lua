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
