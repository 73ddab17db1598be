gpio = {}

---@class moonlark.OutputOptions
---@field initial? boolean|0|1 the first value; default: false
---@field active_low? boolean true: the value true is the low level
---@field drive? "push_pull"|"open_drain"|"open_source"
---@field at_close? boolean|0|1 a value that is written before the pin is closed
---@field chip? string the name, the label or the path of a chip; default: that of the header

---@class moonlark.InputOptions
---@field pull? "up"|"down"|"none" default: as it is; of a button: "up"
---@field active_low? boolean true: the value is true at the low level; default of a button: true
---@field debounce? number how many seconds the level must be stable, 0 to 10; default: 0.02
---@field chip? string the name, the label or the path of a chip; default: that of the header

---@class moonlark.PinEvent
---@field edge "rising"|"falling" of the value
---@field value boolean
---@field time number seconds, on the clock of time.monotonic
---@field seq integer the number of the change since the pin was opened
---@field lost integer how many changes before this one were dropped

---@class moonlark.PinHandler
local PinHandler = {}

---Ends the calls of the function.
function PinHandler:cancel() end

---@class moonlark.Pin
local Pin = {}

---Switches an output on.
---@return true? done
---@return string? reason
---@return string? code
function Pin:on() end

---Switches an output off.
---@return true? done
---@return string? reason
---@return string? code
function Pin:off() end

---Sets an output.
---@param v boolean|0|1
---@return true? done
---@return string? reason
---@return string? code
function Pin:write(v) end

---Switches an output on if it is off, and off if it is on.
---@return boolean? value the new value
---@return string? reason
---@return string? code
function Pin:toggle() end

---Returns the present value.
---@return boolean? value
---@return string? reason
---@return string? code
function Pin:read() end

---Switches an output on and off, again and again. Returns at once.
---@param on_s number seconds
---@param off_s number seconds
---@param times? integer how often; default: until the next call of on, off, write, toggle, blink or pulse
---@return true? begun
---@return string? reason
---@return string? code
function Pin:blink(on_s, off_s, times) end

---Switches an output on for a time. Returns at once.
---@param s number seconds
---@return true? begun
---@return string? reason
---@return string? code
function Pin:pulse(s) end

---Calls fn at each change of an input.
---@param fn fun(value: boolean, event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_change(fn) end

---Calls fn when the value of an input becomes true.
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_press(fn) end

---Calls fn when the value of an input becomes false.
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_release(fn) end

---Calls fn when the value of an input has been true for a time.
---@param s number seconds, up to 600
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_hold(s, fn) end

---Calls fn after exactly n presses, each within 0.4 s after the one before.
---@param n integer 1 to 10
---@param fn fun(event: moonlark.PinEvent)
---@return moonlark.PinHandler? handler
---@return string? reason
---@return string? code
function Pin:on_click(n, fn) end

---Waits for the next change of an input.
---@param what "press"|"release"|"both"|"rising"|"falling"
---@param timeout? number seconds, 0.01 to 600
---@return moonlark.PinEvent? event
---@return string? reason
---@return string? code
function Pin:wait(what, timeout) end

---Closes the pin.
function Pin:close() end

---Opens an output.
---@param line integer|string the number or the name of a line
---@param options? moonlark.OutputOptions
---@return moonlark.Pin? pin
---@return string? reason
---@return string? code
function gpio.output(line, options) end

---Opens an input.
---@param line integer|string the number or the name of a line
---@param options? moonlark.InputOptions
---@return moonlark.Pin? pin
---@return string? reason
---@return string? code
function gpio.input(line, options) end

---Opens an input for a button between the line and ground.
---@param line integer|string the number or the name of a line
---@param options? moonlark.InputOptions
---@return moonlark.Pin? pin
---@return string? reason
---@return string? code
function gpio.button(line, options) end

---@class moonlark.PinGroup
local PinGroup = {}

---Sets all outputs at once.
---@param values (boolean|0|1)[] one for each line
---@return true? done
---@return string? reason
---@return string? code
function PinGroup:write(values) end

---Returns the present values.
---@return boolean[]? values
---@return string? reason
---@return string? code
function PinGroup:read() end

---Closes the outputs.
function PinGroup:close() end

---Opens outputs that are set at once. The options initial and at_close may be lists.
---@param lines (integer|string)[]
---@param options? moonlark.OutputOptions
---@return moonlark.PinGroup? group
---@return string? reason
---@return string? code
function gpio.group(lines, options) end

---@class moonlark.PWM
local PWM = {}

---Sets the part of the time in which the level is high, and switches the channel on.
---@param d number the part of the time in which the level is high, 0 to 1
---@return true? done
---@return string? reason
---@return string? code
function PWM:duty(d) end

---Sets the frequency.
---@param hz number hertz, 1 to 1000000
---@return true? done
---@return string? reason
---@return string? code
function PWM:frequency(hz) end

---Switches the channel off.
---@return true? done
---@return string? reason
---@return string? code
function PWM:off() end

---Closes the channel.
function PWM:close() end

---Opens a PWM channel.
---@param options { chip?: integer, channel?: integer, frequency?: number, duty?: number }
---@return moonlark.PWM? pwm
---@return string? reason
---@return string? code
function gpio.pwm(options) end

---@class moonlark.Servo
local Servo = {}

---Turns the servo to an angle.
---@param degrees number 0 to max_angle
---@return true? done
---@return string? reason
---@return string? code
function Servo:angle(degrees) end

---Switches the servo off, so that it holds no position.
---@return true? done
---@return string? reason
---@return string? code
function Servo:off() end

---Closes the channel of the servo.
function Servo:close() end

---Opens a servo at a PWM channel. min_pulse and max_pulse are in seconds, max_angle and angle in degrees.
---@param options { chip?: integer, channel?: integer, min_pulse?: number, max_pulse?: number, max_angle?: number, angle?: number }
---@return moonlark.Servo? servo
---@return string? reason
---@return string? code
function gpio.servo(options) end

---Returns the chips and their lines.
---@return { chip: string, label: string, lines: { offset: integer, name?: string, used: boolean, consumer?: string, direction: "input"|"output" }[] }[]? chips
---@return string? reason
---@return string? code
function gpio.info() end
