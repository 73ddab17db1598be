-- Files that are not databases, and damaged databases.
--> folder files
--> flags --allow-write=$DIR
--> result ^\["corrupt","corrupt","works"\]$
local dir = os.getenv("MOONLARK_HOSTILE_DIR")
register_tool("attack", function()
  local why = {}
  for i, name in ipairs { "noise.db", "line", "empty" } do
    local d, reason, code = db.open(dir .. "/" .. name, { mode = "rw" })
    if d then code = select(3, d:exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)")) end
    why[i] = code or "works"
  end
  local d = db.open("x")
  d:exec("CREATE TABLE t (x)")
  for i = 1, 100 do d:exec("INSERT INTO t VALUES (zeroblob(10000))") end
  d:close()
  local bytes = fs.read("x")
  for i = 1, 25 do
    local at = math.random(1, #bytes - 10)
    fs.write("y" .. i, bytes:sub(1, at) .. "\255\255\255\255" .. bytes:sub(at + 5), { sync = false })
    local d = db.open("y" .. i)
    pcall(d.value, d, "SELECT count(*), sum(length(x)) FROM t")
    pcall(d.value, d, "PRAGMA integrity_check")
    pcall(d.exec, d, "DELETE FROM t")
    d:close()
  end
  return why
end)
