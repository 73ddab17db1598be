-- A script sends, prints and logs texts that are not UTF-8, and control sequences.
--> result ^done$
register_tool("attack", function()
  for _, s in ipairs { "", "\0", "\255\254", ("\237\160\128"):rep(1000), "\27[2J" } do session.context(s) session.send(s) print(s) log.info(s) end
  pcall(session.send) pcall(session.send, {}) pcall(session.context, print)
  return "done"
end)
