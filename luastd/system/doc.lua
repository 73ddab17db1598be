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
