i2c = {}

---@class moonlark.I2CDevice
local I2CDevice = {}

---Writes bytes.
---@param bytes string|integer[]
---@return true? written
---@return string? reason
---@return string? code
function I2CDevice:write(bytes) end

---Reads bytes.
---@param n integer number of bytes
---@return string? bytes
---@return string? reason
---@return string? code
function I2CDevice:read(n) end

---Writes bytes, and reads n bytes after a repeated start.
---@param bytes string|integer[]
---@param n integer
---@return string? bytes
---@return string? reason
---@return string? code
function I2CDevice:transfer(bytes, n) end

---Reads bytes of a register.
---@param reg integer 0 to 255
---@param n? integer number of bytes; default: 1
---@return string? bytes
---@return string? reason
---@return string? code
function I2CDevice:read_reg(reg, n) end

---Writes bytes, or one number, to a register.
---@param reg integer 0 to 255
---@param bytes string|integer[]|integer
---@return true? written
---@return string? reason
---@return string? code
function I2CDevice:write_reg(reg, bytes) end

---Reads a register as a number of 8 bits without a sign.
---@param reg integer
---@return integer? number 0 to 255
---@return string? reason
---@return string? code
function I2CDevice:read_u8(reg) end

---Reads a register as a number of 8 bits with a sign.
---@param reg integer
---@return integer? number -128 to 127
---@return string? reason
---@return string? code
function I2CDevice:read_s8(reg) end

---Reads a register as a number of 16 bits without a sign.
---@param reg integer
---@param order? "be"|"le" which byte comes first, the high ("be", the default) or the low one
---@return integer? number 0 to 65535
---@return string? reason
---@return string? code
function I2CDevice:read_u16(reg, order) end

---Reads a register as a number of 16 bits with a sign.
---@param reg integer
---@param order? "be"|"le"
---@return integer? number -32768 to 32767
---@return string? reason
---@return string? code
function I2CDevice:read_s16(reg, order) end

---Closes the device.
function I2CDevice:close() end

---Opens a device at an I2C bus.
---@param bus integer|string the number of the bus, or its path
---@param address integer 0x03 to 0x77
---@param options? { timeout?: number } timeout of a transfer in seconds; default: 1
---@return moonlark.I2CDevice? device
---@return string? reason
---@return string? code
function i2c.open(bus, address, options) end

---Looks for devices.
---@param bus? integer|string default: 1
---@param timeout? number seconds; default: 5
---@return { address: integer, driver: boolean }[]? devices driver: a driver of the kernel uses it
---@return string? reason
---@return string? code
function i2c.scan(bus, timeout) end
