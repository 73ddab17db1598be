-- A script fills the disk with a database, without any permission.
--> result ^full$
register_tool("attack", function()
  local d = db.open("x")
  d:exec("CREATE TABLE t (x)")
  for i = 1, 100 do
    local ok, reason, code = d:exec("INSERT INTO t VALUES (zeroblob(15000000))")
    if not ok then return code end
  end
end)
