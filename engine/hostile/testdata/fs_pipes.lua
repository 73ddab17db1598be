-- A pipe that nobody writes to is read, written, copied, and opened as a database.
--> folder pipes
--> flags --allow-write=$DIR --allow-net=127.0.0.1 --allow-run=true
--> result ^10$
local dir = os.getenv("MOONLARK_HOSTILE_DIR")
register_tool("attack", function()
  local n = 0
  for f, use in pairs {
    read = fs.read, append = function(p) return fs.append(p, "x") end, open = fs.open, openw = function(p) return fs.open(p, "w") end,
    lines = function(p) for l in fs.lines(p) do return l end end, copy = function(p) return fs.copy(p, "x") end,
    db = function() local d = db.open(dir .. "/pipe.db") return d and d:query("SELECT 1") end,
    upload = function(p) return http.post(os.getenv("MOONLARK_HOSTILE_URL") .. "/show", { multipart = { { name = "x", file = p } }, timeout = 2 }) end,
    tls = function(p) return http.get("https://127.0.0.1:1/", { tls = { ca = p }, timeout = 2 }) end,
    cwd = function(p) return exec.run({ "true", cwd = p }) end,
  } do
    local ok, r, reason = pcall(use, dir .. "/pipe")
    if ok and r then error(f .. " has worked") end
    n = n + 1
  end
  return n
end)
