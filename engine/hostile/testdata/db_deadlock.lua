-- Two databases, whose transactions wait for each other.
--> result timeout
local a, b = db.open("a"), db.open("b")
register_tool("attack", function()
  a:exec("CREATE TABLE t (x)")
  b:exec("CREATE TABLE t (x)")
  local function crossed(one, other)
    return function() return one:transaction(function() sleep(0.1) return other:exec("INSERT INTO t VALUES (1)") end) end
  end
  local r = task.settle({ crossed(a, b), crossed(b, a) }, { timeout = 14 })
  return (r[1].code or "") .. (r[2].code or "")
end)
