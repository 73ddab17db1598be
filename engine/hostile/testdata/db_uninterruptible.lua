-- Functions of SQL that look at each pair of bytes of two long texts.
--> result ^done$
local d = db.open("m", { mode = "memory", query_timeout = 0.5 })
register_tool("attack", function()
  local a = "replace(hex(zeroblob(4000000)), '0', 'a')"
  local half = "replace(hex(zeroblob(2000000)), '0', 'a') || 'b'"
  for _, sql in ipairs {
    "SELECT " .. a .. " LIKE '%" .. ("a"):rep(40000) .. "b'",
    "SELECT " .. a .. " GLOB '*" .. ("a"):rep(40000) .. "b'",
    "SELECT " .. a .. " LIKE '" .. ("%a_"):rep(10000) .. "b'",
    "SELECT instr(" .. a .. ", " .. half .. ")",
    "SELECT replace(" .. a .. ", " .. half .. ", '')",
    "SELECT length(trim(" .. a .. ", hex(zeroblob(4000000)) || 'a'))",
    "SELECT length(replace(hex(zeroblob(4000000)), '00', hex(zeroblob(4000000))))",
    "SELECT " .. a .. " REGEXP '(a?){40}b'",
    "SELECT length(unhex(hex(zeroblob(2000000)), " .. a .. "))",
    "SELECT json_patch(json_group_object(x, 1), json_group_object(x, 1)) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 50000) SELECT x FROM c)",
    "SELECT decimal_mul(" .. a:gsub("'a'", "'9'") .. ", " .. a:gsub("'a'", "'9'") .. ")",
  } do
    local began = time.monotonic()
    pcall(d.value, d, sql)
    local took = time.monotonic() - began
      if took > 14 then error("it took " .. took .. " s: " .. sql:sub(1, 100)) end
  end
  return "done"
end)
