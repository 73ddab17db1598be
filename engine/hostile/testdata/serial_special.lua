-- Files that are not serial ports.
--> flags --allow-serial
--> folder pipes
--> result ^0 were opened$
register_tool("attack", function()
  local dir, n = os.getenv("MOONLARK_HOSTILE_DIR"), 0
  for _, path in ipairs { "/dev/zero", "/dev/full", "/dev/null", "/dev/random", "/dev/ptmx", "/dev/tty", "/dev/mem", "/dev/stdin", "/proc/self/fd/0", "/proc/self/mem",
    "/proc/self/environ", "/etc/passwd", dir, dir .. "/pipe", dir .. "/nothing", "/", "a", "", ".", "a\0b", "usb:", "usb:0:0", "usb:zzzz:zzzz", "COM1", ("/x"):rep(5000) } do
    local ok, port = pcall(serial.open, path)
    if ok and port then n = n + 1 print(path) end
  end
  for _, o in ipairs { { baud = 0 }, { baud = 2 ^ 40 }, { bits = 9 }, { parity = "x" }, { stop = 3 }, { ending = "" }, { ending = ("x"):rep(9) }, { baud = 0 / 0 }, { nothing = 1 } } do
    if pcall(serial.open, "/dev/ttyUSB99", o) then error(json.encode(o)) end
  end
  return n .. " were opened"
end)
