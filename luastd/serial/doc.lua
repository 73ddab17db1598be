serial = {}

---@class moonlark.SerialOptions
---@field baud? integer bits per second, 50 to 4000000; default 115200
---@field bits? integer bits of a character, 5 to 8; default 8
---@field parity? "none"|"even"|"odd"|"mark"|"space" default "none"
---@field stop? number stop bits: 1 (the default), 2, or 1.5 with 5 bits
---@field flow? "none"|"rts" "rts": the lines RTS and CTS say who may send; default "none"
---@field dtr? boolean the level of the line DTR; default true
---@field rts? boolean the level of the line RTS; default true
---@field ending? string the end of a line, 1 to 8 bytes; default "\n", which is also found as "\r\n"
---@field reconnect? boolean false: the port is not opened again when the device comes back; default true

---Opens a serial port. At the top level of the script, the port is opened when the script comes into use, and whenever the device is plugged in. After a reload, the new copy of the script gets the open port.
---@param device string such as "/dev/ttyUSB0", "/dev/serial/by-id/...", "usb:0403:6001" or "COM3"
---@param options? moonlark.SerialOptions
---@return moonlark.SerialPort? port
---@return string? reason
---@return string? code "not_found", "busy", "denied", "invalid", "unsupported" or "io"
function serial.open(device, options) end

---@class moonlark.SerialPortInfo
---@field path string
---@field by_id? string a path that is always the same for this device
---@field vid? string the number of the maker at USB: four hexadecimal digits
---@field pid? string the number of the product
---@field serial? string the serial number
---@field product? string the name of the product

---Returns the ports that the script may use.
---@return moonlark.SerialPortInfo[]? ports
---@return string? reason
---@return string? code "io"
function serial.ports() end

---@class moonlark.SerialPort
---@field path string? the path of the device that was opened last
---@field connected boolean whether the port is open
---@field dropped integer how many received bytes were dropped because the script did not read them
local SerialPort = {}

---Sends bytes. Returns when the system has taken all of them.
---@param data string at most 1 MiB
---@param timeout? number seconds, 0.01 to 600; default 5
---@return true?
---@return string? reason
---@return string? code "timeout", "lost" or "closed"
function SerialPort:write(data, timeout) end

---Waits for a line.
---@param timeout? number seconds, 0 to 600; default: no limit
---@return string? line without its end
---@return string? reason
---@return string? code "timeout", "lost", "closed" or "too_large"
function SerialPort:read_line(timeout) end

---Returns n bytes, or without n what has been received, which may be "".
---@param n? integer
---@param timeout? number seconds, 0 to 600; without n: how long to wait for the first byte
---@return string? bytes
---@return string? reason
---@return string? code "timeout", "lost" or "closed"
function SerialPort:read(n, timeout) end

---Returns an iterator over the lines. It waits also while the device is unplugged.
---@return fun(): string?
function SerialPort:lines() end

---Drops what has been received, sends data and returns the next line.
---@param data string
---@param timeout? number seconds, 0.01 to 600; default 1
---@return string? line
---@return string? reason
---@return string? code "timeout", "lost", "closed" or "too_large"
function SerialPort:request(data, timeout) end

---Calls a function for each line.
---@param fn fun(line: string)
function SerialPort:on_line(fn) end

---Calls a function when the port has been opened, or when the device has been unplugged.
---@param event "connect"|"disconnect"
---@param fn fun()
function SerialPort:on(event, fn) end

---Drops what has been received and not read.
---@return true
function SerialPort:discard() end

---Sets the line DTR.
---@param level boolean
---@return true?
---@return string? reason
---@return string? code
function SerialPort:dtr(level) end

---Sets the line RTS.
---@param level boolean
---@return true?
---@return string? reason
---@return string? code
function SerialPort:rts(level) end

---Holds the line at the break level.
---@param seconds? number 0.01 to 3; default 0.25
---@return true?
---@return string? reason
---@return string? code
function SerialPort:send_break(seconds) end

---Closes the port. May be called more than once.
---@return true
function SerialPort:close() end
