random = {}

---Returns n random bytes that cannot be guessed.
---@param n integer from 0 to 1048576
---@return string
function random.bytes(n) end

---Returns n random bytes in hexadecimal, which are 2n digits.
---@param n integer number of bytes, from 0 to 1048576
---@return string
function random.hex(n) end

---Returns a whole number from a to b, each with the same probability.
---@param a integer
---@param b integer
---@return integer
function random.integer(a, b) end

---Returns an element of a list. Raises an error if the list is empty.
---@generic T
---@param t T[]
---@return T
function random.choice(t) end

---Puts the elements of a list in a random order, and returns the list.
---@generic T
---@param t T[]
---@return T[]
function random.shuffle(t) end
