toml = {}

---Returns the table that a TOML text describes. Integers beyond 2^53 are strings of digits. Dates with an offset from UTC are Unix seconds, other dates and times are strings.
---@param s string
---@return table? t nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function toml.decode(s) end

---Returns a table as TOML. Raises an error when the table cannot be TOML.
---@param t table
---@return string
function toml.encode(t) end
