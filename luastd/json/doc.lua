json = {}

---Returns the JSON text of a value. Raises an error when the value cannot be JSON.
---@param v any
---@param options? { pretty: boolean } pretty: indented, with a line for each member
---@return string
function json.encode(v, options) end

---Returns the value of a JSON text.
---@param text string
---@param options? { big: "string" } big: whole numbers beyond 2^53 become strings of digits
---@return any value nil when text is not JSON
---@return string? reason where the text is wrong
---@return string? code "invalid" or "too_large"
function json.decode(text, options) end

---Returns an iterator of the values in lines: for v in json.lines(next) do ... end. Raises an error when a line is not JSON.
---@param next fun(): string? an iterator that returns lines with one JSON value each
---@param options? { big: "string" } as for json.decode
---@return fun(): any
function json.lines(next, options) end

---Returns the value at a path such as "a.b[1]" or 'a["b c"]'.
---@param v any
---@param path string
---@param default? any what to return if there is no value at the path, or null
---@return any
function json.get(v, path, default) end

---Tags a table as an array, so that it is written as [...] even if it is empty or has holes.
---@generic T: table
---@param t? T default: a new table
---@return T
function json.array(t) end

---Stands for JSON's null.
---@type userdata
json.null = nil
