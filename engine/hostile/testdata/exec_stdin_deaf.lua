-- A script writes for ever to a program that reads nothing.
--> flags --allow-run=sh
--> error took longer than 2s
register_tool { name = "attack", timeout = 2, handler = function()
  local p = exec.start({ "sh", "-c", "sleep 600" }, { stdin = "pipe" })
  while true do p:write(("x"):rep(1e6)) end
end }
