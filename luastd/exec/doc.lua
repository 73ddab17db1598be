exec = {}

---@class moonlark.ExecResult
---@field code? integer the exit code; nil if a signal has ended the program
---@field signal? string the signal that has ended the program, such as "TERM"
---@field ok boolean whether the exit code is 0
---@field stdout string
---@field stderr string
---@field truncated boolean whether output was dropped
---@field elapsed number seconds from the start to the end of the program

---@class moonlark.ExecOptions
---@field cwd? string the folder in which the program runs; default: the data folder of the script
---@field env? table<string, string|number> environment variables
---@field stdin? string what the program reads from its standard input
---@field timeout? number seconds after which the program is killed, default 30, at most 3600
---@field max_output? integer bytes that are kept of each output, default 1048576, at most 67108864
---@field stderr? "capture"|"stdout"|"discard" default "capture"

---@class moonlark.ExecStartOptions
---@field cwd? string the folder in which the program runs; default: the data folder of the script
---@field env? table<string, string|number> environment variables
---@field stdin? string a text, or "pipe" for process:write
---@field max_output? integer bytes that are kept of each output, default 1048576, at most 67108864
---@field stderr? "capture"|"stdout"|"discard" default "capture"
---@field on_line? fun(line: string, stream: "stdout"|"stderr") is called with each line
---@field on_exit? fun(result: moonlark.ExecResult) is called after the end of the program

---Runs a program and waits for its end. An exit code that is not 0 is a result, not a failure.
---@param argv (string|number)[] the program and its arguments, and perhaps the options as fields
---@param options? moonlark.ExecOptions
---@return moonlark.ExecResult? result
---@return string? reason
---@return string? code "not_found", "denied", "invalid", "too_large", "busy", "timeout", "io" or "failed"
---@return moonlark.ExecResult? partial what there was at the timeout
function exec.run(argv, options) end

---Starts a program that runs beside the script.
---@param argv (string|number)[] the program and its arguments, and perhaps the options as fields
---@param options? moonlark.ExecStartOptions
---@return moonlark.Process? process
---@return string? reason
---@return string? code "not_found", "denied", "invalid", "too_large", "busy", "io" or "failed"
function exec.start(argv, options) end

---Returns the path of a program.
---@param name string
---@return string? path
---@return string? reason
---@return string? code "not_found", "denied" or "invalid"
function exec.which(name) end

---Returns the words as one line for people to read.
---@param ... string|number
---@return string
---@overload fun(argv: (string|number)[]): string
function exec.line(...) end

---@class moonlark.Process
---@field pid integer
local Process = {}

---Writes s to the standard input of the program. Waits if the program does not read it, up to 30 s.
---@param s string
---@return true?
---@return string? reason
---@return string? code "closed", "timeout" or "failed"
function Process:write(s) end

---Closes the standard input of the program.
---@return true
function Process:close_stdin() end

---Waits for the next line of stdout.
---@param timeout? number seconds; default: no limit
---@return string? line without its end
---@return string? reason
---@return string? code "closed" at the end of the output, "timeout" or "too_large"
function Process:read_line(timeout) end

---Returns an iterator of the lines of stdout: for line in process:lines() do ... end.
---@return fun(): string?
function Process:lines() end

---Waits for the end of the program.
---@param timeout? number seconds, default and maximum 3600
---@return moonlark.ExecResult? result
---@return string? reason
---@return string? code "timeout"
function Process:wait(timeout) end

---Sends a signal to the program and to all programs that it has started.
---@param signal? "TERM"|"KILL"|"INT"|"HUP"|"QUIT"|"USR1"|"USR2"|"STOP"|"CONT" default "TERM"
---@return true?
---@return string? reason
---@return string? code "closed" if the program has ended
function Process:kill(signal) end

---Reports whether the program is running.
---@return boolean
function Process:running() end
