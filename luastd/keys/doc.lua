keys = {}

---@class moonlark.KeyEvent
---@field key string the name of the key, such as "a", "volume_up" or "key_240"
---@field code integer its number in Linux
---@field action "press"|"release"|"repeat"|"hold"
---@field device string the name of the device
---@field time number seconds since 1970

---Calls a function each time a key is pressed on one of the granted devices.
---@param key string such as "volume_up", "ctrl+alt+q" or "*"
---@param fn fun(e: moonlark.KeyEvent)
---@return moonlark.KeyHandle? handle
---@return string? reason
---@return string? code "unsupported"
function keys.on(key, fn) end

---@class moonlark.KeyDeviceOptions
---@field name? string a part of the name of the device
---@field path? string such as "/dev/input/by-id/..."
---@field kind? "keyboard"|"remote"|"scanner"|"buttons"
---@field grab? boolean true: no other program gets the keys of the device; default false

---Opens one device. At the top level of the script, it is opened when the script comes into use, and whenever it is plugged in.
---@param options moonlark.KeyDeviceOptions one of name, path and kind is needed
---@return moonlark.KeyDevice? device
---@return string? reason
---@return string? code "not_found", "denied", "busy", "unsupported" or "io"
function keys.open(options) end

---Reports whether a key is pressed on one of the granted devices.
---@param key string
---@return boolean? pressed
---@return string? reason
---@return string? code "unsupported"
function keys.pressed(key) end

---Returns the granted devices that have keys.
---@return { name: string, path: string, phys: string, kind: string }[]? devices
---@return string? reason
---@return string? code "unsupported"
function keys.devices() end

---@class moonlark.KeyHandle
local KeyHandle = {}

---Ends the calls of the function. May be called more than once.
---@return true
function KeyHandle:close() end

---@class moonlark.KeyDevice
---@field name string? the name of the device, nil while it is not there
---@field path string? the path of the device, nil while it is not there
---@field connected boolean
local KeyDevice = {}

---@class moonlark.KeyOptions
---@field key? string only this key; default: all
---@field hold? number for "hold": how many seconds the key must be pressed, 0.01 to 60; default 1

---Calls a function at each action of a key.
---@param action "press"|"release"|"repeat"|"hold"
---@param fn fun(e: moonlark.KeyEvent)
---@param options? moonlark.KeyOptions
---@return moonlark.KeyHandle
function KeyDevice:on(action, fn, options) end

---Calls a function with what a scanner has typed before the key Enter.
---@param fn fun(text: string)
---@return moonlark.KeyHandle
function KeyDevice:on_code(fn) end

---Waits until a key is pressed.
---@param key? string default: any key
---@param timeout? number seconds, 0 to 600; default: no limit
---@return moonlark.KeyEvent? event
---@return string? reason
---@return string? code "timeout" or "closed"
function KeyDevice:wait(key, timeout) end

---Closes the device. May be called more than once.
---@return true
function KeyDevice:close() end
