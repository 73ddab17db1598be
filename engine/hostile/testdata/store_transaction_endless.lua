-- A transaction that never ends, one that waits for itself, and transactions in transactions.
--> result ^\[true,"timeout",[12]\]$
register_tool("attack", function()
  local why = {}
  local t = task.spawn(function() store.transaction(function() while true do sleep(1) end end) end)
  sleep(0.1)
  t:cancel()
  store.set("a", 1)
  local depth = 0
  local function inner() depth = depth + 1 return store.transaction(inner) end
  why[1] = pcall(inner)
  why[2] = select(3, store.transaction(function() return task.spawn(function() return store.set("a", 2) end):wait() end))
  why[3] = store.get("a")
  return why
end)
