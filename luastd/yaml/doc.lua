yaml = {}

---Returns the value of a YAML text with one document. null is json.null, keys are strings, integers beyond 2^53 are strings of digits.
---@param s string
---@return any value nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function yaml.decode(s) end

---Returns the values of all documents in a YAML text.
---@param s string
---@return any[]? values nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function yaml.decode_all(s) end

---Returns a value as YAML. Raises an error when the value cannot be YAML.
---@param v any
---@return string
function yaml.encode(v) end
