-- Transactions that never end, in each other, and beside each other.
--> result ^\["busy",0,true\]$
local d = db.open("x")
local e = db.open("x", { busy_timeout = 0.5 })
register_tool("attack", function()
  d:exec("CREATE TABLE t (x)")
  local why = {}
  local t = task.spawn(function() return d:transaction(function() d:exec("INSERT INTO t VALUES (1)") while true do sleep(1) end end) end)
  sleep(0.1)
  why[1] = select(3, e:exec("INSERT INTO t VALUES (2)"))
  why[2] = d:value("SELECT count(*) FROM t") or "taken back"
  t:cancel()
  local depth = 0
  local function inner() depth = depth + 1 return d:transaction(inner) end
  why[3] = pcall(inner)
  print(select(2, pcall(inner)))
  print(select(3, pcall(inner)))
  return why
end)
