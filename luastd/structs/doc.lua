struct = {}

---Returns the values as bytes. The format is that of string.pack of Lua 5.3, such as "<I2 f z".
---@param fmt string
---@param ... number|string a whole number beyond 2^53 may be a string of digits
---@return string bytes
function struct.pack(fmt, ...) end

---Returns the values in bytes, and the position after them.
---@param fmt string as for struct.pack
---@param bytes string|integer[] a string, or a list of numbers from 0 to 255
---@param pos? integer position of the first byte, default 1
---@return any ... the values and the position; or nil, the reason and the code "invalid" when there are too few bytes
function struct.unpack(fmt, bytes, pos) end

---Returns the number of bytes that values with this format have. The format must not have s or z.
---@param fmt string as for struct.pack
---@return integer
function struct.size(fmt) end

---The same function as struct.pack.
---@param fmt string
---@param ... number|string
---@return string bytes
function string.pack(fmt, ...) end

---Like struct.unpack, but raises an error when there are too few bytes.
---@param fmt string
---@param bytes string
---@param pos? integer default: 1
---@return any ... the values and the position after them
function string.unpack(fmt, bytes, pos) end

---The same function as struct.size.
---@param fmt string
---@return integer
function string.packsize(fmt) end
