fleet = {}

---Returns the name of the device in its fleet.
---@return string? name
---@return string? reason
---@return string? code "unsupported"
function fleet.name() end

---Returns the groups of the device.
---@return string[]? groups
---@return string? reason
---@return string? code "unsupported"
function fleet.groups() end

---Returns the bundle of scripts that runs.
---@return string? name such as "shop 17"
---@return integer|string|nil version the reason if there is no bundle
---@return string? code "unsupported" or "not_found"
function fleet.bundle() end

---Asks the device not to switch to another bundle for a while. A later call takes the place of this one.
---@param seconds number 0 to 3600; 0 ends an earlier call
---@return true?
---@return string? reason
---@return string? code "unsupported"
function fleet.defer(seconds) end

---Has a value shown in the centre of the fleet, beside the state of the device.
---@param name string 1 to 64 letters, digits, "_", "." and "-"
---@param value any what can be JSON, of at most 4 KB; nil removes the name
---@return true?
---@return string? reason
---@return string? code "unsupported" or "failed"
function fleet.report(name, value) end
