-- A process that echoes what the script writes.
local process = exec.start({"cat"}, {stdin = "pipe"})
process:write("one\ntwo\r\n\nthree")                --> true
process:read_line(), process:read_line(5), process:read_line()  --> one, two, 
process:running(), process.pid > 1                  --> true, true
tostring(process):gsub("%d+", "N")                  --> process N /usr/bin/cat (running), 1
process:read_line(0.05)                             --> nil, timeout: "cat" has not written a line in 0.05 s, timeout
process:wait(0.05)                                  --> nil, timeout: "cat" has not ended in 0.05 s, timeout
process:close_stdin(), process:close_stdin()        --> true, true
process:write("x")                                  --> nil, closed: the standard input of "cat" is closed, closed
process:read_line()                                 --> three
process:read_line()                                 --> nil, closed: "cat" has closed its output, closed
process:read_line()                                 --> nil, closed: "cat" has closed its output, closed
process:wait().code, process:wait().ok              --> 0, true
process:running()                                   --> false
process:kill()                                      --> nil, closed: "cat" has ended, closed
process:write("x")                                  --> nil, closed: the standard input of "cat" is closed, closed
tostring(process):match("%(.*")                     --> (ended)
getmetatable(process), process.no_such_field        --> process, nil

-- A program that has closed its input.
process = exec.start({"sh", "-c", "exec <&-; echo ready; sleep 60"}, {stdin = "pipe"})
process:read_line()                                 --> ready
process:write("x")                                  --> nil, closed: the standard input of "sh" is closed, closed
process:kill("KILL"), process:wait().signal         --> true, KILL

-- stdin may be a text.
process = exec.start({"cat"}, {stdin = "a\nb"})
process:wait().stdout                               --> a\nb
process:write("x")                                  --> process:write: the program was started without stdin = "pipe"
process:close_stdin()                               --> process:close_stdin: the program was started without stdin = "pipe"

-- wait returns what nobody has read.
process = exec.start{"printf", "a\nb\nc"}
process:read_line(), process:wait().stdout          --> a, b\nc
process:read_line(), process:read_line()            --> b, c
process:wait().stdout                               --> 

-- stderr is kept for the result.
process = exec.start{"sh", "-c", "echo out; echo err >&2; exit 4"}
process:wait().stderr, process:wait().code          --> err\n, 4
process = exec.start({"sh", "-c", "echo out; echo err >&2"}, {stderr = "stdout"})
process:read_line(), process:read_line()            --> out, err

-- lines ends at the end of the output.
local lines = {}
for line in exec.start{"printf", "a\n\nb"}:lines() do lines[#lines + 1] = "<" .. line .. ">" end
table.concat(lines)                                 --> <a><><b>

-- Lines that are too long are returned in parts.
process = exec.start{"sh", "-c", "head -c 65537 /dev/zero | tr '\\0' x; echo; echo end"}
#process:read_line(), #process:read_line(), process:read_line()  --> 65536, 1, end
process = exec.start({"echo", "1234567"}, {max_output = 3})
process:read_line(), process:read_line(), process:read_line()  --> 123, 456, 7

-- A line of exactly the maximal length is not split.
process = exec.start{"sh", "-c", "head -c 65536 /dev/zero | tr '\\0' x; echo; echo end"}
#process:read_line(), process:read_line()           --> 65536, end

-- Nobody reads in time: the rest is dropped, and read_line says so. The program cannot end before wait, because its
-- output is longer than what a pipe holds.
process = exec.start({"sh", "-c", "echo 1234; echo 5678; head -c 300000 /dev/zero"}, {max_output = 7})
process:wait().truncated                            --> true
process:read_line(), process:read_line()            --> 1234, 56
process:read_line()                                 --> nil, too_large: the rest of the output was dropped, because nobody has read it, too_large
(function() for line in process:lines() do end end)()  --> process:lines: too_large: the rest of the output was dropped, because nobody has read it

-- Mistakes raise an error.
process.wait()                                      --> bad argument #1 to wait (a process expected: use a colon, as in process:wait())
process.kill("TERM")                                --> bad argument #1 to kill (a process expected: use a colon, as in process:wait())
process:kill("TERMINATE")                           --> bad argument #2 to kill ("TERMINATE" is not one of CONT, HUP, INT, KILL, QUIT, STOP, TERM, USR1, USR2)
process:wait(5000)                                  --> bad argument #2 to wait (the timeout must be at most 3600, not 5000: seconds are meant, not milliseconds)
process:read_line("5")                              --> bad argument #2 to read_line (the timeout must be a number of seconds, not a string)
exec.start({"ls"}, {timeout = 5})                   --> bad argument #2 to start (there is no field 'timeout'; its fields are cwd, env, stdin, max_output, stderr, on_line, on_exit)
exec.start({"ls"}, {on_line = 5})                   --> bad argument #2 to start (on_line must be a function, not 5)
exec.start{"no-such-program"}                       --> nil, not_found: there is no program "no-such-program" in /usr/local/bin, /usr/bin, /bin: its full path is needed, not_found

-- Lines go to on_line, and then on_exit is called.
local events = {}
local function add(...) events[#events + 1] = table.concat({...}, " ") end
process = exec.start({"sh", "-c", "echo one; echo two >&2; sleep 0.2; printf three"}, {on_line = add, on_exit = function(result) add("exit", result.code, result.stdout) end})
process:read_line()                                 --> process:read_line: the lines go to on_line
process:lines()                                     --> process:lines: the lines go to on_line
process:wait().code                                 --> 0
sleep(0.1)
#events, events[3], events[4]                       --> 4, three stdout, exit 0 
events[1] == "one stdout" and events[2] == "two stderr" or events[1] == "two stderr" and events[2] == "one stdout"  --> true
