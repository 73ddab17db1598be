spi = {}

---@class moonlark.SPIOptions
---@field bus? integer default: 0
---@field cs? integer the chip select; default: 0
---@field speed? integer hertz; default: 1000000
---@field mode? 0|1|2|3 default: 0
---@field bits? 8|16|32 bits of a word; default: 8
---@field lsb_first? boolean true: the lowest bit comes first
---@field cs_high? boolean true: the chip select is active at the high level
---@field timeout? number of a transfer, in seconds; default: 1

---@class moonlark.SPIDevice
local SPIDevice = {}

---Writes bytes, and reads as many at the same time.
---@param bytes string|integer[]
---@return string? bytes
---@return string? reason
---@return string? code
function SPIDevice:transfer(bytes) end

---Writes bytes.
---@param bytes string|integer[]
---@return true? written
---@return string? reason
---@return string? code
function SPIDevice:write(bytes) end

---Reads bytes.
---@param n integer number of bytes
---@return string? bytes
---@return string? reason
---@return string? code
function SPIDevice:read(n) end

---Closes the device.
function SPIDevice:close() end

---Opens a device at an SPI bus.
---@param options moonlark.SPIOptions
---@return moonlark.SPIDevice? device
---@return string? reason
---@return string? code
function spi.open(options) end
