-- JSON in lines that never end, and a line of brackets without an end.
--> flags --allow-net=127.0.0.1
--> result 1048576|1 MiB|too_large
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local n = 0
  local ok, reason = pcall(function()
    for v in json.lines(assert(http.get(url .. "/deep-lines", { stream = true })):lines()) do n = n + 1 end
  end)
  if ok or n > 0 then error("it had an end") end
  for v in json.lines(assert(http.get(url .. "/lines", { stream = true })):lines()) do n = n + 1 if n > 10000 then break end end
  return reason
end)
