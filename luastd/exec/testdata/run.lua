-- Some files in the folder of the script.
exec.run({"sh", "-c", [[
  printf '#!/bin/sh\necho script "$@"\n' >script
  printf '#!/no/interpreter\n' >no-interpreter
  printf x >no-format
  printf x >plain
  mkdir sub
  chmod +x script no-interpreter no-format
]]}, {cwd = "."})
local folder = exec.run({"pwd"}, {cwd = "."}).stdout:match("[^\n]+")

-- The words reach the program as they are.
exec.run{"printf", "<%s>", "a b", "$HOME", "*", "", "'", 5, 0.5}.stdout  --> <a b><$HOME><*><><'><5><0.5>
exec.run{"sh", "-c", "echo out; echo err >&2; exit 3"}.stdout            --> out\n
exec.run{"/bin/sh", "-c", "echo $0", "name"}.stdout                      --> name\n
exec.run{"sh", "-c", "echo $0"}.stdout                                   --> sh\n

local function show(result)
  return tostring(result.code), tostring(result.signal), result.ok, result.stdout, result.stderr, result.truncated, result.elapsed >= 0
end
show(exec.run{"sh", "-c", "echo out; echo err >&2; exit 3"})             --> 3, nil, false, out\n, err\n, false, true
show(exec.run{"true"})                                                   --> 0, nil, true, , , false, true
show(exec.run{"sh", "-c", "kill -TERM $$"})                              --> nil, TERM, false, , , false, true

-- Options are the second argument, or fields of the list.
exec.run({"cat"}, {stdin = "hello"}).stdout                              --> hello
exec.run{"cat", stdin = "hello"}.stdout                                  --> hello
exec.run({"cat"}, {stdin = ("x"):rep(2^20)}).stdout == ("x"):rep(2^20)   --> true
exec.run{"cat"}.stdout                                                   --> 
exec.run({"true"}, {stdin = ("x"):rep(2^20)}).ok                         --> true
exec.run({"cat"}, {stdin = json.null, timeout = json.null}).ok           --> true
show(exec.run({"sh", "-c", "echo 1; echo 2 >&2"}, {stderr = "stdout"}))  --> 0, nil, true, 1\n2\n, , false, true
show(exec.run({"sh", "-c", "echo 1; echo 2 >&2"}, {stderr = "discard"})) --> 0, nil, true, 1\n, , false, true

-- Output that is too long is dropped, and the program goes on.
show(exec.run({"sh", "-c", "printf 12345; printf 1234 >&2; exit 2"}, {max_output = 4}))           --> 2, nil, false, 1234, 1234, true, true
show(exec.run({"sh", "-c", "printf 1234; printf 12345 >&2"}, {max_output = 4}))                   --> 0, nil, true, 1234, 1234, true, true
show(exec.run({"sh", "-c", "printf 1234; printf 1234 >&2"}, {max_output = 4}))                    --> 0, nil, true, 1234, 1234, false, true
#exec.run{"head", "-c", 2000000, "/dev/zero"}.stdout                                              --> 1048576
#exec.run({"head", "-c", 2000000, "/dev/zero"}, {max_output = 3000000}).stdout                    --> 2000000

-- After the timeout, the result so far is the fourth value.
local result, reason, code, partial = exec.run({"sh", "-c", "echo one; sleep 60"}, {timeout = 0.3})
result, reason, code                                --> nil, timeout: "sh" has not ended in 0.3 s, and was killed, timeout
show(partial)                                       --> nil, KILL, false, one\n, , false, true

-- The variables are few.
exec.run({"sh", "-c", "echo $PATH"}).stdout         --> /usr/local/bin:/usr/bin:/bin\n
exec.run({"sh", "-c", "echo $X $N $LANG"}, {env = {X = "a b", N = 5, LANG = "C", Y = json.null}}).stdout  --> a b 5 C\n

-- The program runs in the data folder, or in another one.
exec.run{"pwd"}.stdout:match("/(test)%-%x+\n")       --> test
exec.run({"pwd"}, {cwd = "/usr"}).stdout            --> /usr\n
exec.run({"pwd"}, {cwd = "./sub"}).stdout == folder .. "/sub\n"  --> true
exec.run{"mkdir", "photos"}.ok                      --> true
exec.run({"pwd"}, {cwd = "photos"}).stdout:match("/test%-%x+/(photos)\n")  --> photos
exec.run({"pwd"}, {cwd = "/no/such"})               --> nil, not_found: there is no folder "/no/such", not_found
exec.run({"pwd"}, {cwd = "/bin/sh"})                --> nil, invalid: "/bin/sh" is not a folder, invalid

-- What cannot be run.
exec.run{"no-such-program"}                         --> nil, not_found: there is no program "no-such-program" in /usr/local/bin, /usr/bin, /bin: its full path is needed, not_found
exec.run{"/no/such/program"}                        --> nil, not_found: there is no program "/no/such/program", not_found
exec.run{"./plain"}                                 --> nil, denied: "./plain" is not executable, denied
exec.run{"/usr"}                                    --> nil, invalid: "/usr" is not a program: /usr is not a file, invalid
exec.run{".."}                                      --> nil, invalid: ".." is not a program: /usr/local is not a file, invalid
(select(3, exec.run{"./no-interpreter"}))           --> not_found
(select(3, exec.run{"./no-format"}))                --> invalid
exec.run{"./script", "x"}.stdout                    --> script x\n
exec.run{"true", ("x"):rep(2^17)}                   --> nil, too_large: the arguments and variables of "true" have 131112 bytes; the maximum is 131072, too_large
(select(2, exec.run{"true", env = {X = ("x"):rep(2^17)}}))  --> too_large: the arguments and variables of "true" have 131114 bytes; the maximum is 131072
exec.run{"true", ("x"):rep(2^17 - 40)}.ok           --> true
exec.run{"true", ("x"):rep(2^17 - 39)} == nil       --> true

exec.run({"true"}, {stdin = ("x"):rep(2^25) .. ("x"):rep(2^25) .. "x"})  --> nil, too_large: the text for stdin has 67108865 bytes; the maximum is 67108864, too_large

-- Mistakes raise an error.
exec.run("ls -l")                                   --> exec.run: a list of words is wanted, not a line for a shell: {"ls", "-l"}
exec.start("ls -l")                                 --> exec.start: a list of words is wanted, not a line for a shell: {"ls", "-l"}
exec.run()                                          --> bad argument #1 to run (table expected, got nil)
exec.run{}                                          --> bad argument #1 to run (the list of words is empty)
exec.run{timeout = 5}                               --> bad argument #1 to run (the list of words is empty)
exec.run{""}                                        --> bad argument #1 to run (word 1 is empty or has a zero byte)
exec.run{"ls", "a\0b"}                              --> bad argument #1 to run (word 2 is empty or has a zero byte)
exec.run{"ls", nil, "-l"}                           --> bad argument #1 to run (word 2 must be a string or a number, not nil)
exec.run{"ls", {}}                                  --> bad argument #1 to run (word 2 must be a string or a number, not a table)
exec.run{"ls", [5] = "x"}                           --> bad argument #1 to run (word 2 must be a string or a number, not nil)
exec.run{"ls", [1.5] = "x"}                         --> bad argument #1 to run (word 2 must be a string or a number, not nil)
exec.run{"ls", timeot = 5}                          --> bad argument #1 to run (there is no field 'timeot' (did you mean 'timeout'?); its fields are cwd, env, stdin, max_output, stderr, timeout)
exec.run({"ls", timeout = 5}, {})                   --> bad argument #1 to run (the option "timeout" belongs into argument 2, beside the other options)
exec.run({"ls"}, {on_line = print})                 --> bad argument #2 to run (there is no field 'on_line'; its fields are cwd, env, stdin, max_output, stderr, timeout)
exec.run({"ls"}, {timeout = 5000})                  --> bad argument #2 to run (timeout must be at most 3600, not 5000: seconds are meant, not milliseconds)
exec.run({"ls"}, {timeout = 0})                     --> bad argument #2 to run (timeout must be at least 0.01 seconds, not 0)
exec.run({"ls"}, {timeout = 0/0})                   --> bad argument #2 to run (timeout must be at least 0.01 seconds, not NaN)
exec.run({"ls"}, {timeout = "5"})                   --> bad argument #2 to run (timeout must be a number of seconds, not a string)
exec.run({"ls"}, {max_output = 2^26 + 1})           --> bad argument #2 to run (max_output must be a whole number from 1 to 67108864, not 67108865)
exec.run({"ls"}, {max_output = 0})                  --> bad argument #2 to run (max_output must be a whole number from 1 to 67108864, not 0)
exec.run({"ls"}, {stderr = "none"})                 --> bad argument #2 to run (stderr must be one of capture, stdout, discard, not "none")
exec.run({"ls"}, {stdin = 5})                       --> bad argument #2 to run (stdin must be a string, not 5)
exec.run({"ls"}, {cwd = 5})                         --> bad argument #2 to run (cwd must be a string, not 5)
exec.run({"ls"}, {cwd = ""})                        --> bad argument #2 to run (cwd must be the path of a folder, not "")
exec.run({"ls"}, {env = "X=1"})                     --> bad argument #2 to run (env must be a table of variables, not a string)
exec.run({"ls"}, {env = {"X=1"}})                   --> bad argument #2 to run (env must be a table with the names of variables as keys, not a string)
exec.run({"ls"}, {env = {X = true}})                --> bad argument #2 to run (env["X"] must be a string without a zero byte, or a number, not a boolean)
exec.run({"ls"}, {env = {X = "\0"}})                --> bad argument #2 to run (env["X"] must be a string without a zero byte, or a number, not a string)
exec.run({"ls"}, {env = {["X=Y"] = "1"}})           --> exec.run: "X=Y" is not the name of a variable

-- which and line
exec.which("sh"):match("/bin/sh$")                  --> /bin/sh
exec.which("./script") == folder .. "/script"       --> true
exec.which("no-such-program")                       --> nil, not_found: there is no program "no-such-program" in /usr/local/bin, /usr/bin, /bin: its full path is needed, not_found
exec.which("./plain")                               --> nil, denied: "./plain" is not executable, denied
exec.which()                                        --> bad argument #1 to which (string expected, got nil)
exec.line{"ls", "-l", "my file", 5}                 --> ls -l 'my file' 5
exec.line("ls", "-l", "it's", "", "a;b", "$x", "\\") --> ls -l 'it'\''s' '' 'a;b' '$x' '\'
exec.line("echo", "a\nb", "\27[2J", "\255", "ä")    --> echo "a\nb" "\x1b[2J" "\xff" 'ä'
exec.line("echo", ("x"):rep(2^17))                  --> bad argument #1 to line (the words have more than 131072 bytes)
exec.line()                                         --> bad argument #1 to line (the list of words is empty)
exec.line("ls", {})                                 --> bad argument #1 to line (word 2 must be a string or a number, not a table)
