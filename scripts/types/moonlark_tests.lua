---@meta
-- What a file NAME_test.lua can call besides the functions of scripts. docs/how-to/test-a-script.md
-- describes the tests.

---@class moonlark.Fake
local Fake = {}

---Returns what the script has asked for.
---@return table[] # what the script has asked for, in its order
function Fake:calls() end

---@class moonlark.FakeStore: moonlark.Fake
local FakeStore = {}

---Returns a value in the store of the script.
---@param key string
---@return any # the value of the key in the store of the script
function FakeStore:get(key) end

---@class moonlark.FakeSerial: moonlark.Fake
local FakeSerial = {}

---Sends the script bytes at its serial port, and returns when the script has done what it does then.
---@param text string
function FakeSerial:send(text) end

---@class moonlark.FakePin
local FakePin = {}

---Presses a button, or closes a contact, and lets the script do what follows.
---@param seconds? number releases it after so long; default: it stays pressed
function FakePin:press(seconds) end

---Releases a button.
function FakePin:release() end

---Returns the value of the line.
---@return boolean # the value of the line
function FakePin:value() end

---Returns the values that an output has had.
---@return { value: boolean, time: number }[] # the values of an output since it was opened; time is in seconds since the test began
function FakePin:changes() end

---@class moonlark.FakeKeyboard
local FakeKeyboard = {}

---Presses a key, possibly with modifiers, and lets the script do what follows.
---@param key string such as "volume_up" or "ctrl+alt+q"
---@param seconds? number releases it after so long; default: it stays pressed
function FakeKeyboard:press(key, seconds) end

---Releases a key, and its modifiers.
---@param key string
function FakeKeyboard:release(key) end

---Types a text, one key after the other.
---@param text string "\n" is the key Enter
function FakeKeyboard:type(text) end

---@class moonlark.FakeMCPTool
---@field description? string
---@field parameters? table the JSON Schema of the arguments; default: any arguments
---@field text? string the text of the results
---@field data? any the structured content of the results
---@field error? string the text with which calls fail

---@class moonlark.FakeMCPServer
local FakeMCPServer = {}

---Returns the calls so far.
---@return { tool: string, arguments: table }[]
function FakeMCPServer:calls() end

---@class moonlark.FakeBroker: moonlark.Fake
local FakeBroker = {}

---Sends the script a message.
---@param topic string
---@param payload? any a table becomes JSON
---@param options? { qos?: 0|1|2, retained?: boolean, response_topic?: string, correlation?: string }
function FakeBroker:deliver(topic, payload, options) end

---@class moonlark.FakeScreen
local FakeScreen = {}

---Returns what the screen shows as lines of text; buttons are in brackets.
---@return string
function FakeScreen:text() end

---Returns what the screen shows as the page gets it.
---@return table
function FakeScreen:document() end

---Touches the button, the card or the choice with this text.
---@param text string
---@return string? say what the touch says for the user
function FakeScreen:press(text) end

---Answers the question that is shown, or the next one.
---@param choice? string the text of the choice; nil closes the question
function FakeScreen:answer(choice) end

---Touches the idle page.
function FakeScreen:wake() end

---@class moonlark.Answer
---@field status? integer default: 200
---@field headers? table<string, string>
---@field body? string
---@field json? any the body as a value
---@field error? "timeout"|"refused"|"unreachable"|"not_found"|"closed"|"failed" the code with which the request fails

---@class moonlark.ProgramResult
---@field stdout? string
---@field stderr? string
---@field code? integer the exit code; default: 0

---@class moonlark.Test
t = {}

---@class moonlark.CallOptions
---@field client? string the name of the program that calls, call.client in the handler; default: "agent"
---@field progress? { done: number, total?: number, message?: string }[] a table to which what the handler passes to call:progress is appended
---@field cancel? number cancels the call after so many seconds

---Calls a tool of the script, as an agent or another program does.
---@param tool string
---@param args? table
---@param options? moonlark.CallOptions
---@return string? text the text of the result, nil if the tool has failed
---@return string? reason
function t.call(tool, args, options) end

---Reads a resource of the script, as an MCP client does.
---@param uri string
---@param options? moonlark.CallOptions
---@return string? content nil if there is no such resource, or if it cannot be read
---@return string? mime the media type, "" if the script gives none; or the reason
function t.resource(uri, options) end

---Gets a prompt of the script, as an MCP client does.
---@param name string
---@param args? table<string, string>
---@param options? moonlark.CallOptions
---@return { role: "user"|"assistant", text: string }[]? messages nil if the prompt has failed
---@return string? reason
function t.prompt(name, args, options) end

---Lets the user say a sentence to the embedded agent.
---@param sentence string what the user says to the embedded agent
---@param answer? string the test fails unless the agent answers this
---@return string answer
function t.says(sentence, answer) end

---Runs the handlers of an event.
---@param event string
---@param fields? table the fields that the handler gets
function t.on(event, fields) end

---Moves the clock of the script forward, and runs what is due.
---@param seconds number how far the clock moves forward
function t.sleep(seconds) end

---Fails the test unless both values are equal.
---@param got any
---@param want any
---@param about? string what got is
function t.equal(got, want, about) end

---Fails the test unless fn raises an error.
---@param fn function
---@param text? string what the error must contain
---@return string error
function t.errors(fn, text) end

---Fails the test unless a value is the content of a file.
---@param name string name of a file in the folder testdata/SCRIPT
---@param got any
function t.golden(name, got) end

---Answers requests of the script in place of web servers.
---@param request string such as "GET https://example.com/*"
---@param ... moonlark.Answer|string|integer an answer, its body or its status
---@return moonlark.Fake
function t.http(request, ...) end

---Answers in place of programs that the script runs.
---@param program string|string[] the name of the program, or its first words
---@param ... moonlark.ProgramResult|string
---@return moonlark.Fake
function t.exec(program, ...) end

---Fakes an MQTT broker. The script is connected to it at once.
---@param host? string what the URL of the broker contains; default: all brokers
---@return moonlark.FakeBroker
function t.mqtt(host) end

---Fakes an MCP server. The script needs no --mcp-servers for it.
---@param name string as the script names it in mcp.server
---@param tools? table<string, string|moonlark.FakeMCPTool> by name: the text of the results, or more
---@return moonlark.FakeMCPServer
function t.mcp(name, tools) end

---Replaces the store of the script.
---@param values? table<string, any>
---@return moonlark.FakeStore
function t.store(values) end

---Fakes a device at a serial port.
---@param device string as the script names it in serial.open
---@param answers? table<string, string> what the device sends, by what the script has written
---@return moonlark.FakeSerial
function t.serial(device, answers) end

---Returns what is connected to a line of the simulated pins.
---@param line integer|string the number or the name of a line
---@return moonlark.FakePin
function t.gpio(line) end

---Fakes a device with keys. The script sees only such devices then, and needs no permission.
---@param kind? "keyboard"|"remote"|"scanner"|"buttons" default: "keyboard"
---@param name? string the name of the device
---@return moonlark.FakeKeyboard
function t.keys(kind, name) end

---Returns the screen of the kiosk, as the script shows it.
---@return moonlark.FakeScreen
function t.screen() end

---Returns the events that the script has emitted.
---@param event? string
---@return { event: string, data: any }[]
function t.emitted(event) end

---Returns what the script has asked of session and audio.
---@return { fn: string, text: string, value: any }[] # what the script has asked of session, audio and tts
function t.session() end

---Returns the output of the script.
---@return string # what the script has printed and logged
function t.output() end

---Returns the errors of handlers and timers.
---@return string[] # the errors of handlers and timers, which do not fail the test then
function t.script_errors() end

---Loads the script again, or another script.
---@param path? string path of another script, relative to the test file
function t.script(path) end

---Declares a test.
---@param name string
---@param fn fun(t: moonlark.Test)
function test(name, fn) end
