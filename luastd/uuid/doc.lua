uuid = {}

---Returns a random UUID, such as "0b9f3c1e-7a52-4f0e-9c43-5d8f2a61b7e0".
---@return string
function uuid.v4() end

---Returns a UUID that begins with the time, so that later UUIDs are greater as strings.
---@return string
function uuid.v7() end

---Reports whether s is a UUID of any version, in upper or lower case.
---@param s string
---@return boolean
function uuid.valid(s) end
