-- Patterns of doom in SQL.
--> result ^done$
local d = db.open("m", { mode = "memory", query_timeout = 1 })
register_tool("attack", function()
  local text = ("a"):rep(1000000)
  for _, sql in ipairs { "SELECT ? REGEXP '(a*)*b'", "SELECT ? REGEXP '(a|aa)+$b'", "SELECT ? REGEXP '((a{1,1000}){1,1000}){1,1000}'", "SELECT ? LIKE '" .. ("%a"):rep(1000) .. "%b'", "SELECT ? GLOB '" .. ("*a"):rep(1000) .. "*b'" } do
    local began = time.monotonic()
    pcall(d.value, d, sql, text)
    if time.monotonic() - began > 14 then error("it took " .. time.monotonic() - began .. " s: " .. sql:sub(1, 100)) end
  end
  return "done"
end)
