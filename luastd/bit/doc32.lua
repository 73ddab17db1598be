bit32 = {}

---Returns the bits that are set in all arguments.
---@param x number
---@param ... number
---@return integer result from 0 to 2^32-1
function bit32.band(x, ...) end

---Returns the bits that are set in any of the arguments.
---@param x number
---@param ... number
---@return integer result from 0 to 2^32-1
function bit32.bor(x, ...) end

---Returns the bits that are set in an odd number of the arguments.
---@param x number
---@param ... number
---@return integer result from 0 to 2^32-1
function bit32.bxor(x, ...) end

---Returns x with all its 32 bits inverted.
---@param x number
---@return integer result from 0 to 2^32-1
function bit32.bnot(x) end

---Returns x shifted left by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.lshift(x, n) end

---Returns x shifted right by n bits, filled with zeros.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.rshift(x, n) end

---Returns x shifted right by n bits, filled with the sign bit of x.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.arshift(x, n) end

---Returns x rotated left by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.rol(x, n) end

---Returns x rotated right by n bits.
---@param x number
---@param n integer only its lowest 5 bits count
---@return integer result from 0 to 2^32-1
function bit32.ror(x, n) end

---Returns the lowest 32 bits of x as a number.
---@param x number
---@return integer result from 0 to 2^32-1
function bit32.tobit(x) end

---Returns the lowest digits of x in hexadecimal.
---@param x number
---@param n? integer number of digits, default 8; a negative number means upper case
---@return string
function bit32.tohex(x, n) end
