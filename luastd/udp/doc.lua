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
